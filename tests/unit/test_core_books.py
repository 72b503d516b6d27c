"""Books in the core: what sizes cost, Kraken's checksum, probes of a recorded book."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from made.books import made_events
from spark_stacker import _core
from spark_stacker.errors import DataError, ParameterError


def test_many_sizes_at_once_cost_what_a_walk_level_by_level_costs() -> None:
    draw = np.random.default_rng(5)
    price = 100.0 + np.arange(200) * 0.5
    size = draw.integers(1, 50, 200) / 10.0
    wanted = np.concatenate([[0.0], draw.random(500) * 1.2 * size.sum()])
    filled, average, worst = _core.walk_levels(price, size, wanted)
    for row, quantity in enumerate(wanted):
        left, cost, last = quantity, 0.0, np.nan
        for level in range(200):
            if left <= 0.0:
                break
            taken = min(left, size[level])
            left, cost, last = left - taken, cost + taken * price[level], price[level]
        assert filled[row] == pytest.approx(quantity - max(left, 0.0))
        if filled[row] > 0:
            assert average[row] == pytest.approx(cost / filled[row])
            assert worst[row] == last
    with pytest.raises((DataError, ParameterError)):
        _core.walk_levels(price, size, np.array([-1.0]))


def test_the_checksum_of_a_book_is_krakens() -> None:
    asks = np.arange(1001, 1011, dtype=np.int32)
    bids = np.arange(1000, 990, -1, dtype=np.int32)
    sizes = np.full(10, 0.5)
    found = _core.kraken_checksum(asks, sizes, bids, sizes, tick_size=0.1, price_places=1, size_places=8)
    # Prices and sizes without point and leading zeros, the ten best asks and then the ten best bids.
    text = "".join(f"{tick}50000000" for tick in [*asks, *bids])
    assert found == zlib.crc32(text.encode())


def test_a_probe_sees_what_samples_of_the_same_tape_show() -> None:
    events = made_events(5_000, seed=2)
    # The book is known from a snapshot on.
    events.kind[0], events.side[0], events.size[0] = 3, 1, 1.0
    events.price[0] = 59_000.0
    tape = events.tape()
    times = [1_700_000_000_000_000_000 + step * 50_000_000 for step in range(1, 4)]
    probe = _core.BookProbe(times, sizes=[0.5], distances=[0.001])
    probe.feed(tape)
    found = probe.finish()
    samples = tape.book_samples(np.array(times), 1)
    best = samples["price"].reshape(3, 2)
    assert found["bid"] == pytest.approx(best[:, 0])
    assert found["ask"] == pytest.approx(best[:, 1])
    with pytest.raises(ParameterError, match="has been read"):
        probe.feed(tape)
