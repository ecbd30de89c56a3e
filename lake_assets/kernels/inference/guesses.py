"""What was guessed in a draft, in sentences: a person has to check each of them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from lake_assets.contracts.column import DecimalMark
from lake_assets.kernels.inference.candidates import Typed, unlike
from lake_assets.kernels.inference.date_patterns import DatePatterns
from lake_assets.kernels.inference.merge import Sampled, plain_name
from lake_assets.kernels.inference.sampled import SampledTable
from lake_assets.kernels.inference.sampled_objects import SampledObjects


def of_column(column: Typed, *, required: bool, is_day: bool) -> dict[str, str]:
    """What was guessed of a column, by key of the contract; ``is_day`` of a type without clock."""
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
    elif is_day:
        guesses["type"] = "guess: no time of day in the sample"
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


def of_format(
    tables: Mapping[str, Sampled], encodings: str, nulls: Sequence[str]
) -> dict[str, str]:
    """What was guessed of the format, by key of the contract; ``encodings`` is its sentence."""
    divided = {name: table for name, table in tables.items() if isinstance(table, SampledTable)}
    above = [name for name, table in divided.items() if table.text_above]
    totals = [name for name, table in divided.items() if table.total]
    tokens = ", ".join(repr(token) for token in nulls)
    return {
        **({"encodings": encodings} if encodings else {}),
        **({"preamble_lines": f"guess: the header of {above[0]} is below text"} if above else {}),
        **({"totals": f"guess: the last row of {totals[0]} is one"} if totals else {}),
        **({"nulls": f"the sample has {tokens}"} if tokens else {}),
    }


def of_table(
    key: Sequence[Typed], partition: Typed | None, why_none: Callable[[], str]
) -> dict[str, str]:
    """What was guessed of key and partition, by key of the contract; or why there is no column."""
    share = unlike(key, a_file=partition is None)
    where = "each file" if partition is None else "the sample"
    times = f"unique in {where}" if share == 1 else f"different in {share:.1%} of the rows"
    guessed = {
        "arrivals_start": "guess: when the first file arrives, or earlier",
        "key": f"guess: {times}",
    }
    if partition is None:
        return guessed | {"partition.by": f"guess: {why_none()}"}
    return guessed | {
        "partition.column": "guess: the first timestamp that is always filled"
        if partition.filled == 1
        else f"guess: the timestamp with the fewest gaps, {partition.filled:.1%} filled",
        "partition.start": "guess: earlier dates are rejected",
    }


def warnings_of(tables: Mapping[str, Sampled], nameless: Sequence[str]) -> list[str]:
    """What the reader will not take as it is in the files; ``nameless`` are headers."""
    found = []
    for name, table in tables.items():
        if isinstance(table, SampledTable):
            found += _of_dialect(name, table)
        elif isinstance(table, SampledObjects):
            found += _of_objects(name, table)
    return found + [
        f"column {spelling!r} is left out: a column's name starts with a letter from a to z."
        for spelling in nameless
    ]


def _of_dialect(name: str, table: SampledTable) -> list[str]:
    dialect = table.dialect
    is_odd = dialect.quote == "'" or dialect.escape == "backslash"
    twice = Counter(map(plain_name, table.header))
    return [
        *([f"{name}: cells are quoted otherwise than in RFC 4180."] if is_odd else []),
        *(
            f"{name}: {times} headers read {header}; they are one column."
            for header, times in twice.items()
            if times > 1 and header
        ),
    ]


def _of_objects(name: str, table: SampledObjects) -> list[str]:
    found = []
    if table.damaged:
        found.append(f"{name}: {table.damaged:,} of {table.rows:,} lines are no JSON object.")
    if table.left_out:
        found.append(
            f"{name}: {table.left_out:,} keys beyond the first {len(table.header):,} are left out."
        )
    return found
