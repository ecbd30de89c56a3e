"""Texts that can be read in two ways, and what else in their column says which way is meant.

Used for the order of day and month (``DM``, ``MD``) and for the decimal mark (``.``, ``,``). A
reader gives :class:`Readings`; :func:`weigh` counts what they say, piece by piece; the counts of
all pieces of a file, added up, choose one reading a column, with which :func:`settle` decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True)
class Readings:
    """What a column's texts can mean. All series have one row a text; empty mappings are usual.

    Attributes:
        value: typed; null where the text is no value, or is open.
        alternatives: reading -> the values of contested texts under it, null elsewhere. A
            contested text without a ``value`` is open. One with a ``value`` leans to it, because
            the other reading is no value of the column's type or unusual for its currency.
        clues: reading -> Boolean: texts that read in this way only, and so speak for it.
        hints: reading -> Boolean: contested texts that speak for it more faintly. Of a date, one
            reading is the date in the file's name; a number leans to it.
        undecidable: Boolean: open texts that no reading settles, such as a local time that the
            clocks showed twice.
    """

    value: pl.Series
    alternatives: Mapping[str, pl.Series] = field(default_factory=dict)
    clues: Mapping[str, pl.Series] = field(default_factory=dict)
    hints: Mapping[str, pl.Series] = field(default_factory=dict)
    undecidable: pl.Series | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts of what a file, or a piece of it, says of its columns. ``+`` joins pieces.

    ``clues`` and ``hints`` are keyed ``<column> <reading>``, ``unsettled`` (open texts) by column.
    """

    clues: Mapping[str, int] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    unsettled: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Evidence") -> "Evidence":
        if other == NOTHING:
            return self
        return Evidence(
            _sum(self.clues, other.clues),
            _sum(self.hints, other.hints),
            _sum(self.unsettled, other.unsettled),
        )

    def reading(self, column: str) -> str | None:
        """The reading on which all clues agree; without clues, that on which all hints do."""
        said = self._of({column}, self.clues) or self._of({column}, self.hints)
        return said.pop() if len(said) == 1 else None

    def shared(self, columns: Collection[str]) -> str | None:
        """The reading on which all clues of several columns agree."""
        said = self._of(columns, self.clues)
        return said.pop() if len(said) == 1 else None

    @staticmethod
    def _of(columns: Collection[str], counts: Mapping[str, int]) -> set[str]:
        names = (key.rpartition(" ") for key, count in counts.items() if count)
        return {reading for name, _, reading in names if name in columns}


NOTHING = Evidence()


def weigh(
    column: str, readings: Readings, piece: pl.Series | None = None, pieces: int = 1
) -> list[Evidence]:
    """Count what the texts of a column say, apart for each of the pieces they come from.

    Args:
        column: its name.
        readings: of the texts of all pieces together.
        piece: UInt32, the piece of each text, from 0; None if there is one piece.
        pieces: how many there are.

    Returns:
        One for each piece.
    """
    clues = {f"{column} {name}": mask for name, mask in readings.clues.items()}
    hints = {f"{column} {name}": mask for name, mask in readings.hints.items()}
    unsettled = {}
    if readings.alternatives or readings.undecidable is not None:
        unsettled[column] = settle(readings, None)[1]
    if not (clues or hints or unsettled):
        return [NOTHING] * pieces
    if piece is None:
        return [Evidence(_totals(clues), _totals(hints), _totals(unsettled))]
    found: dict[int, Evidence] = {}
    for kind, masks in (("clues", clues), ("hints", hints), ("unsettled", unsettled)):
        for key, mask in masks.items():
            for number, count in _by_piece(mask, piece):
                evidence = found.setdefault(number, Evidence({}, {}, {}))
                getattr(evidence, kind)[key] = count
    return [found.get(number, NOTHING) for number in range(pieces)]


def by_row(
    readings: Sequence[str | None], piece: pl.Series | None = None
) -> str | pl.Series | None:
    """The reading of each piece as :func:`settle` takes it.

    Args:
        readings: one for each piece.
        piece: UInt32, the piece of each row; None if all are of the first.

    Returns:
        One reading (or None) if all pieces agree, else a String series with the reading of
        each row.
    """
    if len(set(readings)) <= 1 or piece is None:
        return readings[0] if readings else None
    return pl.Series(readings, dtype=pl.String).gather(piece)


def settle(readings: Readings, chosen: str | pl.Series | None) -> tuple[pl.Series, pl.Series]:
    """Decide the contested texts.

    Args:
        readings: of a column's texts.
        chosen: the reading for all rows, or a String series of the reading for each row; null
            where the evidence does not decide.

    Returns:
        The values, null where there is none; and a Boolean series, true where a text is ambiguous:
        it has two readings, and nothing decides. A text that leans to one reading is null where
        the other was chosen, and then it is not ambiguous but wrong.
    """
    value, torn = readings.value, readings.undecidable
    if not readings.alternatives and torn is None:
        return value, pl.repeat(False, value.len(), eager=True)
    ways = list(readings.alternatives)
    choice = pl.col("chosen") if isinstance(chosen, pl.Series) else pl.lit(chosen, pl.String)
    contested = pl.any_horizontal(
        pl.lit(False), *(pl.col(f"way {way}").is_not_null() for way in ways)
    )
    by_choice = pl.coalesce(
        pl.lit(None), *(pl.when(choice == way).then(f"way {way}") for way in ways)
    )
    known = choice.is_in(ways).fill_null(False)
    unsettled = contested & pl.col("value").is_null() & ~known
    frame = pl.DataFrame(
        [
            value.alias("value"),
            *(values.alias(f"way {way}") for way, values in readings.alternatives.items()),
            *([torn.alias("torn")] if torn is not None else []),
            *([chosen.alias("chosen")] if isinstance(chosen, pl.Series) else []),
        ]
    ).select(
        pl.when(contested & known).then(by_choice).otherwise("value").alias(value.name),
        (unsettled | pl.col("torn") if torn is not None else unsettled).alias("ambiguous"),
    )
    return frame.to_series(0), frame.to_series(1)


def _totals(masks: Mapping[str, pl.Series]) -> dict[str, int]:
    totals = {key: int(mask.sum()) for key, mask in masks.items()}
    return {key: count for key, count in totals.items() if count}


def _by_piece(mask: pl.Series, piece: pl.Series) -> list[tuple[int, int]]:
    return list(piece.filter(mask).value_counts().iter_rows())


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in one.keys() | other.keys()}
