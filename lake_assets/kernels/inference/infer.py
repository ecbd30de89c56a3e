"""Draft a dataset's contract from samples of its files. What had to be guessed is said."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.dataset import OWN_COLUMNS, CsvFormat
from lake_assets.kernels.inference.candidates import (
    Typed,
    find_key,
    find_partition,
    first_year,
    typed,
    unlike,
)
from lake_assets.kernels.inference.date_patterns import DatePatterns
from lake_assets.kernels.inference.draft import Draft, DraftColumn
from lake_assets.kernels.inference.merge import InferenceError, merge_columns
from lake_assets.kernels.inference.sampled import SampledTable, read_table

__all__ = ["InferenceError", "Sample", "infer_dataset"]


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
    columns = [typed(found, list(tables)) for found in fields]
    if not columns or not columns[0].cells.len():
        raise InferenceError("the samples have no rows of data; give files that have some")
    partition = find_partition(columns)
    key = find_key(columns, partition)
    start = first_year(partition)
    needed = {partition.name, *(column.name for column in key)}
    names = {column.name: _free_name(column, columns) for column in columns}
    of_format = CsvFormat()
    nulls = sorted(set().union(*(table.nulls for table in tables.values())))
    encodings = ["utf-8", *(sample.encoding for sample in samples if sample.encoding)]
    return Draft(
        lake=lake,
        dataset=dataset,
        files=list(tables),
        delimiters=_delimiters(tables.values()),
        encodings=list(dict.fromkeys(encodings)),
        nulls=list(dict.fromkeys([*of_format.nulls, *nulls])),
        columns=[_column(column, names[column.name], needed) for column in columns],
        key=[names[column.name] for column in key],
        partition=names[partition.name],
        start=start,
        guesses=_guesses(key, partition, nulls),
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
    guesses: dict[str, str] = {}
    if seen.unread:
        guesses["type"] = f"guess: {seen.unread:,} of {seen.filled:,} texts are none; rejected"
    elif seen.looks_whole:
        guesses["type"] = "guess: whole numbers, but the name says that they identify something"
    elif not seen.filled:
        guesses["type"] = "guess: the sample has no value"
    elif seen.patterns and seen.patterns.formats[0].startswith("yyyyMMdd"):
        guesses["type"] = "guess: eight digits that are dates in all rows"
    if found.aliases:
        guesses["aliases"] = "guess: other files have no such column, but one like it"
    if required and empty:
        guesses["required"] = f"guess: {empty:,} of {seen.rows:,} rows are empty; rejected"
    if seen.scale > 2:
        guesses["scale"] = f"guess: the sample has up to {seen.scale} decimals"
    if seen.patterns and (told := _order_of_dates(seen.patterns)):
        guesses["formats"] = told
    return DraftColumn(
        name=name,
        type=seen.type.value,
        required=required,
        aliases=[*([column.name] if name != column.name else []), *found.aliases],
        formats=seen.patterns.formats if seen.patterns else (),
        precision=seen.precision,
        scale=seen.scale,
        spelling=found.spelling,
        guesses=guesses,
    )


def _order_of_dates(patterns: DatePatterns) -> str:
    """What has to be checked about the order of day and month; empty if the texts tell it."""
    told = patterns.evidence.column
    if len(told) == 2:
        return (
            f"guess: {told['DM']:,} texts are day first, {told['MD']:,} month first; each file is "
            "settled by its own"
        )
    if patterns.is_open:
        return "guess: the sample does not tell day from month; drop the wrong one if you know it"
    if patterns.evidence.name and not told:
        return "guess: the dates in the names of the files tell day from month"
    return ""


def _guesses(key: Sequence[Typed], partition: Typed, nulls: Sequence[str]) -> dict[str, str]:
    share = unlike(key)
    times = "unique in the sample" if share == 1 else f"different in {share:.1%} of the rows"
    tokens = ", ".join(repr(token) for token in nulls)
    return {
        "arrivals_start": "guess: when the first file arrives, or earlier",
        **({"nulls": f"the sample has {tokens}"} if tokens else {}),
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
    return found
