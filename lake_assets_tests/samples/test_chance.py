"""Choices that depend on a key and an index alone."""

import polars as pl

from lake_assets.samples.chance import chosen, draw, key, one_of_every, shuffled


def test_python_and_polars_choose_alike() -> None:
    for stream in (0, 1, key(7, "name"), (1 << 64) - 1):
        for index in (0, 1, 12_345, (1 << 63) + 5):
            row = pl.lit(index, dtype=pl.UInt64)
            assert pl.select(draw(stream, row, 1000)).item() == chosen(stream, index, 1000)


def test_keys_tell_their_parts_and_their_order_apart() -> None:
    parts = [(), (0,), (0, 0), (0, 1), (1, 0), ("a",), ("a", "b"), ("b", "a"), ("ab",)]
    assert len({key(*part) for part in parts}) == len(parts)


def test_draws_are_spread_evenly() -> None:
    rows = pl.int_range(100_000, dtype=pl.UInt64, eager=True).alias("row").to_frame()
    drawn = rows.select(draw(key(1, "spread"), pl.col("row"), 10).alias("drawn"))
    counts = drawn["drawn"].value_counts()["count"]
    assert len(counts) == 10
    assert all(9_500 < count < 10_500 for count in counts)


def test_exactly_one_of_every_group_is_chosen() -> None:
    for group in range(20):
        indices = range(5 * group, 5 * group + 5)
        assert sum(one_of_every(key(3), index, 5) for index in indices) == 1


def test_shuffling_keeps_every_item() -> None:
    orders = {tuple(shuffled(key(seed), "abcdef")) for seed in range(50)}
    assert len(orders) > 40
    assert all(sorted(order) == list("abcdef") for order in orders)
