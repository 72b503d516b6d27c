"""Slippage calibrated on recorded books: what taking costs by size and hour of the day.

- ``sampling``: looks at the book at regular times, for many sizes
- ``fitting``: spread, depth profile and impact law of the looks
- ``judging``: every model of slippage against the book on held-out time
- ``calibrating``: `calibrate`, from a stream of events to a model
- ``reading``: `calibrate_catalogue`, `calibrate_files`
- ``model``: `ImpactModel`, as it is stored and checked; `read_model`, `write_model`
- ``store``: `ImpactCatalogue`, models by venue and symbol; which of them a backtest takes
"""

from __future__ import annotations

from spark_stacker.data.impact.calibrating import SIZES, Calibration, calibrate, law_words, sentences
from spark_stacker.data.impact.model import ImpactModel, read_model, write_model
from spark_stacker.data.impact.reading import calibrate_catalogue, calibrate_files
from spark_stacker.data.impact.store import ImpactCatalogue, impact_plans, in_catalogue

__all__ = [
    "SIZES",
    "Calibration",
    "ImpactCatalogue",
    "ImpactModel",
    "calibrate",
    "calibrate_catalogue",
    "calibrate_files",
    "impact_plans",
    "in_catalogue",
    "law_words",
    "read_model",
    "sentences",
    "write_model",
]
