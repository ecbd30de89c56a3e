"""NDJSON, arrival dates and tables on tables through Dagster's assets."""

import pickle
from pathlib import Path

import dagster as dg
import pytest

from lake_assets.components.engines import Done, SparkJobEngine
from lake_assets.contracts.engine import EngineChoice, EngineName
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.job import Compact, Job
from lake_assets.jobs.run_job import run_job
from lake_assets.settings import connect
from lake_assets.storage import Store, open_store
from lake_assets_tests.components.asset_runs import assets_of, run_assets
from lake_assets_tests.engines import one_telco

EVENTS = 200
PROMISES = {"conservation", "gold_against_processed", "readable", "schema"}
"""Checks that pass whatever is in the files."""


def filled(folder: Path) -> Store:
    folder.mkdir()
    store = open_store(str(folder))
    one_telco.fill(store, EVENTS)
    return store


def jobs(store: Store) -> list[Job]:
    """Those of the tables that carry, on the engine that the lake names; plans are there."""
    spark = {"engine": EngineChoice(name=EngineName.SPARK)}
    found = []
    for job in one_telco.jobs(store.uri):
        if job.dataset == "plans":
            run_job(store, job, LocalEngine(2))
        elif job.dataset == "customers":
            found.append(job.model_copy(update={"lake": job.lake.model_copy(update=spark)}))
    return found


def test_ranges_of_arrival_dates_are_made_in_one_run_each_on_the_engine_of_the_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, store = filled(tmp_path / "alone"), filled(tmp_path / "lake")
    work = jobs(store)
    for job in jobs(alone):
        run_job(alone, job, LocalEngine(2))
    ran: list[str] = []

    def run_elsewhere(_self: object, _context: object, job: Job) -> Done:
        """As on a service and in a worker: the contract arrives as text, or is unpickled."""
        ran.append(f"{job.dataset} {job.work.step}")
        sent = pickle.loads(pickle.dumps(Job.model_validate_json(job.model_dump_json())))
        return Done(run_job(connect(job.uri, None), sent, LocalEngine(1)), {"engine": "elsewhere"})

    monkeypatch.setattr(SparkJobEngine, "run", run_elsewhere)
    monkeypatch.setenv("LAKE_TELCO_URI", store.uri)
    with dg.DagsterInstance.ephemeral() as instance:
        for job in work:
            result = run_assets(instance, job)
            found = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
            assert all(found[name] for name in PROMISES & found.keys())
            if isinstance(job.work, Compact):
                made = instance.get_materialized_partitions(assets_of(job)[0])
                assert made == set(one_telco.DAYS)
                assert found.keys() >= PROMISES - {"readable"}
    assert ran == [f"{job.dataset} {job.work.step}" for job in work]
    assert one_telco.written(store) == one_telco.written(alone)
