"""What must be true after a step, found from the objects that are really there.

Each function looks again at what was written, in another way than the step wrote it, so that it
can fail. The Dagster checks show what these return.
"""

from lake_assets.jobs.checks.arrivals import header_contract, readable, reject_rate
from lake_assets.jobs.checks.books import conservation, gold_conservation
from lake_assets.jobs.checks.columns import schema
from lake_assets.jobs.checks.counted import count_rows
from lake_assets.jobs.checks.finding import Finding, Severity
from lake_assets.jobs.checks.gold import Around, gold_checks
from lake_assets.jobs.checks.history import History, volume
from lake_assets.jobs.checks.latest import gold_against_processed
from lake_assets.jobs.checks.rates import duplicate_rate, null_rates
from lake_assets.jobs.checks.standing import nothing_stuck

__all__ = [
    "Around",
    "Finding",
    "History",
    "Severity",
    "conservation",
    "count_rows",
    "duplicate_rate",
    "gold_against_processed",
    "gold_checks",
    "gold_conservation",
    "header_contract",
    "nothing_stuck",
    "null_rates",
    "readable",
    "reject_rate",
    "schema",
    "volume",
]
