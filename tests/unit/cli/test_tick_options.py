"""What the options of commands on ticks mean."""

from __future__ import annotations

from spark_stacker.backtesting.ticks import settings
from spark_stacker.cli import tick_options


def test_every_model_of_the_queue_can_be_chosen() -> None:
    assert tick_options.QUEUES == settings.QUEUES
