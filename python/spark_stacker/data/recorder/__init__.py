"""Recording: messages of a market, as they come, into the catalogue of events.

- ``recording``: `Recorder`, parts and journal; `record`, a stream until it ends or a stop is asked for
- ``sequence``, ``checksums``: whether messages follow on one another, and the book is the venue's
- ``journal``: what a killed process leaves; `recover` makes a part of it
"""

from __future__ import annotations

from spark_stacker.data.recorder.checksums import CHECKSUMS, Checksum, kraken_checksum
from spark_stacker.data.recorder.recording import Recorder, Recording, record, recover
from spark_stacker.data.recorder.sequence import SequenceCheck

__all__ = [
    "CHECKSUMS",
    "Checksum",
    "Recorder",
    "Recording",
    "SequenceCheck",
    "kraken_checksum",
    "record",
    "recover",
]
