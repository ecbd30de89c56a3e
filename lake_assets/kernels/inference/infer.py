"""Draft a dataset's contract from samples of its files. What had to be guessed is said."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lake_assets.contracts.column import ColumnType, DecimalMark
from lake_assets.contracts.dataset import DETECT, OWN_COLUMNS, CsvFormat
from lake_assets.kernels.encoding import Encoding
from lake_assets.kernels.inference.candidates import (
    Typed,
    find_key,
    find_partition,
    first_year,
    type_columns,
    unlike,
)
from lake_assets.kernels.inference.date_patterns import DatePatterns
from lake_assets.kernels.inference.draft import Draft, DraftColumn
from lake_assets.kernels.inference.merge import InferenceError, merge_columns, plain_name
from lake_assets.kernels.inference.sampled import TOTAL, SampledTable, read_table

__all__ = ["InferenceError", "Sample", "infer_dataset"]

MOST_PREAMBLE = 1000
"""What a contract allows."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The head of a file, decoded; ``encoding`` is a codec's name, None if a mark told it."""

    name: str
    text: str
    whole: bool = True
    encoding: str | None = None


def infer_dataset(samples: Sequence[Sample], *, lake: str, dataset: str) -> Draft:
    """Draft a contract that reads the samples.

    Args:
        samples: of one dataset; more of them show more of what its files are like.
        lake, dataset: names for them.

    Raises:
        InferenceError: something that a contract needs is not in the samples; the message says
            what has to be written by hand.
    """
    tables = {sample.name: _table(sample) for sample in samples}
    fields, nameless = merge_columns(tables)
    columns = type_columns(fields, list(tables))
    if not columns or not columns[0].cells.len():
        raise InferenceError("the samples have no rows of data; give files that have some")
    partition = find_partition(columns)
    key = find_key(columns, partition)
    start = first_year(partition)
    needed = {partition.name, *(column.name for column in key)}
    names = {column.name: _free_name(column, columns) for column in columns}
    of_format = CsvFormat()
    nulls = sorted(set().union(*(table.nulls for table in tables.values())))
    above = max(table.text_above for table in tables.values())
    encodings, of_encodings = _encodings(samples)
    return Draft(
        lake=lake,
        dataset=dataset,
        files=list(tables),
        delimiters=_delimiters(tables.values()),
        encodings=encodings,
        preamble_lines=min(above, MOST_PREAMBLE),
        totals=TOTAL if any(table.total for table in tables.values()) else "",
        nulls=list(dict.fromkeys([*of_format.nulls, *nulls])),
        columns=[_column(column, names[column.name], needed) for column in columns],
        key=[names[column.name] for column in key],
        partition=names[partition.name],
        start=start,
        guesses={**_of_format(tables, of_encodings, nulls), **_guesses(key, partition)},
        warnings=[*_warnings(tables), *map(_left_out, nameless)],
    )


def _table(sample: Sample) -> SampledTable:
    table = read_table(sample.text, whole=sample.whole)
    if table.rows and not table.dialect.has_header:
        first = "the first line looks like data"
        raise InferenceError(
            f"{sample.name} has no header: {first}; put a line with the names of the columns above"
        )
    return table


def _free_name(column: Typed, columns: Sequence[Typed]) -> str:
    """The column's name, or another one if it is a name of our own columns."""
    taken = OWN_COLUMNS | {
        f"{other.name}_{what}"
        for other in columns
        for what in ("raw", "parsed")
        if other.seen.type is ColumnType.TIMESTAMP
    }
    if column.name not in taken:
        return column.name
    wanted = "event_date" if column.name == "date" else f"{column.name[:55]}_in_file"
    return wanted if wanted not in {other.name for other in columns} else f"{wanted[:55]}_again"


def _column(column: Typed, name: str, needed: set[str]) -> DraftColumn:
    seen, found = column.seen, column.field
    empty = seen.rows - seen.filled
    required = (not empty and found.is_everywhere) or column.name in needed
    return DraftColumn(
        name=name,
        type=seen.type.value,
        required=required,
        aliases=[*([column.name] if name != column.name else []), *found.aliases],
        formats=seen.patterns.formats if seen.patterns else (),
        precision=seen.numbers.precision,
        scale=seen.numbers.scale,
        decimal_mark=seen.numbers.mark.value,
        spelling=found.spelling,
        guesses=_guesses_of_column(column, required=required),
    )


def _guesses_of_column(column: Typed, *, required: bool) -> dict[str, str]:
    seen, found = column.seen, column.field
    empty = seen.rows - seen.filled
    guesses: dict[str, str] = {}
    if seen.unread:
        guesses["type"] = f"guess: {seen.unread:,} of {seen.filled:,} texts are none; rejected"
    elif seen.looks_whole:
        guesses["type"] = "guess: whole numbers, but the name says that they identify something"
    elif not seen.filled:
        guesses["type"] = "guess: the sample has no value"
    elif seen.patterns and seen.patterns.formats[0].startswith("yyyyMMdd"):
        guesses["type"] = "guess: eight digits that are dates in all rows"
    elif seen.numbers.leaning:
        guesses["type"] = (
            f"guess: the sample does not show the decimal mark; in {seen.numbers.leaning!r} it is "
            "taken to group thousands"
        )
    if found.aliases:
        guesses["aliases"] = "guess: other files have no such column, but one like it"
    if required and empty:
        guesses["required"] = f"guess: {empty:,} of {seen.rows:,} rows are empty; rejected"
    if seen.numbers.scale > 2:
        guesses["scale"] = f"guess: the sample has up to {seen.numbers.scale} decimals"
    if seen.numbers.mark is not DecimalMark.AUTO:
        guesses["decimal_mark"] = (
            f"guess: {seen.numbers.shown:,} texts show it, {seen.numbers.two_ways:,} could be "
            "read in two ways"
            if seen.numbers.shown
            else "guess: other columns show it"
        )
    if seen.patterns and (told := _order_of_dates(seen.patterns)):
        guesses["formats"] = told
    return guesses


def _order_of_dates(patterns: DatePatterns) -> str:
    """What has to be checked about the order of day and month; empty if the texts tell it."""
    if patterns.day_first and patterns.month_first:
        return (
            f"guess: {patterns.day_first:,} texts are day first, {patterns.month_first:,} month "
            "first; each file is settled by its own"
        )
    if patterns.is_open:
        return "guess: the sample does not tell day from month; drop the wrong one if you know it"
    if patterns.by_name:
        return "guess: the dates in the names of the files tell day from month"
    return ""


def _encodings(samples: Sequence[Sample]) -> tuple[list[str], str]:
    """The contract's encodings, and what has to be checked about them.

    One that was seen is named: on a small file it is surer than to look again. Of two code pages
    the first would fit the files of the other, too, and UTF-16 is known by looking alone.
    """
    seen: dict[str, list[str]] = {}
    for sample in samples:
        if sample.encoding and not Encoding(sample.encoding).is_utf8:
            seen.setdefault(sample.encoding, []).append(sample.name)
    if not seen:
        return ["utf-8", DETECT], ""
    looks = " and ".join(f"{files[0]} looks like {name}" for name, files in seen.items())
    (name, *others) = seen
    if others or not Encoding(name).keeps_newlines:
        return ["utf-8", DETECT], f"guess: {looks}"
    return ["utf-8", name, DETECT], f"guess: {looks}"


def _of_format(
    tables: Mapping[str, SampledTable], encodings: str, nulls: Sequence[str]
) -> dict[str, str]:
    above = [name for name, table in tables.items() if table.text_above]
    totals = [name for name, table in tables.items() if table.total]
    tokens = ", ".join(repr(token) for token in nulls)
    return {
        **({"encodings": encodings} if encodings else {}),
        **({"preamble_lines": f"guess: the header of {above[0]} is below text"} if above else {}),
        **({"totals": f"guess: the last row of {totals[0]} is one"} if totals else {}),
        **({"nulls": f"the sample has {tokens}"} if tokens else {}),
    }


def _guesses(key: Sequence[Typed], partition: Typed) -> dict[str, str]:
    share = unlike(key)
    times = "unique in the sample" if share == 1 else f"different in {share:.1%} of the rows"
    return {
        "arrivals_start": "guess: when the first file arrives, or earlier",
        "key": f"guess: {times}",
        "partition.column": "guess: the first timestamp that is always filled"
        if partition.filled == 1
        else f"guess: the timestamp with the fewest gaps, {partition.filled:.1%} filled",
        "partition.start": "guess: earlier dates are rejected",
    }


def _delimiters(tables: Collection[SampledTable]) -> list[str]:
    """Those of the files, the most frequent first, and then those of odd rows in them."""
    whole = Counter(table.dialect.delimiter for table in tables if table.dialect.delimiter)
    rows = sorted(set().union(*(table.other_delimiters for table in tables)))
    return list(dict.fromkeys([*(sign for sign, _ in whole.most_common()), *rows])) or [","]


def _left_out(spelling: str) -> str:
    return f"column {spelling!r} is left out: a column's name starts with a letter from a to z."


def _warnings(tables: Mapping[str, SampledTable]) -> list[str]:
    found = []
    for name, table in tables.items():
        dialect = table.dialect
        if dialect.quote == "'" or dialect.escape == "backslash":
            found.append(f"{name}: cells are quoted otherwise than in RFC 4180.")
        twice = Counter(map(plain_name, table.header))
        found += [
            f"{name}: {times} headers read {header}; they are one column."
            for header, times in twice.items()
            if times > 1 and header
        ]
    return found
