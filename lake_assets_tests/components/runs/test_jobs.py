"""Which engine runs a step's job, and what is believed of its report."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import dagster as dg
import pytest

from lake_assets.components.engines import Done, SparkJobEngine
from lake_assets.components.names import ENGINE_TAG
from lake_assets.components.runs import retries
from lake_assets.contracts.engine import EngineChoice, EngineName
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.job import Job
from lake_assets.jobs.report import DateReport, Report
from lake_assets.jobs.run_job import run_job
from lake_assets.settings import connect
from lake_assets.storage import StoreUnavailable
from lake_assets_tests.components.conftest import World, definitions, sale

DAY = "2025-05-30"


@dataclass
class Elsewhere:
    """What stands in the place of Spark: it runs jobs here, and may report something else."""

    ran: list[str] = field(default_factory=list)
    report: Callable[[Report], Report] = lambda report: report

    def run(self, job: Job) -> Done:
        self.ran.append(job.work.step)
        found = run_job(connect(job.uri, job.endpoint), job, LocalEngine(1))
        return Done(self.report(found), {"engine": "elsewhere"})


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    found = Elsewhere()
    monkeypatch.setattr(retries, "SECONDS", 0)
    monkeypatch.setattr(SparkJobEngine, "run", lambda _self, _context, job: found.run(job))
    return found


def choose(world: World, lake: EngineChoice, dataset: EngineChoice | None = None) -> None:
    """The same world under a contract that names engines."""
    datasets = [one.model_copy(update={"engine": dataset}) for one in world.lake.datasets]
    world.lake = world.lake.model_copy(update={"engine": lake, "datasets": datasets})
    world.defs = definitions(world.lake)


def ingest(world: World, **tags: str) -> dg.ExecuteInProcessResult:
    job = world.defs.resolve_job_def("retail_sales_ingest")
    return job.execute_in_process(
        instance=world.instance, partition_key=world.today, tags=tags, raise_on_error=False
    )


def told(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.get_step_failure_events()
    assert event.step_failure_data.user_failure_data
    return str(event.step_failure_data.user_failure_data.description)


SPARK = EngineChoice(name=EngineName.SPARK)


def test_jobs_run_here_unless_something_else_is_said(world: World, elsewhere: Elsewhere) -> None:
    world.drop("a.csv", sale("T1", DAY))
    assert ingest(world).success
    assert elsewhere.ran == []


def test_the_lake_names_an_engine_and_a_dataset_another(world: World, elsewhere: Elsewhere) -> None:
    choose(world, SPARK)
    world.drop("a.csv", sale("T1", DAY))
    assert ingest(world).success
    assert elsewhere.ran == ["ingest"]
    choose(world, SPARK, EngineChoice(name=EngineName.LOCAL))
    assert ingest(world).success
    assert elsewhere.ran == ["ingest"]


def test_a_runs_tag_wins_over_the_contract(world: World, elsewhere: Elsewhere) -> None:
    world.drop("a.csv", sale("T1", DAY))
    assert ingest(world, **{ENGINE_TAG: "spark"}).success
    assert elsewhere.ran == ["ingest"]


def test_a_tag_that_is_no_engine_is_told(world: World) -> None:
    assert "'sparkle', which is no engine. Set it to one of: local, spark, glue" in told(
        ingest(world, **{ENGINE_TAG: "sparkle"})
    )


def test_small_batches_stay_here(world: World, elsewhere: Elsewhere) -> None:
    choose(world, EngineChoice(name=EngineName.SPARK, from_mb=1))
    world.drop("a.csv", sale("T1", DAY))
    assert ingest(world).success
    assert world.gold([DAY]).success
    assert elsewhere.ran == []
    world.drop("b.csv", *(sale(f"T{number}", DAY) for number in range(30_000)))
    assert ingest(world).success
    assert elsewhere.ran == ["ingest"]


def test_every_step_tells_where_it_ran(world: World, elsewhere: Elsewhere) -> None:
    choose(world, SPARK)
    world.drop("a.csv", sale("T1", DAY))
    assert ingest(world).success
    assert world.gold([DAY]).success
    assert elsewhere.ran == ["ingest", "compact"]
    event = world.instance.get_latest_materialization_event(
        dg.AssetKey(["retail", "gold", "fact_sales"])
    )
    assert event
    assert event.asset_materialization
    assert event.asset_materialization.metadata["engine"].value == "elsewhere"


def one_row_more(report: Report) -> Report:
    (run,) = report.runs
    books = run.books + type(run.books)(lines=1, good=1)
    return report.model_copy(update={"runs": (run.model_copy(update={"books": books}),)})


def another_run(report: Report) -> Report:
    (run,) = report.runs
    return report.model_copy(
        update={"runs": (run.model_copy(update={"ingest_run_id": "20250101abcd0001"}),)}
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (one_row_more, "has good = 1, but the job reports 2"),
        (another_run, "of which the ledger in .*audit/ingest/ knows nothing"),
    ],
)
def test_a_report_that_the_ledger_does_not_confirm_fails_the_asset(
    world: World, elsewhere: Elsewhere, change: Callable[[Report], Report], sentence: str
) -> None:
    choose(world, SPARK)
    # Another attempt would find nothing to ingest, and truly say so.
    elsewhere.report = lambda report: change(report) if report.runs else report
    world.drop("a.csv", sale("T1", DAY))
    assert re.search(sentence, told(ingest(world)))


def test_the_checks_see_what_an_attempt_committed_that_died_before_its_report(
    world: World, elsewhere: Elsewhere
) -> None:
    choose(world, SPARK)

    def die_once(report: Report) -> Report:
        if report.runs:
            raise StoreUnavailable("The store is gone.")
        return report

    elsewhere.report = die_once
    world.drop("a.csv", sale("T1", DAY))
    result = ingest(world)
    assert result.success
    assert elsewhere.ran == ["ingest", "ingest"]
    (check,) = (
        each for each in result.get_asset_check_evaluations() if each.check_name == "conservation"
    )
    assert check.passed
    assert "1 rows read = 1 good" in str(check.description)


@pytest.mark.parametrize(
    ("dates", "sentence"),
    [
        ((DateReport(date=DAY, rows=7, files=1),), "has rows = 1, but the job reports 7"),
        ((), "was to make 2025-05-30, and reports nothing"),
    ],
)
def test_gold_that_was_reported_otherwise_fails_the_asset(
    world: World, elsewhere: Elsewhere, dates: tuple[DateReport, ...], sentence: str
) -> None:
    choose(world, SPARK)
    world.drop("a.csv", sale("T1", DAY))
    assert ingest(world).success
    elsewhere.report = lambda report: report.model_copy(update={"dates": dates})
    assert sentence in told(world.gold([DAY], raises=False))


def test_a_service_that_is_not_set_up_is_told_with_what_to_set(world: World) -> None:
    choose(world, EngineChoice(name=EngineName.GLUE))
    world.drop("a.csv", sale("T1", DAY))
    sentence = told(ingest(world))
    assert "GlueJobEngine is to run the job, and is not set up" in sentence
    assert "LAKE_REMOTE__DEPLOY_URI" in sentence


def test_a_lake_that_a_service_cannot_reach_is_told_before_anything_is_submitted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_REMOTE__DEPLOY_URI", "s3://lake/deploy")
    monkeypatch.setenv("LAKE_GLUE__JOB_NAME", "lake")
    choose(world, EngineChoice(name=EngineName.GLUE))
    world.drop("a.csv", sale("T1", DAY))
    assert "where a service does not get. Put the lake into a bucket" in told(ingest(world))
