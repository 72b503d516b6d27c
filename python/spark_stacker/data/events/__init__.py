"""Events of books and trades: import, checks, the catalogue, and the way into the core.

- ``schema``: the frame, its kinds, its steps
- ``tables``: trades, quotes and books as they stand in recorded tables
- ``npz``, ``tardis``: files of hftbacktest and of Tardis
- ``joining``: several feeds of one market as one stream; snapshots, sequences, gaps
- ``importing``: `import_events`, any of these from files
- ``checking``: `check_events`, what is wrong with a stream
- ``store``: `EventStore`, Parquet by venue, symbol and day, read in chunks
"""

from __future__ import annotations

from spark_stacker.data.events.checking import EventReport, check_events
from spark_stacker.data.events.importing import ImportedEvents, import_events
from spark_stacker.data.events.schema import EVENT_SCHEMA, KINDS, Steps, infer_steps, to_tape
from spark_stacker.data.events.store import EventStore

__all__ = [
    "EVENT_SCHEMA",
    "KINDS",
    "EventReport",
    "EventStore",
    "ImportedEvents",
    "Steps",
    "check_events",
    "import_events",
    "infer_steps",
    "to_tape",
]
