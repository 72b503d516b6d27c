"""Market data: sources, the catalogue, import, quality checks, resampling and synthetic scenarios.

- ``manager``: `DataManager`, candles by source, symbol, interval and time
- ``sources``, ``exchange``: CSV files, the catalogue, frames in memory, exchanges
- ``catalogue``: Parquet data sets per venue, symbol and interval
- ``importing``, ``files``: files of candles, mark candles and funding rates, read and written
- ``quality``, ``gaps``, ``rules``, ``repair``: what is wrong with candles, and what may be mended
- ``perpetuals``: the funding rates and mark candles that go with the candles of a perpetual
- ``resample``: higher intervals from lower ones
- ``scenarios``: synthetic candles
- ``events``, ``market_messages``, ``recorder``: trades, quotes and books, read, checked, kept, recorded
- ``candles``, ``times``, ``fingerprint``, ``places``: the frame, its times, its hash; where the catalogue is
"""

from __future__ import annotations

from spark_stacker.data.candles import FUNDING_SCHEMA, SCHEMA, bars_to_frame, to_bars, to_frame
from spark_stacker.data.catalogue import Catalogue, DataSet, Saved
from spark_stacker.data.exchange import ExchangeDataSource
from spark_stacker.data.fingerprint import data_hash
from spark_stacker.data.gaps import Gap, find_gaps, infer_interval
from spark_stacker.data.importing import (
    ImportReport,
    MarketFile,
    PreparedFile,
    import_file,
    prepare,
    read_market_file,
)
from spark_stacker.data.manager import DataManager, History
from spark_stacker.data.perpetuals import PerpetualData, catalogued_perpetual, funding_file, mark_file
from spark_stacker.data.quality import Finding, QualityReport, check_quality
from spark_stacker.data.repair import repair
from spark_stacker.data.resample import Resampled, resample
from spark_stacker.data.rules import require_clean
from spark_stacker.data.scenarios import SCENARIOS, Scenario, synthesise
from spark_stacker.data.sources import CSVDataSource, DataSource, FrameDataSource, ParquetDataSource

__all__ = [
    "FUNDING_SCHEMA",
    "SCENARIOS",
    "SCHEMA",
    "CSVDataSource",
    "Catalogue",
    "DataManager",
    "DataSet",
    "DataSource",
    "ExchangeDataSource",
    "Finding",
    "FrameDataSource",
    "Gap",
    "History",
    "ImportReport",
    "MarketFile",
    "ParquetDataSource",
    "PerpetualData",
    "PreparedFile",
    "QualityReport",
    "Resampled",
    "Saved",
    "Scenario",
    "bars_to_frame",
    "catalogued_perpetual",
    "check_quality",
    "data_hash",
    "find_gaps",
    "funding_file",
    "import_file",
    "infer_interval",
    "mark_file",
    "prepare",
    "read_market_file",
    "repair",
    "require_clean",
    "resample",
    "synthesise",
    "to_bars",
    "to_frame",
]
