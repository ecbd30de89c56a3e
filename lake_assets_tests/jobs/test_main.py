"""``python -m lake_assets.jobs``: what it takes, what it says, and how it ends."""

import json
import re
import sys
from pathlib import Path

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.__main__ import main
from lake_assets.jobs.job import Ingest, Job
from lake_assets.jobs.report import Report
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import ARRIVED, csv, ledger, place, sale


@pytest.fixture
def job(local_store: Store, lake: Lake) -> Job:
    """An ingest of one file with a good row."""
    place(local_store, "a.csv", csv(sale("T1")))
    work = Ingest(arrival=ARRIVED.date())
    return Job(lake=lake, dataset="sales", uri=local_store.uri, work=work)


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["lake_assets.jobs", *arguments])
    return main()


@pytest.mark.parametrize("form", ["--job={}", "--job {}"])
def test_a_job_in_a_file_is_run_and_its_report_printed(
    form: str,
    job: Job,
    local_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "job.json"
    path.write_text(job.model_dump_json())
    assert called(monkeypatch, *form.format(path).split()) == 0
    report = Report.model_validate_json(capsys.readouterr().out)
    (record,) = ledger(local_store)
    assert [run.ingest_run_id for run in report.runs] == [record.ingest_run_id]
    assert report.runs[0].books == record.books


def test_what_a_service_adds_to_the_arguments_is_left_alone(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    added = ["--JOB_NAME", "lake", "--additional-python-modules", "s3://b/wheels.zip"]
    assert called(monkeypatch, *added, "--job", job.model_dump_json()) == 0
    assert json.loads(capsys.readouterr().out)["runs"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": "0.0.9"}, "made by lake_assets 0.0.9, and this is .* Deploy the version that"),
        ({"work": {"step": "dance"}}, "this is no job of lake_assets .*: work: "),
        ({"uri": 3}, "uri: Input should be a valid string"),
    ],
)
def test_a_job_that_cannot_be_understood_is_told_and_nothing_is_done(
    change: dict[str, object],
    sentence: str,
    job: Job,
    local_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = json.dumps(json.loads(job.model_dump_json()) | change)
    assert called(monkeypatch, "--job", given) == 2
    assert re.search(sentence, capsys.readouterr().err)
    assert ledger(local_store) == []


def test_a_file_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert called(monkeypatch, "--job", str(tmp_path / "none.json")) == 2
    assert "cannot read the job" in capsys.readouterr().err
