"""One retail sample file: its blocks of rows joined to bytes, and its truth counted."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import polars as pl

from lake_assets.samples.retail_marks import REASONS, Mark
from lake_assets.samples.retail_plan import FilePlan
from lake_assets.samples.retail_rows import block
from lake_assets.samples.truth import SampleFile, Truth

_BLOCK_ROWS: Final = 50_000
_BOM: Final = b"\xef\xbb\xbf"


def make_file(name: str, plan: FilePlan, with_ids: bool) -> SampleFile:
    """Make the file of a plan; `with_ids` says whether its truth carries transaction ids."""
    parts = [_BOM if plan.bom else b"", plan.delimiter.join(plan.header).encode()]
    marks: Counter[Mark] = Counter()
    dates: Counter[date] = Counter()
    transactions: dict[date, set[str]] = {}
    for first in range(0, plan.rows, _BLOCK_ROWS):
        made = block(plan, first, min(_BLOCK_ROWS, plan.rows - first))
        parts.append(_following(made["line"], plan.newline))
        for mark, count in made["mark"].value_counts().iter_rows():
            marks[Mark(mark)] += count
        good = made.filter(pl.col("mark") == Mark.NONE)
        for late in range(plan.late_days + 1):
            identifiers = good.filter(pl.col("late") == late)["transaction_id"]
            day = plan.day - timedelta(days=late)
            dates[day] += len(identifiers)
            if with_ids:
                transactions.setdefault(day, set()).update(identifiers)
    parts.append(plan.newline.encode() if plan.final_newline else b"")
    ids = {day: frozenset(found) for day, found in sorted(transactions.items()) if found}
    truth = _truth(plan.rows, marks, dates, ids if with_ids else None)
    return SampleFile(name, b"".join(parts), truth)


def _following(lines: pl.Series, newline: str) -> bytes:
    """Join lines, each after a line end: what stands before them ends without one."""
    return f"{newline}{lines.str.join(newline).item()}".encode()


def _truth(
    rows: int,
    marks: Counter[Mark],
    dates: Counter[date],
    transactions: Mapping[date, frozenset[str]] | None,
) -> Truth:
    good = marks.pop(Mark.NONE, 0)
    rejected: Counter[str] = Counter()
    for mark, count in marks.items():
        if mark in REASONS:
            rejected[REASONS[mark]] += count
    return Truth(
        rows_read=rows,
        good=good,
        rejected=dict(sorted(rejected.items())),
        skipped=sum(count for mark, count in marks.items() if mark not in REASONS),
        dates={day: count for day, count in sorted(dates.items()) if count},
        transactions=transactions,
    )
