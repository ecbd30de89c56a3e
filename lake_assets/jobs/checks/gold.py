"""All checks of one date of gold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Self

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.quality import Limit
from lake_assets.jobs.checks.books import gold_conservation
from lake_assets.jobs.checks.columns import schema
from lake_assets.jobs.checks.expectations import Expectation, expectations, nulls
from lake_assets.jobs.checks.finding import (
    SAMPLE_ROWS,
    Finding,
    Row,
    Severity,
    allowed,
    severity_of,
    worst,
)
from lake_assets.jobs.checks.history import History, volume
from lake_assets.jobs.checks.latest import (
    gold_against_processed,
    own_duplicates,
    superseded_keys,
)
from lake_assets.jobs.checks.lookups import lookups
from lake_assets.jobs.checks.rates import duplicate_rate, null_rates
from lake_assets.jobs.checks.references import Tables
from lake_assets.jobs.checks.scan import Scan, Tally, scan
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.storage.store import Store

KEY_ONCE = Limit(fail=0)

RECOVER = {
    "accepted_values": "Ask the source what the new values mean: then add them to "
    "`quality.accepted`, or allow some with `max_share`. To keep such rows out of gold, make it a "
    "rule.",
    "ranges": "Look at the rows in their files (`lake trace LAKE/DATASET --row KEY`). If the "
    "values are right, widen `quality.ranges`; to keep such rows out of gold, make it a rule.",
    "references": "Look whether the files of the dataset referred to are late: drop them, and "
    "materialize this date again to have it checked again. Or allow some with `max_share`.",
    "uniqueness": "If it is the key that is doubled, materialize the date again. Else see which "
    "files sent the rows of the sample, and whether the key of the contract is the right one.",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What the checks of several dates share, so that it is read once a run.

    Attributes:
        tables: the keys to which references lead.
        history: rows of the weeks before.
        today: in UTC.
    """

    tables: Tables
    history: History
    today: date

    @classmethod
    def of(cls, store: Store, lake: Lake, dataset: Dataset) -> Self:
        """That of a lake, as it is now; nothing is read yet."""
        return cls(Tables(store, lake), History(store, dataset), datetime.now(UTC).date())


def gold_checks(store: Store, dataset: Dataset, day: Metrics, around: Around) -> dict[str, Finding]:
    """Check one date of gold, by the name of the check.

    Those for which the contract asks nothing are not among them. Gold's rows are looked at once
    for all that is expected of them: see :mod:`lake_assets.jobs.checks.scan`.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    quality = dataset.quality
    expected = [*expectations(dataset, around.tables), *nulls(dataset, day)]
    unique = [(list(dataset.key), KEY_ONCE)]
    unique += [(each.columns, each.max_share) for each in quality.unique]
    seen = scan(store, dataset, day.target_date, expected, [columns for columns, _ in unique])
    own = day
    if dataset.gold.carry:  # that a row of a former date was replaced is what such a table is for
        own = replace(day, duplicate_rows_removed=own_duplicates(store, dataset, day))
    duplicates = duplicate_rate(dataset, [own])
    if not duplicates.passed:
        duplicates = replace(duplicates, sample=superseded_keys(store, dataset, day))
    found = {
        "conservation": gold_conservation(store, dataset, [day]),
        "gold_against_processed": gold_against_processed(store, dataset, [day]),
        "schema": schema(store, dataset, day.target_date),
        "uniqueness": _unique(seen, unique),
        "duplicate_rate": duplicates,
        "null_rates": replace(
            null_rates(dataset, [day]), sample=_samples(seen, expected, "null_rates")
        ),
    }
    for name, declared in (
        ("accepted_values", quality.accepted),
        ("ranges", quality.ranges),
        ("references", quality.references),
    ):
        if declared:
            found[name] = _rows_at_fault(seen, expected, name)
    if dataset.gold.lookups:
        found["lookups"] = lookups(store, dataset, day)
    if quality.volume:
        found["volume"] = volume(quality.volume, around.history, day, around.today)
    return found


def _rows_at_fault(seen: Scan, expected: Sequence[Expectation], check: str) -> Finding:
    judged = [
        (each.told, tally, each.limit)
        for each, tally in zip(expected, seen.tallies, strict=True)
        if each.check == check
    ]
    return _judged(check, seen, judged, _samples(seen, expected, check))


def _unique(seen: Scan, unique: Sequence[tuple[Sequence[str], Limit]]) -> Finding:
    judged = [
        (f"{', '.join(columns)} is there once", tally, limit)
        for (columns, limit), tally in zip(unique, seen.doubles, strict=True)
    ]
    sample = [row for tally in seen.doubles for row in tally.sample][:SAMPLE_ROWS]
    return _judged("uniqueness", seen, judged, sample)


def _judged(
    check: str, seen: Scan, judged: Sequence[tuple[str, Tally, Limit]], sample: list[Row]
) -> Finding:
    """What is expected, each with its rows at fault and its limit, as one finding."""
    levels: list[Severity | None] = []
    table: list[Row] = []
    shares = [tally.broken / seen.rows if seen.rows else 0.0 for _, tally, _ in judged]
    for (told, tally, limit), share in zip(judged, shares, strict=True):
        level = severity_of(share, limit)
        levels.append(level)
        if level:
            table.append(
                {
                    "expected": told,
                    "rows at fault": tally.broken,
                    "share": round(share, 4),
                    "allowed": allowed(limit, level),
                    "level": level,
                }
            )
    for key, why in seen.unreadable.items():
        levels.append(Severity.ERROR)
        table.append({"expected": f"{key} can be read: {why}"})
    level = worst(levels)
    each_told = [
        f"{text}: {tally.broken:,} are not" if tally.broken else text for text, tally, _ in judged
    ]
    sentence = f"{seen.rows:,} rows. {'; '.join(each_told)}."
    if seen.unreadable:
        count = len(seen.unreadable)
        sentence = f"{count} files cannot be read as a part of gold; see `schema`. {sentence}"
    return Finding(
        level is None,
        sentence,
        {
            "rows": seen.rows,
            "rows_at_fault": sum(tally.broken for _, tally, _ in judged),
            "largest_share": max(shares, default=0.0),
        },
        table,
        level or Severity.ERROR,
        sample,
        RECOVER[check],
    )


def _samples(seen: Scan, expected: Sequence[Expectation], check: str) -> list[Row]:
    """The first rows at fault of one check, a few of each expectation."""
    samples = [
        tally.sample
        for each, tally in zip(expected, seen.tallies, strict=True)
        if each.check == check and tally.broken
    ]
    share = -(-SAMPLE_ROWS // max(1, len(samples)))
    return [row for rows in samples for row in rows[:share]][:SAMPLE_ROWS]
