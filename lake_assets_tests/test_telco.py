"""Telco files from raw/ to the star schema against the truth: a month of them, and a whole year."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from lake_assets.jobs.checks import (
    Around,
    Finding,
    Severity,
    conservation,
    gold_checks,
    gold_conservation,
    reject_rate,
)
from lake_assets.jobs.pipeline import Outcome
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.tables.manifest import current_manifest, manifests
from lake_assets.samples import SampleFile, TelcoScale, TelcoTruth, telco_files, telco_truth
from lake_assets.storage import Store, open_store
from lake_assets.storage.zones import manifest_key, reason_key
from lake_assets.warehouse.load import load
from lake_assets.warehouse.session import Session
from lake_assets.warehouse.star import star_of
from lake_assets.warehouse.target import open_warehouse
from lake_assets_tests.jobs.lakes import counted, hooked, writes
from lake_assets_tests.samples.plain_telco import read, spelled
from lake_assets_tests.telco_lake import (
    FOLDERS,
    arrive_by_name,
    contents,
    day_of_file,
    drop,
    inputs,
    keys,
    parquet,
    run,
    staging,
    telco,
)
from lake_assets_tests.warehouse.house import Watched

SCALES: dict[str, TelcoScale] = {
    "month": {"customers": 800, "plans": 12, "events": 3_000, "days": 30},
    "year": {},
}


@dataclass
class Finished:
    store: Store
    files: list[SampleFile]
    truth: TelcoTruth
    outcomes: dict[str, Outcome]
    day: str
    """On which the files were dropped."""

    def arrived(self, file: SampleFile) -> str:
        """When a file arrived: those of plans and customers on the days in their names."""
        return self.day if file.name.startswith("activity_logs/") else str(day_of_file(file))

    def good(self, folder: str) -> Iterator[SampleFile]:
        """The files of a dataset that are not refused."""
        for file in self.files:
            if file.name.startswith(f"{folder}/") and not file.truth.system_reject:
                yield file


@pytest.fixture(scope="module", params=["month", pytest.param("year", marks=pytest.mark.slow)])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    scale = SCALES[request.param]
    root = tmp_path_factory.mktemp("lake")
    store = open_store(str(root))
    files = list(telco_files(**scale, refused=7))
    drop(store, files)
    day = str(datetime.now(UTC).date())
    verdicts = arrive_by_name(store, root, files)
    outcomes = run(store)
    for verdict in verdicts:
        folder = "plans" if "/plans/" in verdict.key else "customers"
        outcomes[folder].verdicts.append(verdict)
    return Finished(store, files, telco_truth(**scale), outcomes, day)


def test_the_books_of_every_file_are_its_truth(done: Finished) -> None:
    found = {name: item for name, item in inputs(done.outcomes) if item.outcome == "ingested"}
    files = {file.name: file for file in done.files if not file.truth.system_reject}
    assert set(found) == set(files)
    for name, file in files.items():
        truth = file.truth
        books = found[name].books
        codes: Counter[str] = Counter()
        for reason, rows in books.reasons.items():
            codes[reason.partition(":")[0]] += rows
        assert (books.rows_read, books.good, books.skipped) == (
            truth.rows_read,
            truth.good,
            truth.skipped,
        ), name
        assert dict(codes) == truth.rejected, name
        assert books.unaccounted == books.duplicate == 0
        if name.startswith("activity_logs/"):
            assert books.dates == {str(day): rows for day, rows in truth.dates.items()}
        else:
            assert books.dates == {done.arrived(file): truth.good}
        extra = set(map(spelled, found[name].extra_columns))
        assert extra == (truth.unknown_columns or set())


def test_files_are_refused_for_their_true_reason_in_a_folder_of_the_day(done: Finished) -> None:
    verdicts = {
        f"{name}/{one.source_file}": one
        for name, outcome in done.outcomes.items()
        for one in outcome.verdicts
        if one.outcome == "refused"
    }
    verdicts |= {one.source_file: one for one in done.outcomes["plans"].unknown}
    wanted = {f.name: f for f in done.files if f.truth.system_reject}
    assert {name: one.reason for name, one in verdicts.items()} == {
        name: file.truth.system_reject for name, file in wanted.items()
    }
    for name, verdict in verdicts.items():
        folder, _, plain = name.partition("/")
        place = (
            f"{folder}/{done.day}/{plain}" if folder in FOLDERS else f"_unknown/{done.day}/{name}"
        )
        assert verdict.key == f"rejected/{place}"
        assert done.store.read(verdict.key) == wanted[name].content
        assert json.loads(done.store.read(reason_key(verdict.key)))["reason"] == verdict.reason


def test_the_archive_has_every_accepted_file_byte_for_byte_under_its_own_name(
    done: Finished,
) -> None:
    for folder in FOLDERS:
        assert contents(done.store, f"archive/{folder}/") == {
            f"archive/{folder}/{done.arrived(file)}/{file.name.partition('/')[2]}": file.content
            for file in done.good(folder)
        }
    assert keys(done.store, "raw/") == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_clean_has_every_good_row_and_the_rejects_every_other(done: Finished, folder: str) -> None:
    truths = [file.truth for file in done.good(folder)]
    clean = parquet(done.store, keys(done.store, f"clean/{folder}/"))
    assert clean.height == sum(truth.good for truth in truths)
    rejected = [
        json.loads(line)
        for data in contents(done.store, f"rejected/_rows/{folder}/json/").values()
        for line in data.splitlines()
    ]
    assert len(rejected) == sum(sum(truth.rejected.values()) for truth in truths)
    lines = {file.name.partition("/")[2]: _lines(file) for file in done.good(folder)}
    for row in rejected:
        assert row["raw_row"] == lines[row["source_file"]][row["line_number"] - 1]


def test_staging_has_each_event_once_with_the_plan_of_its_customer(done: Finished) -> None:
    activity = staging(done.store, "activity_logs")
    assert activity["event_id"].n_unique() == activity.height
    per_day = activity.group_by(pl.col("event_timestamp").dt.date()).len()
    assert dict(per_day.iter_rows()) == done.truth.events
    orphans = activity.filter(~pl.col("customer_id").is_in(list(done.truth.plan_of)))
    per_day = orphans.group_by(pl.col("event_timestamp").dt.date()).len()
    assert dict(per_day.iter_rows()) == done.truth.orphans
    plans = dict(activity.select("event_id", "plan_id").iter_rows())
    whose = dict(activity.select("event_id", "customer_id").iter_rows())
    assert plans == {event: done.truth.plan_of.get(customer) for event, customer in whose.items()}


def test_payloads_are_the_objects_that_came(done: Finished) -> None:
    wanted: dict[str, Any] = {}
    for file in list(done.good("activity_logs"))[:5]:
        wanted |= {one["event_id"]: one["payload"] for one in read(file.name, file.content).good}
    activity = staging(done.store, "activity_logs").filter(pl.col("event_id").is_in(list(wanted)))
    found = dict(activity.select("event_id", "payload").iter_rows())
    assert {event: json.loads(text) for event, text in found.items()} == wanted


def test_staging_has_the_latest_of_each_customer_with_its_plan(done: Finished) -> None:
    customers = staging(done.store, "customers").sort("customer_id")
    wanted = done.truth.customers
    assert customers.select(wanted.columns).equals(wanted)
    prices = dict(customers.select("customer_id", "monthly_price").iter_rows())
    assert {customer: price and str(price) for customer, price in prices.items()} == {
        customer: done.truth.prices.get(plan or "") for customer, plan in done.truth.plan_of.items()
    }
    assert (
        customers.filter(pl.col("plan_name").is_not_null())["plan_id"]
        .is_in(list(done.truth.prices))
        .all()
    )


def test_staging_has_the_latest_of_each_plan(done: Finished) -> None:
    plans = staging(done.store, "plans")
    found = {plan: str(price) for plan, price in plans.select("plan_id", "monthly_price").rows()}
    assert found == done.truth.prices
    assert plans.schema["roaming_enabled"] == pl.Boolean
    assert plans.schema["monthly_price"] == pl.Decimal(10, 2)


def test_every_step_conserves_its_rows(done: Finished) -> None:
    for outcome in done.outcomes.values():
        assert outcome.commits
        assert conservation(done.store, outcome.commits).passed
        assert outcome.metrics
        assert gold_conservation(done.store, outcome.dataset, outcome.metrics).passed
    report = reconcile(done.store, telco())
    assert list(report.faults) == []


def test_each_date_keeps_the_limits_of_the_contract(done: Finished) -> None:
    warned = set()
    for outcome in done.outcomes.values():
        dataset = outcome.dataset
        rejects = reject_rate(dataset, outcome.commits, done.store)
        around = Around.of(done.store, telco(), dataset)
        found = [rejects, *gold_checks_of(done.store, outcome, around)]
        assert [
            one.sentence for one in found if one.severity is Severity.ERROR and not one.passed
        ] == []
        warned |= {dataset.name for one in found if not one.passed}
    assert "plans" in warned  # four bad rows among some forty


def gold_checks_of(store: Store, outcome: Outcome, around: Around) -> Iterator[Finding]:
    """What the checks of the first ten dates find."""
    for day in outcome.metrics[:10]:
        yield from gold_checks(store, outcome.dataset, day, around).values()


def test_a_second_run_does_nothing(done: Finished) -> None:
    before = {info.key: info.etag for info in done.store.list("")}
    watched, calls = counted(done.store)
    outcomes = run(watched)
    assert writes(calls) == 0
    assert not any(one.verdicts or one.commits or one.metrics for one in outcomes.values())
    assert {info.key: info.etag for info in done.store.list("")} == before


class TestWarehouse:
    """The same lake in DuckDB, loaded in one go."""

    @pytest.fixture(scope="class")
    def house(self, done: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
        file = tmp_path_factory.mktemp("warehouse") / "telco.duckdb"
        with open_warehouse(f"duckdb:{file}", star_of(telco()), None) as session:
            loaded = load(star_of(telco()), done.store, session)
            promised = {
                name: sum(one.rows for one in manifests(done.store, telco().dataset(name)))
                for name in FOLDERS
            }
            assert [(one.table, one.rows) for one in loaded] == [
                ("STG_PLANS", promised["plans"]),
                ("STG_CUSTOMERS", promised["customers"]),
                ("STG_ACTIVITY", promised["activity_logs"]),
            ]
            yield session

    def test_staging_tables_have_the_rows_of_each_date_once(self, done: Finished, house: Session):
        for name, folder in FOLDERS.items():
            clean = parquet(done.store, keys(done.store, f"clean/{name}/"))
            dataset = telco().dataset(name)
            day = pl.col(dataset.partition.column or "ingest_ts").dt.date().cast(pl.String)
            once = clean.group_by(day.alias("day")).agg(pl.col(dataset.key[0]).n_unique())
            found = house.execute(
                "SELECT CAST(lake_date AS VARCHAR), COUNT(*) "
                f"FROM TELCO_DB.STAGING.STG_{folder.upper()} GROUP BY ALL"
            )
            assert dict(found) == dict(once.iter_rows())
            assert len(found) == len(list(manifests(done.store, dataset)))

    def test_each_event_is_a_fact_once_and_leads_to_its_customer_and_plan(
        self, done: Finished, house: Session
    ):
        found = house.execute(
            """
            SELECT CAST(event_timestamp AS DATE), COUNT(*), COUNT(DISTINCT event_id),
              COUNT(*) - COUNT(customer_sk)
            FROM TELCO_DB.DW.FACT_ACTIVITY GROUP BY ALL
            """
        )
        assert {day: rows for day, rows, _, _ in found} == done.truth.events
        assert all(rows == events for _, rows, events, _ in found)
        orphans = {day: lost for day, _, _, lost in found if lost}
        assert orphans == done.truth.orphans
        ((odd,),) = house.execute(
            """
            SELECT COUNT(*) FROM TELCO_DB.DW.FACT_ACTIVITY f
            LEFT JOIN TELCO_DB.DW.DIM_CUSTOMER c USING (customer_sk)
            LEFT JOIN TELCO_DB.DW.DIM_PLAN p USING (plan_sk)
            WHERE c.customer_id <> f.customer_id OR p.plan_id <> f.plan_id
              OR f.event_timestamp >= c.effective_to
              OR (f.event_timestamp < c.effective_from AND c.version > 1)
            """
        )
        assert odd == 0

    def test_dimensions_have_every_change_on_its_day_and_end_as_they_should(
        self, done: Finished, house: Session
    ):
        found = house.execute(
            "SELECT customer_id, CAST(effective_from AS DATE), is_current, plan_id, status, email, "
            "phone FROM TELCO_DB.DW.DIM_CUSTOMER"
        )
        changes = done.truth.history.select("customer_id", "since").unique()
        assert len(found) == changes.height > done.truth.customers.height
        assert {row[:2] for row in found} == set(changes.iter_rows())
        latest = {(row[0], *row[3:]) for row in found if row[2]}
        wanted = done.truth.customers.select("customer_id", "plan_id", "status", "email", "phone")
        assert latest == set(wanted.iter_rows())
        prices = house.execute("SELECT plan_id, monthly_price FROM TELCO_DB.DW.DIM_PLAN")
        assert {plan: str(price) for plan, price in prices} == done.truth.prices

    def test_a_second_load_only_looks(self, done: Finished, house: Session):
        watched, calls = counted(done.store)
        listening = Watched(house)
        assert not any(one.dates for one in load(star_of(telco()), watched, listening))
        assert set(calls) == {"list"}
        assert len(listening.said) == 3, "the ledger, once a dataset"

    def test_behind_one_late_file_a_load_reads_the_snapshot_of_its_date_and_nothing_else(
        self, done: Finished, house: Session
    ):
        """The last test: the lake is another one behind it."""
        day = max(done.truth.events)
        customer = done.truth.customers["customer_id"][0]
        event = {"event_id": "late-1", "customer_id": customer, "event_type": "top_up"}
        event |= {"event_timestamp": f"{day}T10:00:00Z"}
        done.store.put("raw/activity_logs/late.ndjson", json.dumps(event).encode())
        run(done.store)
        opened: list[str] = []

        def note(_: str, key: str = "", *more: object) -> None:
            opened.append(key)

        watched = hooked(done.store, before=note)
        done_now = load(star_of(telco()), watched, house)
        manifest = current_manifest(done.store, telco().dataset("activity_logs"), str(day))
        assert manifest
        assert [one.dates for one in done_now] == [(), (), (str(day),)]
        assert sorted(opened) == sorted(
            [
                *(f"staging/{table}/" for table in FOLDERS.values()),
                manifest_key(telco().dataset("activity_logs"), str(day), manifest.snapshot),
                *(file.key for file in manifest.files),
            ]
        )
        assert manifest.rows == done.truth.events[day] + 1
        ((facts,),) = house.execute("SELECT COUNT(customer_sk) FROM TELCO_DB.DW.FACT_ACTIVITY")
        wanted = sum(done.truth.events.values()) - sum(done.truth.orphans.values()) + 1
        assert facts == wanted


def _lines(file: SampleFile) -> list[str]:
    text = file.content.decode("utf-8-sig")
    return [line.removesuffix("\r") for line in text.split("\n")]
