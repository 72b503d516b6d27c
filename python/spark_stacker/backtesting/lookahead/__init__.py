"""Whether a strategy looks ahead: what it says of a bar must not depend on later bars.

- ``check``: `check_lookahead`, the way to ask
- ``report``: `LookaheadReport` and `Difference`, the answer
- ``futures``: what is put in the place of later bars
- ``cuts``: after which bars
- ``runs``, ``observers``, ``configured``: runs of indicators, functions and configurations
- ``surroundings``, ``substitution``, ``own_files``, ``own_code``: what the code holds and reads by itself
- ``observation``, ``tally``: what runs showed, and where they differ
"""

from __future__ import annotations

from spark_stacker.backtesting.lookahead.check import check_lookahead
from spark_stacker.backtesting.lookahead.report import Difference, LookaheadReport

__all__ = ["Difference", "LookaheadReport", "check_lookahead"]
