"""Time per bar of the two adaptive indicators, and of the signals of every type, against the targets.

Targets: adaptive_supertrend 1,000 ns, adaptive_trend_finder 300 ns a bar at default parameters; the signals
of a moving-average cross 2.5 ns. They hold for a machine whose serial addition takes 0.5 ns; what is measured
here is scaled by that of this machine, timed in the same run. Run: ``python benches/bench_adaptive.py``.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from serial_chain import TARGET_MACHINE_NS, addition_ns
from spark_stacker import _core

if TYPE_CHECKING:
    from collections.abc import Callable

BARS = 200_000
REPEATS = 7

# type, parameters, what is called, target in ns a bar on the target machine
CASES: list[tuple[str, dict[str, object], str, float | None]] = [
    ("adaptive_supertrend", {}, "compute", 1000.0),
    ("adaptive_supertrend", {}, "signals", 1000.0),
    ("adaptive_supertrend", {"training_length": 1000}, "signals", None),
    ("adaptive_trend_finder", {}, "compute", 300.0),
    ("adaptive_trend_finder", {}, "signals", 300.0),
    ("adaptive_trend_finder", {"use_long_term": True}, "signals", 300.0),
    ("ma", {}, "signals", 2.5),
    ("ma", {"ma_type": "ema"}, "signals", 2.5),
    ("rsi", {}, "signals", None),
    ("macd", {}, "signals", None),
    ("bollinger", {}, "signals", None),
    ("ultimate_ma", {"ma_type": "hull"}, "signals", None),
]


def candles(rows: int) -> _core.Bars:
    rng = np.random.default_rng(1)
    close = 30_000 * np.exp(np.cumsum(rng.normal(0, 0.003, rows)))
    opened = np.concatenate([[30_000.0], close[:-1]])
    high = np.maximum(opened, close) * (1 + rng.uniform(0, 0.002, rows))
    low = np.minimum(opened, close) * (1 - rng.uniform(0, 0.002, rows))
    times = np.arange(rows, dtype=np.int64) * 3_600_000_000_000
    volume = rng.uniform(1, 100, rows)
    return _core.Bars(times, opened, high, low, close, volume, interval_ns=3_600_000_000_000)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    bars = candles(BARS)
    indicators = [(_core.Indicator(kind, parameters), method) for kind, parameters, method, _ in CASES]
    calls = [partial(getattr(indicator, method), bars) for indicator, method in indicators]
    best = [float("inf")] * len(CASES)
    # Interleaved, so that a slow moment of the machine hits every case alike.
    for _ in range(REPEATS):
        best = [min(known, seconds(call)) for known, call in zip(best, calls, strict=True)]
    unit = addition_ns()
    print(
        f"{BARS:,} bars; a serial addition takes {unit:.2f} ns, {TARGET_MACHINE_NS} ns on the target machine"
    )
    print(f"{'':56}{'measured':>10}{'scaled':>10}{'target':>10}  ns a bar")
    for (kind, parameters, method, target), fastest in zip(CASES, best, strict=True):
        measured = fastest / BARS * 1e9
        scaled = measured * TARGET_MACHINE_NS / unit
        settings = ", ".join(f"{name}={value}" for name, value in parameters.items())
        name = f"{kind}({settings}).{method}"
        verdict = "" if target is None else f"{target:10.1f}  {'met' if scaled <= target else 'MISSED'}"
        print(f"{name:56}{measured:10.2f}{scaled:10.2f}{verdict}")


if __name__ == "__main__":
    main()
