"""Draft a dataset's contract from samples of its files. What had to be guessed is said."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from lake_assets.contracts.column import TIMES, ColumnType
from lake_assets.contracts.dataset import OWN_COLUMNS
from lake_assets.contracts.format import DETECT, CsvFormat
from lake_assets.kernels.decoding.encoding import Encoding
from lake_assets.kernels.inference import guesses
from lake_assets.kernels.inference.candidates import (
    Typed,
    find_key,
    find_partition,
    first_arrival,
    first_year,
    type_columns,
    why_no_partition,
)
from lake_assets.kernels.inference.date_patterns import of_days
from lake_assets.kernels.inference.draft import Draft, DraftColumn
from lake_assets.kernels.inference.merge import InferenceError, Sampled, merge_columns
from lake_assets.kernels.inference.sampled import TOTAL, SampledTable, read_table
from lake_assets.kernels.inference.sampled_objects import SampledObjects, read_objects
from lake_assets.kernels.parsing.ndjson_head import looks_like_ndjson, why_no_ndjson

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


def infer_dataset(samples: Sequence[Sample], *, lake: str, dataset: str, today: date) -> Draft:
    """Draft a contract that reads the samples.

    Args:
        samples: of one dataset, delimited text or NDJSON; more of them show more of what its
            files are like.
        lake, dataset: names for them.
        today: where rows go by arrival, the first is one of this year, if no file's name has a
            date.

    Raises:
        InferenceError: something that a contract needs is not in the samples; the message says
            what has to be written by hand.
    """
    tables = {sample.name: _table(sample) for sample in samples}
    objects = [name for name, one in tables.items() if isinstance(one, SampledObjects)]
    if objects and len(objects) < len(tables):
        (other, *_) = [name for name in tables if name not in objects]
        raise InferenceError(
            f"{objects[0]} is NDJSON, and {other} is not; a dataset has files of one format"
        )
    fields, nameless = merge_columns(tables)
    columns = type_columns(fields, list(tables))
    if not columns or not columns[0].cells.len():
        raise InferenceError("the samples have no rows of data; give files that have some")
    partition = find_partition(columns)
    key = find_key(columns, partition)
    start = first_year(partition) if partition else first_arrival(list(tables), today)
    needed = {column.name for column in (*key, *([partition] if partition else []))}
    names = {column.name: _free_name(column, columns) for column in columns}
    nulls = sorted(set().union(*(table.nulls for table in tables.values())))
    base = [""] if objects else CsvFormat().nulls
    divided = [table for table in tables.values() if isinstance(table, SampledTable)]
    above = max((table.text_above for table in divided), default=0)
    encodings, of_encodings = _encodings(samples)
    return Draft(
        lake=lake,
        dataset=dataset,
        files=list(tables),
        format="ndjson" if objects else "csv",
        delimiters=_delimiters(divided) if divided else [],
        encodings=encodings,
        preamble_lines=min(above, MOST_PREAMBLE),
        totals=TOTAL if any(table.total for table in divided) else "",
        nulls=list(dict.fromkeys([*base, *nulls])),
        columns=[
            _column(column, names[column.name], needed, is_partition=column is partition)
            for column in columns
        ],
        key=[names[column.name] for column in key],
        partition=names[partition.name] if partition else None,
        start=start,
        guesses={
            **guesses.of_format(tables, of_encodings, nulls),
            **guesses.of_table(key, partition, lambda: why_no_partition(columns)),
        },
        warnings=guesses.warnings_of(tables, nameless),
    )


def _table(sample: Sample) -> Sampled:
    if looks_like_ndjson(sample.text):
        return read_objects(sample.text, whole=sample.whole)
    if what := why_no_ndjson(sample.text):
        raise InferenceError(f"{sample.name}: {what}")
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
        if other.seen.type in TIMES
    }
    if column.name not in taken:
        return column.name
    wanted = "event_date" if column.name == "date" else f"{column.name[:55]}_in_file"
    return wanted if wanted not in {other.name for other in columns} else f"{wanted[:55]}_again"


def _column(column: Typed, name: str, needed: set[str], *, is_partition: bool) -> DraftColumn:
    seen, found = column.seen, column.field
    formats = seen.patterns.formats if seen.patterns else ()
    days = () if is_partition else of_days(formats, column.cells.drop_nulls())
    empty = seen.rows - seen.filled
    required = (not empty and found.is_everywhere) or column.name in needed
    return DraftColumn(
        name=name,
        type=(ColumnType.DATE if days else seen.type).value,
        required=required,
        aliases=[*([column.name] if name != column.name else []), *found.aliases],
        formats=days or formats,
        precision=seen.numbers.precision,
        scale=seen.numbers.scale,
        decimal_mark=seen.numbers.mark.value,
        spelling=found.spelling,
        guesses=guesses.of_column(column, required=required, is_day=bool(days)),
    )


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


def _delimiters(tables: Collection[SampledTable]) -> list[str]:
    """Those of the files, the most frequent first, and then those of odd rows in them."""
    whole = Counter(table.dialect.delimiter for table in tables if table.dialect.delimiter)
    rows = sorted(set().union(*(table.other_delimiters for table in tables)))
    return list(dict.fromkeys([*(sign for sign, _ in whole.most_common()), *rows])) or [","]
