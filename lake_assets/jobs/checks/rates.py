"""Checks of the figures that compaction noted: superseded rows, and nulls in each column."""

from collections.abc import Mapping, Sequence

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.quality import Limit
from lake_assets.jobs.checks.finding import (
    Finding,
    Row,
    Severity,
    allowed,
    severity_of,
    worst,
)
from lake_assets.jobs.compaction.metrics import Metrics

NO_NULL = Limit(fail=0)
"""Of a required column: every row without it is rejected, so that gold has been damaged."""
ANY_NULLS = Limit(fail=1)


def duplicate_rate(dataset: Dataset, metrics: Sequence[Metrics]) -> Finding:
    """The share of superseded rows is within the contract's limit, on every date."""
    rates = {
        day.target_date: day.duplicate_rows_removed / day.total_rows_in_source_partition
        for day in metrics
        if day.total_rows_in_source_partition
    }
    limits = dict.fromkeys(rates, dataset.quality.max_duplicate_rate)
    return _rates(
        "superseded rows",
        rates,
        limits,
        "Look which files send the same keys: `lake trace LAKE/DATASET --row KEY` lists the rows "
        "of one. If the source sends its rows again on purpose, raise "
        "`quality.max_duplicate_rate`; if it sends whole files again, set `versions: supersede`.",
    )


def null_rates(dataset: Dataset, metrics: Sequence[Metrics]) -> Finding:
    """The share of nulls in each column is within the contract's limit, on every date."""
    rates: dict[str, float] = {}
    limits: dict[str, Limit] = {}
    for day in metrics:
        for column in dataset.columns:
            name = f"{column.name} on {day.target_date}"
            limits[name] = null_limit(dataset, column.name)
            if day.rows_after_dedup:
                rates[name] = null_share(day, column.name)
    return _rates(
        "nulls",
        rates,
        limits,
        "Look into the source files of the sample: is the column missing, renamed (add an alias), "
        "or filled with a word for nothing? Or mend the limit in `quality.max_null_rate`. A null "
        "in a required column is damage: materialize the date again.",
    )


def null_limit(dataset: Dataset, column: str) -> Limit:
    """How many nulls a column may have."""
    default = NO_NULL if dataset.column(column).required else ANY_NULLS
    return dataset.quality.max_null_rate.get(column, default)


def null_share(day: Metrics, column: str) -> float:
    """Nulls of a column as a share of a date's gold rows; 0 if there are none."""
    return day.null_counts.get(column, 0) / day.rows_after_dedup if day.rows_after_dedup else 0.0


def _rates(
    what: str, rates: Mapping[str, float], limits: Mapping[str, Limit], recover: str
) -> Finding:
    levels = {name: severity_of(rate, limits[name]) for name, rate in rates.items()}
    table: list[Row] = [
        {
            "where": name,
            "share": round(rates[name], 4),
            "allowed": allowed(limits[name], level),
            "level": level,
        }
        for name, level in levels.items()
        if level
    ]
    top = max(rates.values(), default=0.0)
    sentence = f"The largest share of {what} is {top:.2%}."
    if table:
        sentence += f" {len(table)} are over the contract's limit."
    level = worst(levels.values())
    return Finding(
        level is None,
        sentence,
        {"largest_share": top},
        table,
        level or Severity.ERROR,
        recover=recover,
    )
