"""Texts with two readings, and what their file says of which one is meant."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class Evidence:
    clues: Mapping[str, int] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    open: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(
            _sum(self.clues, other.clues),
            _sum(self.hints, other.hints),
            _sum(self.open, other.open),
        )

    def reading(self, column: str) -> str | None:
        for counts in (self.clues, self.hints):
            found = [
                key.rpartition(" ")[2]
                for key, count in counts.items()
                if count and key.rpartition(" ")[0] == column
            ]
            if found:
                return found[0] if len(found) == 1 else None
        return None


@dataclass(frozen=True, slots=True)
class Readings:
    value: pl.Series
    alternatives: Mapping[str, pl.Series] = field(default_factory=dict)
    clues: Mapping[str, pl.Series] = field(default_factory=dict)
    hints: Mapping[str, pl.Series] = field(default_factory=dict)


def weigh(column: str, readings: Readings, piece: pl.Series | None, pieces: int) -> list[Evidence]:
    found: list[Evidence] = [Evidence()] * pieces
    for kind, masks in (("clues", readings.clues), ("hints", readings.hints)):
        for name, mask in masks.items():
            for at, count in _counts(mask, piece):
                found[at] = found[at] + Evidence(**{kind: {f"{column} {name}": count}})
    for alternative in list(readings.alternatives.values())[:1]:
        for at, count in _counts(alternative.is_not_null(), piece):
            found[at] = found[at] + Evidence(open={column: count})
    return found


def settle(
    readings: Readings, chosen: str | None | pl.Series
) -> tuple[pl.Series, pl.Series]:
    value = readings.value
    if not readings.alternatives:
        return value, pl.repeat(False, value.len(), dtype=pl.Boolean, eager=True)
    open_ = next(iter(readings.alternatives.values())).is_not_null()
    frame = pl.DataFrame({"value": value, **readings.alternatives})
    if isinstance(chosen, pl.Series):
        pick = [
            pl.when(chosen == name).then(pl.col(name)) for name in readings.alternatives
        ]
    else:
        pick = [pl.col(chosen)] if chosen else []
    value = frame.select(pl.coalesce("value", *pick)).to_series()
    return value, open_ & value.is_null()


def _counts(mask: pl.Series, piece: pl.Series | None) -> list[tuple[int, int]]:
    if piece is None:
        count = int(mask.sum())
        return [(0, count)] if count else []
    frame = piece.filter(mask).value_counts()
    return [(int(at), int(count)) for at, count in frame.iter_rows()]


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in one.keys() | other.keys()}
