"""The message that the documentation shows is one that is sent."""

from functools import partial

import dagster as dg

from lake_assets.alerts.incident import Event
from lake_assets.alerts.message import compose
from lake_assets.alerts.runbook import what_to_do
from lake_assets.components.alerts.links import Links
from lake_assets.contracts.alerts import AlertKind
from lake_assets_tests.alerts.notices import at, notice
from lake_assets_tests.docs import pages
from lake_assets_tests.jobs.lakes import contract

PAGE = pages.PROJECT / "docs/how-to/get-alerts.md"


def test_the_sample_of_the_documentation_is_what_is_sent() -> None:
    links = Links("https://dagster.example.org")
    gold = dg.AssetKey(["retail", "gold", "fact_sales"])
    notices = [
        *(
            notice(
                partition=f"2025-02-0{day}",
                detail="rows_in 310, rows_out 309",
                link=links.check(gold, "conservation"),
            )
            for day in (3, 4)
        ),
        notice(
            "sales_2025-02-02.csv",
            kind=AlertKind.SYSTEM_REJECT,
            detail="missing_columns",
            link=links.asset(dg.AssetKey(["retail", "validated", "validated_sales"])),
        ),
        notice(
            "retail_sales_ingested",
            Event.RECOVERED,
            kind=AlertKind.FAILED_RUN,
            partition="2025-02-05",
            count=3,
            right_since=at(2 + 10 / 60),
        ),
    ]
    sent = compose("retail", notices, partial(what_to_do, contract()))
    shown = next(block.text for block in pages.blocks(PAGE) if block.language == "text")
    assert pages.shows(shown, f"{sent.subject}\n\n{sent.text}\n"), f"{sent.subject}\n{sent.text}"
