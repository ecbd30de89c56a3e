"""Ranges of keys: a date's rows in parts that do not depend on how the rows came.

Where a part begins is read off a sample, and which keys are in the sample is decided by the keys
themselves, by a hash. So the same rows are cut at the same places, whether one task has sorted
them all, or many tasks have each seen some.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import polars as pl
import polars_hash

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.gold import SEPARATOR, as_text

ONE_IN = 512
"""Of so many keys one is in the sample, about."""

Key = tuple[Any, ...]


def sampled(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """The rows whose key is in the sample: all rows of such a key, and none of any other."""
    texts = [as_text(dataset, name) for name in dataset.key]
    number = polars_hash.concat_str(texts, separator=SEPARATOR).nchash.xxhash64()
    return rows.filter(number % ONE_IN == 0)


def starts(sample: pl.DataFrame, dataset: Dataset, rows: int) -> list[Key]:
    """The first keys of all parts but the first, so that a part has about ``rows`` rows.

    Args:
        sample: one row a sampled key, ordered by key.
        dataset: the contract.
        rows: of a part.
    """
    step = max(1, round(rows / ONE_IN))
    return sample.select(dataset.key).gather_every(step, offset=step).rows()


def places(rows: pl.DataFrame, starts: Sequence[Key], dataset: Dataset) -> list[int]:
    """Where each part ends in rows that are ordered by key: one number a part, the last their own.

    A part may be empty here.
    """
    keys = rows.select(dataset.key)

    def at(row: int) -> Key:
        return _comparable(keys.row(row))

    return [
        *(bisect_left(range(rows.height), _comparable(start), key=at) for start in starts),
        rows.height,
    ]


def _comparable(key: Key) -> Key:
    """Compares in Python as Polars sorts: nulls first, texts by code point, others by value."""
    return tuple((value is not None, value) for value in key)
