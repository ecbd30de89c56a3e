"""Text to instants, by the contract's list of patterns, with evidence for ambiguous ones."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import product

import polars as pl

from lake_assets.contracts.pattern import Pattern, parse_pattern
from lake_assets.kernels.types import INSTANT

TOKENS = {  # contract token: (regular expression, strptime directive)
    "yyyy": (r"(?:[1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])", "%Y"),  # there is no year 0
    "yy": (r"\d{2}", "%y"),
    "MM": (r"\d{2}", "%m"),
    "M": (r"\d", "%m"),
    "dd": (r"\d{2}", "%d"),
    "d": (r"\d", "%d"),
    "HH": (r"\d{2}", "%H"),
    "H": (r"\d", "%H"),
    "hh": (r"\d{2}", "%I"),
    "h": (r"\d", "%I"),
    "mm": (r"[0-5]\d", "%M"),
    "ss": (r"[0-5]\d", "%S"),  # never 60: a leap second would silently become the next minute
    "SSS": (r"\d{1,9}", "%f"),
    "a": (r"(?i:[AP]M)", "%p"),
    "XXX": (r"(?:Z|[+-]\d{2}:?\d{2})", "%z"),
}

ONE_OR_TWO = ("M", "d", "H", "h")


@dataclass(frozen=True, slots=True)
class Evidence:
    """How often each order of day and month was the only possible one, or met the file's date.

    ``column`` counts texts such as 25/04/2025, which read in one order only; ``name`` counts
    ambiguous texts of which one reading is the date in the file's name. The keys are ``DM`` and
    ``MD``; in the evidence of a whole file, whose columns may differ, ``<column> DM``.
    """

    column: Mapping[str, int] = field(default_factory=dict)
    name: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(_sum(self.column, other.column), _sum(self.name, other.name))

    def within(self, column: str) -> "Evidence":
        """The same as part of the evidence of a file."""
        return Evidence(
            {f"{column} {order}": count for order, count in self.column.items()},
            {f"{column} {order}": count for order, count in self.name.items()},
        )

    def of(self, column: str) -> "Evidence":
        """The inverse of :meth:`within`: what a file's evidence says of one column."""
        keys = {f"{column} {order}": order for order in ("DM", "MD")}
        return Evidence(
            {keys[key]: count for key, count in self.column.items() if key in keys},
            {keys[key]: count for key, count in self.name.items() if key in keys},
        )

    def order(self) -> str | None:
        """``DM`` or ``MD`` where all the evidence agrees; the column's outranks the name's."""
        orders = [order for order, count in (self.column or self.name).items() if count]
        return orders[0] if len(orders) == 1 else None


@dataclass(frozen=True, slots=True)
class Form:
    """Patterns that the same texts match: one regular expression, one or more readings of it."""

    regex: str
    patterns: tuple[Pattern, ...]


@cache
def forms(formats: tuple[str, ...]) -> tuple[Form, ...]:
    """The contract's patterns, those that read the same texts together."""
    readers: dict[str, tuple[Pattern, ...]] = {}
    for text in formats:
        for pattern in parse_pattern(text):
            for regex in _spellings(pattern):
                known = readers.get(regex, ())
                if all(_directives(pattern) != _directives(other) for other in known):
                    readers[regex] = (*known, pattern)
    shapes: dict[tuple[Pattern, ...], list[str]] = {}
    for regex, patterns in readers.items():
        shapes.setdefault(patterns, []).append(regex)
    return tuple(
        Form(f"^(?:{'|'.join(regexes)})$", patterns) for patterns, regexes in shapes.items()
    )


def is_ambiguous(formats: Sequence[str]) -> bool:
    """Whether two patterns of the list can read one text in different ways."""
    return any(len(form.patterns) > 1 for form in forms(tuple(formats)))


def parse_timestamps(
    text: pl.Series, formats: Sequence[str], named: date | None
) -> tuple[pl.DataFrame, Evidence]:
    """Read timestamps.

    Args:
        text: String, trimmed, null where there is no value.
        formats: the contract's patterns.
        named: the date in the file's name, if any.

    Returns:
        ``instant`` (Datetime us, UTC; null where unread), ``DM`` and ``MD`` (Datetime us: the
        readings of texts that have two, null elsewhere), one row a text; and the evidence seen.
    """
    readings = pl.DataFrame(
        {"instant": pl.Series([None], dtype=INSTANT).new_from_index(0, text.len())}
    ).with_columns(DM="instant", MD="instant")
    evidence = Evidence()
    rest = pl.DataFrame({"at": pl.int_range(text.len(), eager=True), "text": text}).drop_nulls()
    for form in forms(tuple(formats)):
        if rest.is_empty():
            break
        matches = rest["text"].str.contains(form.regex)
        if not matches.any():
            continue
        part = rest if matches.all() else rest.filter(matches)
        rest = rest.filter(~matches)
        read = part.select("at", *(_read(pattern) for pattern in form.patterns))
        if len(form.patterns) == 1:
            read = read.rename({form.patterns[0].order: "instant"})
        else:
            read, seen = _weigh(read, named)
            evidence += seen
        for name in read.columns[1:]:
            readings.replace_column(
                readings.get_column_index(name), readings[name].scatter(read["at"], read[name])
            )
    return readings, evidence


def read_timestamps(text: pl.Series, column, named) -> "Readings":
    from lake_assets.kernels.evidence import Readings

    one = named if not isinstance(named, pl.Series) else None
    r, e = parse_timestamps(text, column.formats, one)
    if r["DM"].is_null().all() and not e.column:
        return Readings(r["instant"])
    return Readings(
        r["instant"], {"DM": r["DM"], "MD": r["MD"]},
        {k: pl.Series([i < n for i in range(text.len())]) for k, n in e.column.items()},
        {k: pl.Series([i < n for i in range(text.len())]) for k, n in e.name.items()},
    )


def settle(readings: pl.DataFrame, evidence: Evidence) -> pl.Series:
    """Decide the texts with two readings; null where the evidence does not."""
    order = evidence.order()
    return readings.select(
        pl.col("instant") if order is None else pl.coalesce("instant", order)
    ).to_series()


def date_in_name(name: str) -> date | None:
    """The first ``2025-04-03``, ``2025_04_03`` or ``20250403`` in a file's name."""
    for match in re.finditer(r"(?<!\d)(20\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)", name):
        with suppress(ValueError):
            return date(int(match[1]), int(match[3]), int(match[4]))
    return None


def _weigh(read: pl.DataFrame, named: date | None) -> tuple[pl.DataFrame, Evidence]:
    """One reading is certain and speaks for its order; two that differ are kept apart."""
    day_first, month_first = read["DM"], read["MD"]
    only = {
        "DM": day_first.is_not_null() & month_first.is_null(),
        "MD": month_first.is_not_null() & day_first.is_null(),
    }
    open_ = (day_first != month_first).fill_null(False)
    on_date = {
        order: open_ & (read[order].dt.date() == pl.Series([named], dtype=pl.Date))
        for order in ("DM", "MD")
    }
    evidence = Evidence(
        *(
            {order: int(mask.sum()) for order, mask in masks.items() if mask.any()}
            for masks in (only, on_date)
        )
    )
    return read.select(
        "at",
        pl.when(~open_).then(pl.coalesce("DM", "MD")).alias("instant"),
        pl.when(open_).then("DM").alias("DM"),
        pl.when(open_).then("MD").alias("MD"),
    ), evidence


def _read(pattern: Pattern) -> pl.Expr:
    text = pl.col("text")
    directives = _directives(pattern)
    if "XXX" not in pattern.tokens:
        instant = text.str.strptime(INSTANT, directives, strict=False)
        if "yy" in pattern.tokens:  # Polars reads 69 as 2069, POSIX as 1969
            of_1969 = instant.dt.year() == 2069
            instant = pl.when(of_1969).then(instant.dt.offset_by("-100y")).otherwise(instant)
        return instant.alias(pattern.order)
    text = text.str.replace(r"Z$", "+00:00").str.replace(r"([+-]\d{2})(\d{2})$", "$1:$2")
    zoned = text.str.strptime(pl.Datetime("us", "UTC"), directives, strict=False)
    return zoned.dt.replace_time_zone(None).alias(pattern.order)


def _directives(pattern: Pattern) -> str:
    return "".join(_directive(token) for token in pattern.tokens).replace(".%f", "%.f")


def _spellings(pattern: Pattern) -> list[str]:
    """A regular expression for each way to spell M, d, H, h: with one digit, with two.

    Spelt out, two patterns read the same texts exactly where their expressions are equal.
    """
    choices = [
        (TOKENS[token][0], TOKENS[token * 2][0]) if token in ONE_OR_TWO else (_regex(token),)
        for token in pattern.tokens
    ]
    return ["".join(choice) for choice in product(*choices)]


def _regex(token: str) -> str:
    return TOKENS[token][0] if token in TOKENS else re.escape(token.strip("'"))


def _directive(token: str) -> str:
    return TOKENS[token][1] if token in TOKENS else token.strip("'").replace("%", "%%")


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in one.keys() | other.keys()}
