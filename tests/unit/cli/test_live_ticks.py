"""What the options of ``live --ticks`` mean."""

from __future__ import annotations

from spark_stacker.backtesting.ticks import settings
from spark_stacker.cli import live_ticks


def test_every_model_of_the_queue_can_be_chosen() -> None:
    assert live_ticks.QUEUES == settings.QUEUES
