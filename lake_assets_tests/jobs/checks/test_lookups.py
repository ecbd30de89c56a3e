"""Rows of gold that looked for something and found nothing."""

from typing import Any

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.quality import Limit
from lake_assets.jobs.checks import Around, Finding, Severity, gold_checks
from lake_assets.storage import Store
from lake_assets_tests.jobs.club import ALL, ARRIVED, DAYS, TARIFF, arrive, audit, lake, run

DATE = DAYS[0]


def club(**limit: Any) -> Lake:
    return lake(members={**ALL, "lookups": [{**TARIFF, **limit}]})


def fill(store: Store, *members: str) -> None:
    of = club()
    arrive(store, of.datasets[0], "t.csv", f"a,{DATE},basic,1", arrived=ARRIVED)
    arrive(store, of.datasets[1], "m.csv", *members, arrived=ARRIVED)
    run(store, of)


def found(store: Store, of: Lake) -> Finding:
    members = of.dataset("members")
    day = audit(store, members, DATE)
    return gold_checks(store, members, day, Around.of(store, of, members))["lookups"]


def test_passes_when_all_rows_find_something_or_look_for_nothing(local_store: Store):
    fill(local_store, f"m1,{DATE},a,Lyon", f"m2,{DATE},,Nice")
    finding = found(local_store, club())
    assert finding.passed
    assert finding.sentence == "2 rows. tariffs by tariff_id: all found."


@pytest.mark.parametrize(
    ("limit", "passed", "severity"),
    [
        (Limit(warn=0), False, Severity.WARN),
        (Limit(warn=0.1, fail=0.5), False, Severity.ERROR),
        (Limit(warn=0.8), True, Severity.ERROR),
    ],
)
def test_fails_above_the_limit_and_shows_the_keys_of_most_rows_first(
    local_store: Store, limit: Limit, passed: bool, severity: Severity
):
    rows = f"m1,{DATE},a,Lyon", f"m2,{DATE},x,", f"m3,{DATE},y,", f"m4,{DATE},x,"
    fill(local_store, *rows)
    finding = found(local_store, club(max_missing=limit.model_dump()))
    assert (finding.passed, finding.severity) == (passed, severity)
    assert finding.figures == {"rows": 4, "missing": 3, "largest_share": 0.75}
    assert [(row["key"], row["rows"]) for row in finding.sample] == [("x", 2), ("y", 1)]
    assert finding.sentence == "4 rows. tariffs by tariff_id: 3 found nothing."


def test_personal_keys_are_masked(local_store: Store):
    of = lake()
    visits = of.dataset("visits")
    arrive(local_store, visits, "v.csv", f"v1,{DATE},member-7", arrived=ARRIVED)
    run(local_store, of)
    day = audit(local_store, visits, DATE)
    finding = gold_checks(local_store, visits, day, Around.of(local_store, of, visits))["lookups"]
    assert not finding.passed
    assert [row["key"] for row in finding.sample] == ["m***"]


def test_compares_with_the_table_that_was_looked_up_and_not_with_a_later_one(local_store: Store):
    of = club()
    fill(local_store, f"m1,{DATE},b,Lyon")
    before = audit(local_store, of.datasets[1], DATE)
    arrive(local_store, of.datasets[0], "t2.csv", f"b,{DATE},plus,2", arrived=ARRIVED)
    run(local_store, of)
    members = of.datasets[1]
    around = Around.of(local_store, of, members)
    assert not gold_checks(local_store, members, before, around)["lookups"].passed
    assert found(local_store, of).passed, "the newest table was made again"
