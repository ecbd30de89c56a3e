"""What is told of a lake, tick by tick, from real runs."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from lake_assets.alerts.outbox import KEPT
from lake_assets.components.alerts import events, runs, sensor
from lake_assets.components.names import DATASET_TAG, LAKE_TAG
from lake_assets.components.resources import LakeStore
from lake_assets.components.runs import retries
from lake_assets.contracts.alerts import AlertKind, Alerts, Route
from lake_assets.contracts.format import NdjsonFormat
from lake_assets.contracts.zones import Unknown
from lake_assets.jobs import checks
from lake_assets.jobs.checks import Finding
from lake_assets.jobs.validate import validate
from lake_assets.settings import connect
from lake_assets_tests.alerts.receiver import SECRET, receiver
from lake_assets_tests.components.conftest import (
    HEADER,
    World,
    at_once,
    contract,
    definitions,
    sale,
)

BAD = "T9,S1,2025-01-01 10:00:00,I1,none,2.50,2.50"
TODAY = datetime.now(UTC).date().isoformat()
PERSON = "jane.doe@example.org"
LATER = timedelta(seconds=10)
"""Until Dagster's history is settled."""


@dataclass
class Watch:
    """A lake, the sensor's cursor, the file of alerts, and a clock."""

    world: World
    file: Path
    monkeypatch: pytest.MonkeyPatch
    cursor: str | None = None
    ahead: timedelta = LATER

    def tick(self, ahead: timedelta = LATER, *, keep: bool = True) -> SensorExecutionData:
        """A tick so much later than the wall clock; ``keep`` stores its cursor."""
        self.monkeypatch.setattr(sensor, "utc_now", lambda: datetime.now(UTC) + ahead)
        watching = self.world.defs.resolve_sensor_def("retail_alerts")
        store = LakeStore(uri=self.world.store.uri, endpoint=os.environ.get("LAKE_S3_ENDPOINT"))
        with dg.build_sensor_context(
            instance=self.world.instance,
            definitions=self.world.defs,
            resources={"retail_store": store},
            cursor=self.cursor,
        ) as context:
            done = watching.evaluate_tick(context)
        if keep:
            self.cursor = done.cursor
        return done

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All alerts so far."""
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]

    def told(self, ahead: timedelta = LATER) -> list[tuple[str, str, str, str]]:
        """Event, kind, subject and partition of what one more tick tells."""
        before = len(self.lines)
        self.tick(ahead)
        return [
            (line["event"], line["kind"], line["subject"], line["partition"])
            for line in self.lines[before:]
        ]


def watching(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    instance: dg.DagsterInstance,
    routes: Sequence[Route] = (),
) -> Watch:
    root, file = tmp_path / "lake", tmp_path / "alerts.ndjson"
    root.mkdir(exist_ok=True)
    monkeypatch.setenv("LAKE_RETAIL_URI", str(root))
    monkeypatch.setenv("LAKE_DAGSTER_URL", "https://dagster.example.org/")
    monkeypatch.setattr(retries, "MAX_RETRIES", 0)
    lake = contract()
    dataset = lake.datasets[0].model_copy(update={"late_after_days": 7})
    to_file = Route.model_validate({"to": "file", "path": str(file)})
    alerts = Alerts(routes=[to_file, *routes], group_seconds=0)
    lake = lake.model_copy(update={"alerts": alerts, "datasets": [dataset]})
    world = World(lake, connect(str(root)), root, definitions(lake), instance)
    return Watch(world, file, monkeypatch)


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """A lake whose alerts go to a file, at once."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield watching(tmp_path, monkeypatch, instance)


def fail_with(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Make validation fail."""

    def broken(*args: object, **kwargs: object) -> None:
        raise ConnectionResetError(text)

    monkeypatch.setattr("lake_assets.jobs.validate.validate", broken)


def time_out(*_: object) -> None:
    """In place of a step of the lake."""
    raise TimeoutError


def failed_run(world: World, **tags: str) -> dg.DagsterRun:
    """A run of the ingest job whose process died."""
    run = world.instance.create_run_for_job(
        world.defs.resolve_job_def("retail_sales_ingest"),
        tags={LAKE_TAG: "retail", DATASET_TAG: "sales", "dagster/partition": TODAY, **tags},
    )
    world.instance.report_run_failed(run)
    return run


class TestChecks:
    def test_a_failed_check_is_told_once_and_its_recovery(self, watch: Watch) -> None:
        world, subject = watch.world, "rejected_sales: reject_rate"
        world.drop("a.csv", sale("T1", TODAY), BAD)
        world.ingest()
        assert watch.told() == [("new", "failed_check", subject, "")]
        (line,) = watch.lines
        assert line["severity"] == "error"
        assert line["detail"] == f"arrived {world.today}, reject_rate 0.5"
        assert line["link"] == (
            "https://dagster.example.org/assets/retail/rejected/rejected_sales"
            "?view=checks&checkDetail=reject_rate"
        )
        assert "lake rejects --lake retail" in line["runbook"]
        world.drop("b.csv", sale("T2", TODAY), BAD)
        world.ingest()
        assert watch.told() == []
        world.drop("c.csv", sale("T3", TODAY))
        world.ingest()
        assert watch.told() == [("recovered", "failed_check", subject, "")]
        assert watch.lines[-1]["count"] == 2
        assert watch.told() == []

    def test_a_check_that_warns_is_told_of_each_date_of_a_run(self, watch: Watch) -> None:
        world, days = watch.world, ["2025-01-01", "2025-01-02"]
        for name in "ab":
            world.drop(f"{name}.csv", *(sale("T1", day, ord(name)) for day in days))
        world.ingest()
        watch.tick()
        before = len(watch.lines)
        world.gold(days)
        subject = "fact_sales: duplicate_rate"
        told = [one for one in watch.told() if one[2] == subject]
        assert told == [("new", "failed_check", subject, day) for day in days]
        assert {line["severity"] for line in watch.lines[before:]} == {"warn"}

    def test_a_failed_blocking_check_is_not_told_as_a_failed_run_too(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watch.world.drop("a.csv", sale("T1", TODAY))
        found = Finding(False, "one row is lost", {"unaccounted": 1})
        monkeypatch.setattr(checks, "conservation", lambda *_: found)
        assert not watch.world.ingest(raises=False).success
        assert watch.told() == [("new", "failed_check", "archive_sales: conservation", "")]
        assert watch.lines[0]["detail"].endswith("unaccounted 1")


class TestRuns:
    def test_a_failed_step_is_told_with_its_error_and_its_recovery(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world, subject = watch.world, "retail_sales_validated"
        world.drop("a.csv", sale("T1", TODAY))
        with monkeypatch.context() as patch:
            fail_with(patch, "reset")
            run = world.ingest(raises=False)
            assert watch.told() == [("new", "failed_run", subject, TODAY)]
        (line,) = watch.lines
        assert (line["detail"], line["dataset"]) == ("ConnectionResetError", "sales")
        assert line["link"] == f"https://dagster.example.org/runs/{run.run_id}"
        world.ingest()
        assert watch.told() == [("recovered", "failed_run", subject, TODAY)]

    def test_a_run_that_is_started_for_assets_needs_no_tag(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "lake_assets.components.assets.gold.run_on_engine",
            time_out,
        )
        days = ["2025-01-01", "2025-01-03"]
        watch.world.gold(days, raises=False)
        assert watch.told() == [
            ("new", "failed_run", "retail_fact_sales", f"2025-01-0{day}") for day in (1, 2, 3)
        ]

    def test_gold_that_an_ingest_run_has_made_recovers_the_dates_that_failed(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("lake_assets.components.assets.gold.run_on_engine", time_out)
            watch.world.gold(["2025-01-01", "2025-01-02"], raises=False)
        assert len(watch.told()) == 2
        watch.world.defs = definitions(at_once(watch.world.lake, 32))
        watch.world.drop("a.csv", sale("T1", "2025-01-02"))
        watch.world.ingest()
        told = watch.told()
        assert ("recovered", "failed_run", "retail_fact_sales", "2025-01-02") in told
        assert ("recovered", "failed_run", "retail_fact_sales", "2025-01-01") not in told

    def test_a_run_whose_process_died_is_told_and_a_later_one_of_its_job_recovers_it(
        self, watch: Watch
    ) -> None:
        failed_run(watch.world)
        subject = "run of retail_sales_ingest"
        assert watch.told() == [("new", "failed_run", subject, TODAY)]
        watch.world.ingest()
        assert watch.told() == [("recovered", "failed_run", subject, TODAY)]

    def test_a_failure_that_dagster_runs_again_is_told_when_the_last_try_failed(
        self, watch: Watch
    ) -> None:
        failed_run(watch.world, **{events.WILL_RETRY_TAG: "true"})
        assert watch.told() == []
        failed_run(watch.world, **{events.WILL_RETRY_TAG: "false"})
        assert [event for event, *_ in watch.told()] == ["new"]

    def test_a_failure_waits_until_dagster_has_decided_whether_it_runs_it_again(
        self, watch: Watch
    ) -> None:
        failed_run(watch.world)
        assert watch.told(timedelta(0)) == []
        assert [event for event, *_ in watch.told()] == ["new"]

    def test_a_run_that_somebody_stopped_is_not_told(self, watch: Watch) -> None:
        run = watch.world.instance.create_run_for_job(
            watch.world.defs.resolve_job_def("retail_sales_ingest"), tags={LAKE_TAG: "retail"}
        )
        watch.world.instance.report_run_canceled(run)
        assert watch.told() == []

    def test_a_run_over_several_lakes_tells_each_of_its_own(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = watch.world.lake.model_copy(update={"lake": "telco"})
        monkeypatch.setenv("LAKE_TELCO_URI", watch.world.store.uri)
        both = dg.Definitions.merge(watch.world.defs, definitions(other))
        zones = [("retail", "validated_sales"), ("telco", "validated_sales")]
        job = both.resolve_implicit_global_asset_job_def()
        fail_with(monkeypatch, "reset")
        job.execute_in_process(
            instance=watch.world.instance,
            asset_selection=[dg.AssetKey([lake, "validated", name]) for lake, name in zones],
            partition_key=watch.world.today,
            raise_on_error=False,
        )
        assert watch.told() == [("new", "failed_run", "retail_sales_validated", TODAY)]

    def test_runs_of_other_lakes_are_not_told(self, watch: Watch) -> None:
        failed_run(watch.world, **{LAKE_TAG: "telco"})
        assert watch.told() == []

    def test_more_runs_than_a_tick_reads_are_read_in_the_order_of_their_ending(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(runs, "RUNS_A_TICK", 2)
        for _ in range(5):
            failed_run(watch.world)
        watch.world.ingest()
        told = [event for _ in range(3) for event, *_ in watch.told()]
        assert told == ["new", "recovered"]
        assert watch.lines[-1]["count"] == 5

    def test_what_happened_long_before_the_first_tick_is_not_told(self, watch: Watch) -> None:
        failed_run(watch.world)
        assert watch.told(sensor.LOOK_BACK + LATER) == []
        assert watch.told() == []


class TestFiles:
    def test_a_refused_file_is_told_once_with_its_name_and_reason(self, watch: Watch) -> None:
        watch.world.drop("a.csv", "1,2", header="this,that")
        watch.world.drop("b.csv", sale("T1", TODAY))
        watch.world.ingest()
        assert watch.told() == [("new", "system_reject", "a.csv", "")]
        (line,) = watch.lines
        assert (line["detail"], line["severity"]) == ("missing_columns", "error")
        assert line["link"].endswith("/assets/retail/validated/validated_sales")
        watch.world.ingest()
        assert watch.told() == []

    def test_a_file_that_is_mended_under_its_name_is_recovered(self, watch: Watch) -> None:
        watch.world.drop("a.csv", "1,2", header="this,that")
        watch.world.ingest()
        watch.tick()
        watch.world.drop("a.csv", sale("T1", TODAY))
        watch.world.ingest()
        assert watch.told() == [("recovered", "system_reject", "a.csv", "")]
        assert watch.told() == []  # although it lies there still

    def test_a_file_that_is_refused_and_mended_between_two_ticks_is_both(
        self, watch: Watch
    ) -> None:
        watch.world.drop("a.csv", "1,2", header="this,that")
        watch.world.ingest()
        watch.world.drop("a.csv", sale("T1", TODAY))
        watch.world.ingest()
        assert [event for event, *_ in watch.told()] == ["new", "recovered"]

    def test_a_file_that_was_good_before_it_was_refused_is_not_recovered(
        self, watch: Watch
    ) -> None:
        watch.world.drop("a.csv", sale("T1", TODAY))
        watch.world.ingest()
        watch.world.drop("a.csv", "1,2", header="this,that")
        watch.world.ingest()
        assert watch.told() == [("new", "system_reject", "a.csv", "")]
        assert watch.told() == []

    def test_a_file_that_is_taken_away_is_recovered(self, watch: Watch) -> None:
        watch.world.drop("a.csv", "1,2", header="this,that")
        watch.world.ingest()
        watch.tick()
        for key in watch.world.files("rejected/system/"):
            watch.world.store.delete(key)
        assert watch.told() == [("recovered", "system_reject", "a.csv", "")]

    def test_each_of_two_refused_files_of_one_name_is_told(self, watch: Watch) -> None:
        for header in ("this,that", "that,this"):
            watch.world.drop("a.csv", "1,2", header=header)
            watch.world.ingest()
        (first, second) = sorted(subject for _, _, subject, _ in watch.told())
        assert (first, second[:2]) == ("a.csv", "a~")

    def test_a_file_that_something_else_than_dagster_refused_is_told(self, watch: Watch) -> None:
        watch.world.drop("a.csv", header="")
        validate(watch.world.store, watch.world.lake, watch.world.lake.datasets[0])
        assert watch.told() == [("new", "system_reject", "a.csv", "")]
        assert watch.lines[0]["severity"] == "warn"  # it is empty

    def test_a_name_that_is_no_text_is_told_escaped(self, watch: Watch) -> None:
        raw = watch.world.root / "raw"
        raw.mkdir()
        Path(os.fsdecode(bytes(raw) + b"/a\xff\n.csv")).write_text("this,that\n1,2\n")
        validate(watch.world.store, watch.world.lake, watch.world.lake.datasets[0])
        (told,) = watch.told()
        assert told[2].isprintable()

    def test_late_rows_are_told_with_their_file_and_dates_and_rows_in_time_recover_them(
        self, watch: Watch
    ) -> None:
        edge = (datetime.now(UTC).date() - timedelta(days=7)).isoformat()
        watch.world.drop("old.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-03"))
        watch.world.drop("new.csv", sale("T3", edge))
        watch.world.ingest()
        assert watch.told() == [("new", "late_data", "sales", "")]
        (line,) = watch.lines
        days = (datetime.now(UTC).date() - date(2025, 1, 1)).days
        assert line["severity"] == "warn"
        assert line["detail"] == (
            f"2 rows of 2 dates, the oldest 2025-01-01, {days} days before they arrived; in old.csv"
        )
        watch.world.drop("next.csv", sale("T4", edge))
        watch.world.ingest()
        assert watch.told() == [("recovered", "late_data", "sales", "")]

    def test_without_a_limit_nothing_is_late(self, watch: Watch) -> None:
        (dataset,) = watch.world.lake.datasets
        plain = dataset.model_copy(update={"late_after_days": None})
        lake = watch.world.lake.model_copy(update={"datasets": [plain]})
        watch.world.defs = definitions(lake)
        watch.world.drop("old.csv", sale("T1", "2025-01-01"))
        watch.world.ingest()
        assert watch.told() == []

    def test_a_file_of_no_dataset_is_told_once_and_recovers_when_it_is_taken_away(
        self, watch: Watch
    ) -> None:
        lake = watch.world.lake
        zones = lake.datasets[0].zones.model_copy(update={"raw": "raw/sales/"})
        (dataset,) = (one.model_copy(update={"zones": zones}) for one in lake.datasets)
        unknown = Unknown(raw="raw/", rejected="rejected/_unknown/")
        lake = lake.model_copy(update={"datasets": [dataset], "unknown": unknown})
        watch.world.defs = definitions(lake)
        watch.world.drop("other/a.csv", "x")
        job = watch.world.defs.resolve_job_def("retail_unknown_files")
        assert job.execute_in_process(instance=watch.world.instance, partition_key=TODAY).success
        assert watch.told() == [("new", "system_reject", "other/a.csv", "")]
        (line,) = watch.lines
        assert (line["dataset"], line["detail"]) == ("unknown", "unknown_folder_structure")
        assert line["link"].endswith("/assets/retail/rejected/rejected_unknown")
        for key in watch.world.files("rejected/_unknown/"):
            watch.world.store.delete(key)
        assert watch.told() == [("recovered", "system_reject", "other/a.csv", "")]

    def test_a_refused_file_of_ndjson_in_a_dated_folder_is_told_by_its_name_alone(
        self, watch: Watch
    ) -> None:
        (sales,) = watch.world.lake.datasets
        zones = sales.zones.model_copy(update={"dated": True})
        changes = {"zones": zones, "format": NdjsonFormat(type="ndjson")}
        lake = watch.world.lake.model_copy(update={"datasets": [sales.model_copy(update=changes)]})
        watch.world.defs = definitions(lake)
        row = dict(zip(HEADER.split(","), sale("T1", TODAY).split(","), strict=True))
        array = json.dumps([row | {PERSON: PERSON}])
        watch.world.store.put("raw/a.ndjson", array.encode())
        watch.world.ingest()
        assert watch.told() == [("new", "system_reject", "a.ndjson", "")]
        lines = [json.dumps(row | {PERSON: PERSON}), json.dumps(row | {"quantity": PERSON}), PERSON]
        watch.world.store.put("raw/a.ndjson", "\n".join(lines).encode())
        watch.world.ingest()
        assert set(watch.told()) == {
            ("recovered", "system_reject", "a.ndjson", ""),
            ("new", "failed_check", "rejected_sales: reject_rate", ""),
        }
        assert watch.lines[0]["detail"] == "invalid_ndjson_format"
        assert "jane" not in watch.file.read_text("utf-8")

    def test_a_store_that_is_away_keeps_nothing_from_being_told(self, watch: Watch) -> None:
        watch.world.drop("old.csv", sale("T1", "2025-01-01"))
        watch.world.ingest()
        failed_run(watch.world)
        away = watch.world.root.with_name("away")
        watch.world.root.rename(away)
        assert [kind for _, kind, *_ in watch.told()] == ["failed_run"]
        away.rename(watch.world.root)
        assert [kind for _, kind, *_ in watch.told()] == ["late_data"]


class TestTelling:
    def test_what_stays_wrong_is_told_again_after_a_day_and_given_up_after_a_week(
        self, watch: Watch
    ) -> None:
        failed_run(watch.world)
        told = [
            event
            for hour in range(0, 24 * 9, 6)
            for event, *_ in watch.told(LATER + timedelta(hours=hour))
        ]
        assert told == ["new", *["still"] * 6, "given_up"]

    def test_a_tick_that_dies_before_its_cursor_is_stored_tells_again_under_the_same_id(
        self, watch: Watch
    ) -> None:
        with receiver() as slack:
            hook = Route.model_validate({"to": "webhook", "webhook_env": "HOOK"})
            add_route(watch, hook)
            watch.monkeypatch.setenv("HOOK", slack.url)
            failed_run(watch.world)
            watch.tick(keep=False)
            watch.tick()
            watch.tick()
        assert len(slack.bodies) == 2
        assert slack.bodies[0] == slack.bodies[1]
        assert len(watch.lines) == 1  # the file has it already

    def test_a_target_that_fails_holds_up_no_other_and_gets_everything_later(
        self, watch: Watch
    ) -> None:
        with receiver() as slack:
            slack.answers = [(500, {}), (503, {})]
            hook = Route.model_validate({"to": "webhook", "webhook_env": "HOOK"})
            add_route(watch, hook)
            watch.monkeypatch.setenv("HOOK", slack.url)
            failed_run(watch.world)
            first = watch.tick()
            assert len(watch.lines) == 1
            assert "answers 500" in (first.skip_message or "")
            assert SECRET not in (first.skip_message or "") + (first.cursor or "")
            watch.tick()  # too soon
            assert len(slack.bodies) == 1
            watch.tick(LATER + timedelta(seconds=31))
            watch.world.drop("a.csv", "1,2", header="this,that")
            watch.world.ingest()
            watch.tick(LATER + timedelta(seconds=60))  # twice as long now
            assert len(slack.bodies) == 2
            watch.tick(LATER + timedelta(seconds=120))
            assert len(slack.bodies) == 3
        assert "run of retail_sales_ingest" in slack.bodies[-1]["blocks"][1]["text"]["text"]
        assert "a.csv" in slack.bodies[-1]["blocks"][1]["text"]["text"]
        assert len({line["id"] for line in watch.lines}) == len(watch.lines)

    def test_a_route_whose_variable_is_not_set_is_off_and_the_tick_says_so(
        self, watch: Watch
    ) -> None:
        add_route(watch, Route.model_validate({"to": "webhook", "webhook_env": "NO_HOOK"}))
        failed_run(watch.world)
        assert "NO_HOOK is not set" in (watch.tick().skip_message or "")
        assert '"owed"' not in (watch.cursor or "")

    def test_a_cursor_that_cannot_be_read_is_begun_anew(self, watch: Watch) -> None:
        failed_run(watch.world)
        watch.tick()
        watch.cursor = "what is this"
        watch.tick()
        assert len(watch.lines) == 1

    def test_a_target_that_is_away_for_long_does_not_let_the_cursor_grow(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lake_assets.alerts.outbox.KEPT", 3)
        with receiver() as slack:
            slack.answers = [(500, {})]
            add_route(watch, Route.model_validate({"to": "webhook", "webhook_env": "HOOK"}))
            monkeypatch.setenv("HOOK", slack.url)
            for number in range(5):
                watch.world.drop(f"{number}.csv", "1,2", header="this,that")
            watch.world.ingest()
            watch.tick()
            watch.tick(LATER + timedelta(seconds=31))
        assert "2 older notices were left out" in slack.bodies[-1]["blocks"][1]["text"]["text"]
        assert KEPT == 200

    def test_a_lake_without_routes_has_no_sensor(self, watch: Watch) -> None:
        silent = watch.world.lake.model_copy(update={"alerts": Alerts()})
        assert sensor.alert_sensors(silent) == []


def add_route(watch: Watch, route: Route) -> None:
    """Tell one more target."""
    alerts = watch.world.lake.alerts
    more = alerts.model_copy(update={"routes": [*alerts.routes, route]})
    watch.world.lake = watch.world.lake.model_copy(update={"alerts": more})
    watch.world.defs = definitions(watch.world.lake)


def test_no_target_gets_personal_data(
    watch: Watch, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a cell, in the header of a refused file, in an error's text, in figures of a check."""
    sns = boto3.client("sns", endpoint_url=s3_endpoint, region_name="us-east-1")
    sqs = boto3.client("sqs", endpoint_url=s3_endpoint, region_name="us-east-1")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:heard"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", s3_endpoint)
    with receiver() as slack:
        monkeypatch.setenv("HOOK", slack.url)
        add_route(watch, Route.model_validate({"to": "webhook", "webhook_env": "HOOK"}))
        add_route(watch, Route.model_validate({"to": "sns", "topic_arn": topic}))
        world = watch.world
        figures = {"rows": 3, "least": 4711.25}
        found = Finding(False, f"the first is {PERSON}", figures, [{"value": PERSON}])
        monkeypatch.setattr(checks, "reject_rate", lambda *_: found)
        world.drop("bad.csv", f"{PERSON},S1,2025-01-01 10:00:00,{PERSON},none,2.50,2.50")
        world.drop("refused.csv", f"{PERSON};1", header=f"{PERSON};id")
        world.ingest()
        with monkeypatch.context() as patch:
            fail_with(patch, f"cannot parse {PERSON}")
            world.ingest(raises=False)
        world.drop("late.csv", sale("T1", "2025-01-01"))
        world.ingest()
        done = watch.tick()
        watch.tick()
    heard = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    everything = {
        "file": watch.file.read_text("utf-8"),
        "webhook": slack.text,
        "sns": "".join(message["Body"] for message in heard),
    }
    assert {line["kind"] for line in watch.lines} == {str(kind) for kind in AlertKind}
    for target, text in everything.items():
        assert "jane" not in text, target
        assert "4711" not in text, target
        assert "4,711" not in text, target
        assert "rows 3" in text, target
        assert "ConnectionResetError" in text, target
        assert "refused.csv" in text, target
    assert "jane" not in (done.cursor or "") + (done.skip_message or "")


def test_it_works_on_the_storage_of_make_dev(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite keeps the events of each run in a file of their own."""
    home = tmp_path / "home"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        watch = watching(tmp_path, monkeypatch, instance)
        watch.world.drop("a.csv", sale("T1", TODAY), BAD)
        watch.world.drop("b.csv", "1,2", header="this,that")
        watch.world.ingest()
        failed_run(watch.world)
        assert sorted(kind for _, kind, *_ in watch.told()) == [
            "failed_check", "failed_run", "system_reject",
        ]  # fmt: skip
        watch.world.drop("b.csv", sale("T2", TODAY))
        watch.world.ingest()
        assert {event for event, *_ in watch.told()} == {"recovered"}
