"""Text to instants, by the contract's list of patterns."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache

import polars as pl

from lake_assets.contracts.column import Column, Fold
from lake_assets.contracts.pattern import Pattern
from lake_assets.kernels.values.evidence import Readings
from lake_assets.kernels.values.forms import Form, forms, is_ambiguous, reading
from lake_assets.kernels.values.types import INSTANT

__all__ = ["date_in_name", "is_ambiguous", "read_dates", "read_timestamps"]

ORDERS = ("DM", "MD")
SAMPLE = 64
"""Texts that are looked at one by one, to find out which of a contract's forms are there."""
FEW = 2000
"""Up to so many texts, to try all forms on all of them at once is cheaper than to divide them."""
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Of the years 1 to 9999, in microseconds since 1970."""
LOCAL, IN_UTC, DATE_ONLY = 0, 1, 2
"""What a pattern's reading is: a local time, an instant, a local date."""


def read_timestamps(
    text: pl.Series, column: Column, named: date | pl.Series | None = None
) -> Readings:
    """Read timestamps.

    A text without an offset is in the column's ``timezone``. A local time that the clocks left
    out is none; one that they showed twice is undecidable unless ``fold`` says which is meant. A
    date without a time is the first instant of that day.

    Args:
        text: String, trimmed, null where there is no value.
        column: of the contract; its patterns, ``timezone`` and ``fold`` count.
        named: the date in the file's name, if any; or a Date series of that of each text.

    Returns:
        Datetime us in UTC. Texts that are other dates with day and month in the other order have
        the alternatives ``DM`` and ``MD``.
    """
    rows = pl.DataFrame({"at": pl.int_range(text.len(), dtype=pl.UInt32, eager=True), "text": text})
    parts = [
        part.select("at", *_reads(tuple(found)))
        for found, part in _by_form(rows, forms(tuple(column.formats)))
    ]
    if not parts:
        return Readings(INSTANT_NULL.new_from_index(0, text.len()).alias(text.name))
    read = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal")
    if read.height < text.len():
        read = rows.select("at").join(read, on="at", how="left", maintain_order="left")
    elif len(parts) > 1:
        read = read.sort("at")
    contested = "DM" in read.columns
    if column.timezone == "UTC":
        if not contested:
            return Readings(_of_our_era(read["local"]).alias(text.name))
        read = _compared(read, named)
        return _readings(read, text.name)
    if contested:
        read = _compared(read, named)
    return _readings(_in_utc(read, column), text.name)


def read_dates(text: pl.Series, column: Column, named: date | pl.Series | None = None) -> Readings:
    """Read dates: as :func:`read_timestamps` does, of patterns without a time; Date."""
    found = read_timestamps(text, column, named)
    ways = {way: values.dt.date() for way, values in found.alternatives.items()}
    return replace(found, value=found.value.dt.date(), alternatives=ways)


INSTANT_NULL = pl.Series([None], dtype=INSTANT)


def date_in_name(name: str) -> date | None:
    """The first ``2025-04-03``, ``2025_04_03`` or ``20250403`` in a file's name."""
    for match in re.finditer(r"(?<!\d)(20\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)", name):
        with suppress(ValueError):
            return date(int(match[1]), int(match[3]), int(match[4]))
    return None


def _by_form(
    rows: pl.DataFrame, candidates: Sequence[Form]
) -> Iterator[tuple[list[Form], pl.DataFrame]]:
    """Rows and the forms that they have; the column ``form`` says which of several.

    A look at a few texts tells which forms are worth the time of trying them on all.
    """
    rest = rows.filter(pl.col("text").is_not_null()) if rows["text"].null_count() else rows
    untried = list(candidates)
    while rest.height and untried:
        wanted = _occurring(rest["text"].head(SAMPLE).to_list(), untried)
        if not wanted and rest.height <= SAMPLE:
            return
        trying = wanted or untried
        untried = [form for form in untried if form not in trying]
        if len(trying) > 1 and rest.height <= FEW:
            number = pl.coalesce(
                pl.when(pl.col("text").str.contains(form.regex)).then(pl.lit(at, pl.UInt8))
                for at, form in enumerate(trying)
            )
            tried = rest.with_columns(number.alias("form"))
            unread = tried["form"].null_count()
            yield trying, tried.drop_nulls("form") if unread else tried
            rest = rest.filter(tried["form"].is_null()) if unread else rest.clear()
            continue
        for form in trying:
            matches = rest["text"].str.contains(form.regex)
            if matches.all():
                yield [form], rest
                return
            if matches.any():
                yield [form], rest.filter(matches)
                rest = rest.filter(~matches)


def _occurring(texts: list[str], candidates: list[Form]) -> list[Form]:
    found: list[Form] = []
    for text in texts:
        if not any(form.compiled.fullmatch(text) for form in found):
            found += [form for form in candidates if form.compiled.fullmatch(text)][:1]
    return [form for form in candidates if form in found]


@cache
def _reads(found: tuple[Form, ...]) -> tuple[pl.Expr, ...]:
    """``local``; ``DM`` and ``MD`` if a form has both; ``kind``."""
    both = any(len(form.patterns) > 1 for form in found)
    reads = [_read(name, found) for name in ("local", *(ORDERS if both else ()))]
    kinds = [pl.lit(_kind(form.patterns[0]), pl.UInt8) for form in found]
    kind = pl.coalesce(
        *(pl.when(pl.col("form") == at).then(kind) for at, kind in enumerate(kinds[1:], 1)),
        kinds[0],
    )
    return (*reads, kind.alias("kind"))


def _read(name: str, found: tuple[Form, ...]) -> pl.Expr:
    nothing = pl.lit(None, INSTANT)
    wanted = {
        at: pattern
        for at, form in enumerate(found)
        for pattern in form.patterns
        if name == ("local" if len(form.patterns) == 1 else pattern.order)
    }
    if len(found) == 1:
        return (reading(wanted[0]) if wanted else nothing).alias(name)
    chosen = (pl.when(pl.col("form") == at).then(reading(each)) for at, each in wanted.items())
    return pl.coalesce(nothing, *chosen).alias(name)


def _kind(pattern: Pattern) -> int:
    if "XXX" in pattern.tokens:
        return IN_UTC
    return LOCAL if {"H", "h"} & {token[0] for token in pattern.tokens} else DATE_ONLY


def _compared(read: pl.DataFrame, named: date | pl.Series | None) -> pl.DataFrame:
    """One reading is certain and speaks for its order; two that differ are kept apart."""
    day_first, month_first = pl.col("DM"), pl.col("MD")
    differ = (day_first != month_first).fill_null(False)
    name = pl.lit(named, pl.Date) if not isinstance(named, pl.Series) else pl.col("named")
    if isinstance(named, pl.Series):
        read = read.with_columns(named.alias("named"))
    return read.select(
        pl.coalesce("local", pl.when(~differ).then(pl.coalesce("DM", "MD"))),
        pl.when(differ).then(day_first).alias("DM"),
        pl.when(differ).then(month_first).alias("MD"),
        (day_first.is_not_null() & month_first.is_null()).alias("clue DM"),
        (month_first.is_not_null() & day_first.is_null()).alias("clue MD"),
        *(
            (differ & (pl.col(order).dt.date() == name).fill_null(False)).alias(f"hint {order}")
            for order in ORDERS
        ),
        "kind",
    )


def _in_utc(read: pl.DataFrame, column: Column) -> pl.DataFrame:
    """Local times by the column's time zone; ``twice`` where the clocks showed one twice."""
    given = pl.col("kind") == IN_UTC
    instants, torn = [], []
    for name in ("local", *(ORDERS if "DM" in read.columns else ())):
        local = pl.col(name)
        earlier, later = (
            local.dt.replace_time_zone(column.timezone, ambiguous=which, non_existent="null")
            .dt.convert_time_zone("UTC")
            .dt.replace_time_zone(None)
            for which in ("earliest", "latest")
        )
        first = earlier.fill_null(_after_gap(local, column.timezone))
        of_time = later if column.fold is Fold.LATER else earlier
        twice = (earlier != later) & (pl.col("kind") == LOCAL)
        if column.fold is Fold.REJECT:
            torn.append(twice.fill_null(False))
        instants.append(
            pl.when(given)
            .then(local)
            .when(pl.col("kind") == DATE_ONLY)
            .then(first)
            .otherwise(of_time)
            .alias(name)
        )
    others = [name for name in read.columns if name.startswith(("clue", "hint"))]
    converted = read.select(
        *instants, *others, pl.any_horizontal(pl.lit(False), *torn).alias("twice")
    )
    if not converted["twice"].any():
        return converted.drop("twice")
    return converted.with_columns(
        pl.when(~pl.col("twice")).then(name).alias(name)
        for name in ("local", *ORDERS)
        if name in converted.columns
    )


def _after_gap(local: pl.Expr, zone: str) -> pl.Expr:
    """Where the clocks go on at midnight, a day starts when they have."""
    return (
        local.dt.offset_by("1h")
        .dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )


def _of_our_era(instants: pl.Series) -> pl.Series:
    """Without what an offset takes out of the years 1 to 9999 (ISO 8601), which nobody can read."""
    kept = instants.to_physical().is_between(FIRST, LAST)
    if kept.all():
        return instants
    return instants.zip_with(kept, INSTANT_NULL.new_from_index(0, instants.len()))


def _readings(read: pl.DataFrame, name: str) -> Readings:
    alternatives = {}
    if "DM" in read.columns and any(read[order].null_count() < read.height for order in ORDERS):
        alternatives = {order: _of_our_era(read[order]) for order in ORDERS}
    marks = {what: {} for what in ("clue", "hint")}  # type: dict[str, dict[str, pl.Series]]
    for what, orders in marks.items():
        for order in ORDERS if "DM" in read.columns else ():
            mask = read[f"{what} {order}"].fill_null(False)
            if mask.any():
                orders[order] = mask
    undecidable = read["twice"] if "twice" in read.columns else None
    return Readings(
        _of_our_era(read["local"]).alias(name),
        alternatives,
        marks["clue"],
        marks["hint"],
        undecidable,
    )
