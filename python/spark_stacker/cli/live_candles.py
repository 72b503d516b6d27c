"""The candles of ``spark-stacker live``: what the options name, else the configuration's exchanges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from spark_stacker.cli.perpetuals import find_perpetuals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.config import Settings
    from spark_stacker.data import PerpetualData
    from spark_stacker.trading.sources import CandleSource

__all__ = ["Recording", "settings_for"]

SCENARIO_BARS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What the options say about candles to replay."""

    data: tuple[str, ...]
    venue: str | None
    scenario: str | None
    interval: str | None
    root: Path | None
    funding: tuple[str, ...]
    mark: tuple[str, ...]
    seed: int
    speed: float | str | None
    bars: int | None

    @property
    def is_given(self) -> bool:
        """Whether the options name candles at all."""
        return bool(self.data or self.venue or self.scenario)

    def check(self, *, has_config: bool) -> None:
        """Refuses options that do not go together."""
        given = [("--data", self.data), ("--venue", self.venue), ("--scenario", self.scenario)]
        names = [name for name, value in given if value]
        if len(names) > 1:
            raise click.UsageError(f"{' and '.join(names)} exclude each other")
        if not names and not has_config:
            raise click.UsageError(
                "give a configuration with --config, or candles with --data, --venue or --scenario"
            )
        if self.speed is not None and not names:
            raise click.UsageError("--speed belongs to --data, --venue or --scenario")
        if self.interval is not None and not self.venue:
            raise click.UsageError("--interval belongs to --venue")
        if (self.funding or self.mark) and not (self.data or self.venue):
            raise click.UsageError("--funding and --mark belong to --data or --venue")

    def source(self, settings: Settings, history_bars: int | None) -> CandleSource:
        """The candles, with the funding rates and mark candles that go with them."""
        from spark_stacker.trading import sources

        speed = self.speed or "max"
        if self.scenario:
            return sources.synthetic_candles(
                settings,
                self.scenario,
                seed=self.seed,
                bars=self.bars or SCENARIO_BARS,
                speed=speed,
                history_bars=history_bars,
            )

        def beside(intervals: Mapping[str, str]) -> dict[str, PerpetualData]:
            return self._beside(settings, intervals)

        if self.venue:
            return sources.catalogued_candles(
                settings,
                self.venue,
                root=self.root,
                interval=self.interval,
                speed=speed,
                history_bars=history_bars,
                beside=beside,
            )
        if self.data:
            pairs = [("", text) if Path(text).exists() else text.rpartition("=")[::2] for text in self.data]
            files = sources.files_by_market(settings, [p[0] for p in pairs], [Path(p[1]) for p in pairs])
            return sources.recorded_candles(
                settings, files, speed=speed, history_bars=history_bars, beside=beside
            )
        return sources.configured_exchanges(settings)

    def _beside(self, settings: Settings, intervals: Mapping[str, str]) -> dict[str, PerpetualData]:
        from spark_stacker.config import spot_markets
        from spark_stacker.data import Catalogue

        return find_perpetuals(
            intervals,
            funding=self.funding,
            mark=self.mark,
            catalogue=Catalogue(self.root) if self.venue else None,
            venue=self.venue or "",
            spot=spot_markets(settings),
        )


def settings_for(config_file: Path | None, *, is_recorded: bool) -> Settings:
    """The configuration, or the starter's."""
    from spark_stacker.config import load_settings, parse_settings

    if config_file is not None:
        return load_settings(config_file)
    import tomllib

    from spark_stacker.config.starter import STARTER

    starter = tomllib.loads(STARTER)
    if is_recorded:
        # Its steps and minimums are those of ETH-USD; the recording may hold any market.
        del starter["instruments"]
    return parse_settings(starter, source="the starter configuration")
