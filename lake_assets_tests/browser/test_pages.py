"""What a person sees and does in Dagster: the graph, the accounting, a failed check, a backfill.

Each test leaves a picture in build/screenshots; ``make screenshots`` puts them into the docs.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect, sync_playwright

from lake_assets.samples import retail_files, telco_files
from lake_assets.storage import Store
from lake_assets.storage.zones import stale_prefix
from lake_assets_tests.components.conftest import contract
from lake_assets_tests.live import ROOT, Live, live, wait_until
from lake_assets_tests.telco_lake import arrive, day_of_file, drop, keys, run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
PICTURES = ROOT / "build" / "screenshots"
PATIENCE = 180
"""Seconds until files are gold, or a backfill is done; 30 are usual."""
DAYS = 6
ROWS = 400
PROCESSED = dg.AssetKey(["retail", "processed", "processed_sales"])
CUSTOMERS = dg.AssetKey(["telco", "staging", "customers"])
LOST = 30
"""Customers with a plan that is in no plans file."""


def first_day() -> date:
    """The sales are of the last days, as they would be: pages show the latest partitions."""
    return datetime.now(UTC).date() - timedelta(days=DAYS)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """`dagster dev` over a lake, once its sensors have made gold of what was dropped there."""
    with live(tmp_path_factory.mktemp("dev")) as found:
        for file in retail_files(files=DAYS, rows=ROWS, start=first_day(), days=DAYS):
            found.drop(file.name, file.content)
        found.drop("price_list.csv", b"article,price\nA1,2.50\n")
        fill_telco(found.telco)
        found.start(pages=True)
        wait_until(lambda: len(list(found.store.list("gold/fact_sales/"))) >= DAYS, PATIENCE)
        wait_until(lambda: len(keys(found.telco, "staging/activity/")) >= DAYS, PATIENCE)
        wait_until(found.at_rest, PATIENCE)
        yield found


def fill_telco(store: Store) -> None:
    """Plans and customers of the days before, taken in without Dagster; and what waits today."""
    days = list(telco_files(customers=200, plans=6, events=DAYS * 40, days=DAYS, start=first_day()))
    for file in days:
        if not file.name.startswith("activity_logs/"):
            arrive(store, file, day_of_file(file))
    run(store)
    drop(store, (file for file in days if file.name.startswith("activity_logs/")))
    plan = b"plan_id,plan_name,monthly_price\nP-NEW,New,5.00\n"
    store.put("raw/plans/plans_today.csv", plan)
    store.put("raw/customers/customers_today.ndjson", "".join(map(customer, range(LOST))).encode())
    store.put("raw/activity_logs/as_an_array.ndjson", b'[\n  {"event_id": "E1"}\n]\n')
    store.put("raw/invoices/july.csv", b"invoice_id,amount\nI1,9.90\n")


def customer(number: int) -> str:
    """A line of a customers file."""
    return (
        f'{{"customer_id":"L{number}","first_name":"Ada","email":"ada{number}@example.com",'
        '"registration_date":"2024-01-05T10:00:00Z","plan_id":"GONE","status":"active"}\n'
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """The system's Chromium: CHROMIUM, or what is on the path. Its windows share one cache."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    if program is None:
        pytest.fail("There is no Chromium: install it (apt-get install chromium), or set CHROMIUM.")
    with sync_playwright() as playwright:
        # A container has no user namespaces, and its root cannot use Chromium's sandbox.
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium.new_context()
        chromium.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """A window of a laptop's size."""
    found = browser.new_page()
    found.set_viewport_size({"width": 1600, "height": 900})
    found.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield found
    found.close()


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


GRAPHS = {
    "retail": ("raw_sales", "validated_sales", "rejected_sales", "archive_sales",
               "processed_sales", "fact_sales", "audit_fact_sales"),
    "telco": ("raw_plans", "raw_customers", "raw_activity_logs", "rejected_unknown",
              "archive_customers", "clean_customers", "plans", "customers", "activity"),
}  # fmt: skip


SIZES: Mapping[str, ViewportSize] = {
    "retail": {"width": 2500, "height": 900},
    "telco": {"width": 2500, "height": 1420},
}


@pytest.mark.parametrize("lake", GRAPHS)
def test_the_graph_of_a_lake_tells_the_way_from_raw_to_its_tables(
    running: Live, page: Page, lake: str
) -> None:
    page.set_viewport_size(SIZES[lake])
    page.goto(f"{running.url}/locations/lake_assets.definitions/asset-groups/{lake}")
    for asset in GRAPHS[lake]:
        expect(page.get_by_text(asset, exact=True).first).to_be_visible()
    expect(page.get_by_text("Loading...")).to_have_count(0)
    expect(page.get_by_text("Passed").first).to_be_visible()
    picture(page, "lineage" if lake == "retail" else f"lineage-{lake}")


def test_a_run_shows_where_every_row_went(running: Live, page: Page) -> None:
    page.goto(f"{running.url}/assets/retail/archive/archive_sales?view=events")
    table = page.locator("tr", has_text="accounting").first
    expect(table).to_contain_text("unaccounted")
    expect(table).to_contain_text(f"{DAYS * ROWS:,}")
    expect(page.get_by_text("accounting_by_file")).to_be_visible()
    picture(page, "accounting")


def test_a_failed_check_says_which_file_and_what_to_do(running: Live, page: Page) -> None:
    page.goto(f"{running.url}/assets/retail/validated/validated_sales?view=checks")
    expect(page.get_by_text("header_contract").first).to_be_visible()
    expect(page.get_by_text("Failed").first).to_be_visible()
    expect(page.get_by_text("7 files looked at, 1 refused: price_list.csv").first).to_be_visible()
    expect(page.get_by_text("Mend them at the source and drop them in raw/ again.")).to_be_visible()
    picture(page, "failed-check")


def test_a_run_over_ndjson_shows_what_it_made(running: Live, page: Page) -> None:
    (done,) = (one for one in running.runs() if one.job_name == "telco_activity_logs_ingest")
    page.goto(f"{running.url}/runs/{done.run_id}")
    for text in ("telco_activity_logs_ingested", "RUN_SUCCESS"):
        expect(page.get_by_text(text).first).to_be_visible()
    picture(page, "run")
    page.goto(f"{running.url}/assets/telco/archive/archive_activity_logs?view=events")
    expect(page.locator("tr", has_text="accounting").first).to_contain_text("unaccounted")
    expect(page.get_by_text(f"activity_{first_day()}.ndjson").first).to_be_visible()


def test_a_failed_check_of_a_table_shows_the_customers_whose_plan_nobody_knows(
    running: Live, page: Page
) -> None:
    url = f"{running.url}/assets/telco"
    page.goto(f"{url}/staging/customers?view=checks&checkDetail=references")
    expect(page.get_by_text("Failed").first).to_be_visible()
    expect(page.get_by_text(f"plan_id is in plans (7 keys): {LOST} are not.")).to_be_visible()
    expect(page.get_by_text("Look whether the files of the dataset")).to_be_visible()
    picture(page, "failed-check-telco")
    page.get_by_text("[Show Markdown]").last.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("customers_today.ndjson").first).to_be_visible()
    expect(dialog.get_by_text("GONE").first).to_be_visible()


def test_refused_files_are_named_where_they_are_looked_for(running: Live, page: Page) -> None:
    url = f"{running.url}/assets/telco"
    page.goto(f"{url}/validated/validated_activity_logs?view=checks")
    refused = "1 refused: as_an_array.ndjson (invalid_ndjson_format)."
    expect(page.get_by_text(refused).first).to_be_visible()
    page.goto(f"{url}/rejected/rejected_unknown?view=checks")
    expect(page.get_by_text("1 file of no dataset came: invoices/july.csv.")).to_be_visible()


def test_a_table_in_staging_leads_to_its_snapshot_and_shows_no_names(
    running: Live, page: Page
) -> None:
    page.set_viewport_size({"width": 1600, "height": 1300})
    page.goto(f"{running.url}/assets/telco/staging/customers?view=events")
    for text in ("carried on", "looked up", "_manifest.json"):
        expect(page.get_by_text(text).first).to_be_visible()
    picture(page, "staging")
    page.get_by_text("[Show Markdown]").first.click()
    expect(page.get_by_role("dialog").get_by_text("c***").first).to_be_visible()


def launch(page: Page, running: Live, asset: dg.AssetKey, dates: str, count: int) -> None:
    """Start a backfill, as a person does."""
    page.goto(f"{running.url}/assets/{asset.to_user_string()}")
    page.get_by_role("button", name="Materialize…").first.click()
    dialog = page.get_by_role("dialog")
    if asset == CUSTOMERS:
        expect(dialog.get_by_text("telco / audit / audit_customers")).to_be_visible()
        dialog.get_by_role("button", name="Confirm").click()
    box = dialog.locator("input[type=text]").first
    box.fill(dates)
    box.press("Enter")
    expect(dialog.get_by_text(f"{count} partitions")).to_be_visible()
    if asset == PROCESSED:
        picture(page, "backfill-dialog")
    dialog.get_by_role("button", name="Launch backfill").click()


def ranges(running: Live, since: int, asset: dg.AssetKey = PROCESSED) -> list[tuple[str, str]]:
    """First and last date of each run of an asset since then; none before all is at rest."""
    backfills = running.instance.get_backfills()
    ended = [each.status == BulkActionStatus.COMPLETED_SUCCESS for each in backfills]
    runs = [run for run in running.runs()[since:] if asset in (run.asset_selection or ())]
    if not runs or not all(ended) or not running.at_rest():
        return []
    assert all(run.status is dg.DagsterRunStatus.SUCCESS for run in runs)
    return sorted(dates_of(run) for run in runs)


def dates_of(run: dg.DagsterRun) -> tuple[str, str]:
    """The range of a run, or its one partition twice."""
    if day := run.tags.get("dagster/partition"):
        return day, day
    tags = run.tags
    return tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"]


def test_a_range_of_dates_is_backfilled_in_one_run(running: Live, page: Page) -> None:
    days = [str(first_day() + timedelta(days=number)) for number in range(3)]
    before = len(running.runs())
    for asset in (PROCESSED, CUSTOMERS):
        launch(page, running, asset, f"[{days[0]}...{days[-1]}]", 3)
    assert wait_until(lambda: ranges(running, before), PATIENCE) == [(days[0], days[-1])]
    # A table that carries is made date by date, and in one run, too; those behind it in another.
    made, (first, last) = wait_until(lambda: ranges(running, before, CUSTOMERS), PATIENCE)
    assert made == (days[0], days[-1])
    assert days[-1] < first < last
    page.goto(f"{running.url}/runs?view=backfills")
    expect(page.get_by_text("Success").first).to_be_visible()
    picture(page, "backfills")


def test_scattered_dates_are_backfilled_while_files_arrive(running: Live, page: Page) -> None:
    days = [str(first_day() + timedelta(days=number)) for number in (0, 1, 4)]
    before, files = len(running.runs()), len(list(running.store.list("archive/")))
    launch(page, running, PROCESSED, f"[{days[0]}...{days[1]}], {days[2]}", 3)
    for file in retail_files(seed=9, files=3, rows=50, start=first_day(), days=3):
        running.drop(f"late-{file.name}", file.content)
    wait_until(lambda: len(list(running.store.list("archive/"))) == files + 3, PATIENCE)
    found = wait_until(lambda: ranges(running, before), PATIENCE)
    assert found == [(days[0], days[1]), (days[2], days[2])]
    (dataset,) = contract().datasets
    # Between two runs all is at rest, too: gold of the late files may be still to come.
    wait_until(lambda: not list(running.store.list(stale_prefix(dataset))), PATIENCE)


def test_the_table_has_its_columns_owners_and_links(running: Live, page: Page) -> None:
    page.goto(f"{running.url}/assets/retail/gold/fact_sales")
    for text in ("retail-data", "lake_assets/zone: gold", "The till's own number of the sale"):
        expect(page.get_by_text(text).first).to_be_visible()
    for name in ("contract", "code"):
        expect(page.get_by_role("link", name=f"Open {name}").first).to_be_visible()
    picture(page, "gold")
