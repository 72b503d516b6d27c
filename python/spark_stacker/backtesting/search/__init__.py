"""Whether the winner of a search over parameters is luck.

- ``honesty``: the report of a search: numbers, the words of a trader, a verdict
- ``wording``: those words
- ``overfit``: the numbers: cross-validation, deflated Sharpe ratio, permutation test, decay
- ``resampling``: other histories and other orders of trades that the same results could have had
"""

from __future__ import annotations

from spark_stacker.backtesting.search.honesty import HonestyReport, Verdict, assess

__all__ = ["HonestyReport", "Verdict", "assess"]
