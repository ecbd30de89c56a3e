"""The accounting of one NDJSON file of a telco sample, counted from its rows' marks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from lake_assets.samples.telco_marks import REASONS, Mark
from lake_assets.samples.truth import Truth


def counted(rows: pl.DataFrame, *, with_ids: bool, unknown: Sequence[str] = ()) -> Truth:
    """Return the truth of a file with these lines.

    Args:
        rows: columns mark (UInt8), date (Date) and id (String); one row a line.
        with_ids: whether the truth carries the ids.
        unknown: columns in the file that no contract knows.
    """
    rejected: Counter[str] = Counter()
    skipped = 0
    for mark, count in rows["mark"].value_counts().filter(pl.col("mark") != 0).iter_rows():
        reason = REASONS.get(Mark(mark))
        if reason is None:
            skipped += count
        else:
            rejected[reason] += count
    good = rows.filter(pl.col("mark") == Mark.NONE)
    dates = dict(sorted(good["date"].value_counts().iter_rows()))
    return Truth(
        rows_read=rows.height,
        good=good.height,
        rejected=dict(sorted(rejected.items())),
        skipped=skipped,
        dates=dates,
        transactions=_ids(good, dates) if with_ids else None,
        unknown_columns=frozenset(unknown),
    )


def _ids(good: pl.DataFrame, dates: Iterable[date]) -> dict[date, frozenset[str]]:
    return {day: frozenset(good.filter(pl.col("date") == day)["id"]) for day in dates}
