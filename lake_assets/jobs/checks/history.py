"""How many rows a date has, against what its weekday had in the weeks before."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from statistics import median

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.quality import Volume
from lake_assets.jobs.checks.finding import Finding, Row, Severity
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.store import Store, each
from lake_assets.storage.zones import metrics_key

WEEK = timedelta(days=7)
SPREADS = 3
"""So many times the spread of the weeks before is still usual."""
DEVIATION = 1.4826
"""Makes a median absolute deviation of normally distributed figures a standard deviation.

Rousseeuw and Croux, Alternatives to the Median Absolute Deviation, 1993.
"""


class History:
    """Gold rows by date, from the audits of gold: one small object a date, read once a run."""

    def __init__(self, store: Store, dataset: Dataset) -> None:
        self._store = store
        self._dataset = dataset
        self._rows: dict[date, int | None] = {}

    def rows(self, days: Iterable[date]) -> dict[date, int]:
        """The rows of those dates that have gold."""
        wanted = list(days)
        unknown = [day for day in wanted if day not in self._rows]
        self._rows |= zip(unknown, each(self._store, self._read, unknown), strict=True)
        return {day: rows for day in wanted if (rows := self._rows[day]) is not None}

    def _read(self, day: date) -> int | None:
        try:
            document = json.loads(self._store.read(metrics_key(self._dataset, day.isoformat())))
            metrics = Metrics.from_json(document)
        except (ObjectNotFound, ValueError, TypeError):
            return None
        return metrics.rows_after_dedup if metrics.status == "written" else None


def volume(allowed: Volume, history: History, day: Metrics, today: date) -> Finding:
    """The rows of a date are about as many as its weekday had in the weeks before.

    Args:
        allowed: the contract's levels.
        history: of the dataset.
        day: the date.
        today: in UTC; a date that is not over is not judged.
    """
    this = date.fromisoformat(day.target_date)
    rows = day.rows_after_dedup
    figures: dict[str, float] = {"rows": rows}
    if this >= today:
        return Finding(True, f"{rows:,} rows; {this} is not over yet.", figures)
    before = history.rows(this - WEEK * weeks for weeks in range(1, allowed.weeks + 1))
    if len(before) < allowed.least:
        sentence = (
            f"{rows:,} rows; too little history to judge: {len(before)} of the {allowed.weeks} "
            f"weeks before have gold of a {this:%A}, and {allowed.least} are needed."
        )
        return Finding(True, sentence, figures)
    usual = median(before.values())
    if not usual:
        return Finding(True, f"{rows:,} rows; there were usually none.", figures)
    spread = DEVIATION * median(abs(count - usual) for count in before.values())
    change = rows / usual - 1
    level = _level(allowed, abs(change), SPREADS * spread / usual)
    table: list[Row] = [{"date": str(day), "rows": count} for day, count in before.items()]
    return Finding(
        level is None,
        f"{rows:,} rows, {change:+.0%} against the usual {usual:,.0f} of a {this:%A} "
        f"(median of {len(before)} weeks).",
        figures | {"usual_rows": usual, "change": change},
        [{"date": day.target_date, "rows": rows}, *table],
        level or Severity.ERROR,
        recover="Look whether files of that date are missing, or came twice under other keys: "
        "`lake trace LAKE/DATASET --file NAME` tells what a file fed. Late files mend it by "
        "themselves. If the change is real, the next weeks will have it as their usual; to be told "
        "later, raise the levels under `quality.volume`.",
    )


def _level(allowed: Volume, change: float, usual_change: float) -> Severity | None:
    if change <= usual_change:
        return None
    if allowed.fail is not None and change > allowed.fail:
        return Severity.ERROR
    return Severity.WARN if allowed.warn is not None and change > allowed.warn else None
