"""Recorded candles played as if they happened now.

- ``connector``: ``ReplayConnector``, the whole ``BaseConnector`` over a recording
- ``client``: its asynchronous side, which sets the pace
- ``tape``: the order in which candles become known
- ``faults``: late, lost, swapped and duplicated candles, for rehearsals
- ``account``: orders by hand on the simulated venue
- ``market``: ``ReplayMarket``, recorded trades and books as live streams
- ``recordings``: frames and files as recorded markets
"""

from __future__ import annotations

from spark_stacker.connectors.replay.connector import ReplayConnector
from spark_stacker.connectors.replay.faults import Faults
from spark_stacker.connectors.replay.market import ReplayMarket
from spark_stacker.connectors.replay.tape import RecordedMarket, Tape

__all__ = ["Faults", "RecordedMarket", "ReplayConnector", "ReplayMarket", "Tape"]
