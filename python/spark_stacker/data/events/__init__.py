"""Events of books and trades: import, checks, the catalogue, and the way into the core.

- ``schema``, ``steps``, ``fingerprint``: the frame and its kinds; tick and lot size; its hash
- ``raw``, ``cells``: tables on disk in bounded batches; columns as numbers, times, sides
- ``tables``, ``tardis``, ``npz``: the formats; ``opening`` tells them apart
- ``feeds``, ``messages``, ``books``: what one file says; whole messages; snapshots, sequences, gaps
- ``merging``, ``importing``: several feeds as one stream; `import_events`, `open_events`
- ``checking``, ``crossing``, ``findings``: `check_events`, what is wrong with a stream
- ``store``, ``parts``, ``writing``: `EventCatalogue`, Parquet by venue, symbol and day, read in chunks
"""

from __future__ import annotations

from spark_stacker.data.events.checking import EventCheck, check_events
from spark_stacker.data.events.findings import EventFinding, EventReport
from spark_stacker.data.events.importing import EventFiles, ImportedEvents, import_events, open_events
from spark_stacker.data.events.opening import is_events_file
from spark_stacker.data.events.schema import EVENT_SCHEMA, KINDS, to_tape
from spark_stacker.data.events.steps import Steps, infer_steps
from spark_stacker.data.events.store import EventCatalogue, EventSet, event_chunks, scan_events

__all__ = [
    "EVENT_SCHEMA",
    "KINDS",
    "EventCatalogue",
    "EventCheck",
    "EventFiles",
    "EventFinding",
    "EventReport",
    "EventSet",
    "ImportedEvents",
    "Steps",
    "check_events",
    "event_chunks",
    "import_events",
    "infer_steps",
    "is_events_file",
    "open_events",
    "scan_events",
    "to_tape",
]
