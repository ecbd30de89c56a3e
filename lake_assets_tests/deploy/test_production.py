"""The production configuration, started for real, and killed in the middle of its work."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import dagster as dg
import polars as pl
import pytest
import yaml

from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.samples import SampleFile, gold_rows, retail_files
from lake_assets.settings import connect
from lake_assets_tests.components.conftest import contract
from lake_assets_tests.deploy.conftest import ROOT
from lake_assets_tests.deploy.postgres import free_port

PATIENCE = 240  # seconds; about 30 are usual
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
pytestmark = pytest.mark.slow


class Production:
    """The services of deploy/compose.yaml as processes of this machine."""

    def __init__(self, folder: Path, lake: Path, instance: dg.DagsterInstance) -> None:
        self.folder, self.lake, self.instance = folder, lake, instance
        self.dropped: list[SampleFile] = []
        self._compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
        self._places = {
            "0.0.0.0": "127.0.0.1",
            "4000": str(free_port()),
            "3000": str(free_port()),
            "/opt/dagster/workspace.yaml": str(folder / "workspace.yaml"),
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        workspace = yaml.safe_load((ROOT / "deploy" / "workspace.yaml").read_text())
        workspace["load_from"][0]["grpc_server"] |= {
            "host": "127.0.0.1",
            "port": int(self._places["4000"]),
        }
        (folder / "workspace.yaml").write_text(yaml.safe_dump(workspace))

    def start(self, service: str) -> None:
        """Start one with the command of the compose file, on this machine's addresses."""
        command = self._here(self._compose[service]["command"])
        with (self.folder / f"{service}.log").open("ab") as log:
            self._running[service] = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def is_healthy(self, service: str) -> bool:
        """What the service's health check in the compose file says."""
        _, *command = self._compose[service]["healthcheck"]["test"]
        return subprocess.run(self._here(command), check=False, capture_output=True).returncode == 0

    def _here(self, words: list[str]) -> list[str]:
        """A command of the compose file, with this machine's programs, addresses and files."""
        for inside, here in self._places.items():
            words = [word.replace(inside, here) for word in words]
        return [str(Path(sys.executable).parent / words[0]), *words[1:]]

    def kill(self, service: str, number: int = signal.SIGKILL) -> None:
        """End one and all of its processes, as its container would."""
        process = self._running.pop(service)
        os.killpg(process.pid, number)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        """End all, the code server's runs included."""
        for service in list(self._running):
            self.kill(service, signal.SIGTERM)

    def drop(self, file: SampleFile) -> None:
        """A file arrives."""
        self.dropped.append(file)
        (self.lake / "raw" / file.name).write_bytes(file.content)

    def runs(self, *statuses: dg.DagsterRunStatus, **tags: str) -> set[str]:
        """Ids of runs."""
        return set(self.instance.get_run_ids(dg.RunsFilter(statuses=list(statuses), tags=tags)))

    def started(self) -> set[str]:
        """Runs that are at work."""
        return self.runs(dg.DagsterRunStatus.STARTED)

    def gold_rows(self) -> int:
        """Rows that stand in gold; -1 while there is none, or is being made."""
        try:
            return pl.read_parquet(self.lake / "gold" / "fact_sales" / "*" / "*.parquet").height
        except (FileNotFoundError, pl.exceptions.ComputeError):
            return -1

    def is_done(self) -> bool:
        """Whether all that was dropped is in gold, audited, and nothing runs or waits."""
        return (
            not list((self.lake / "raw").iterdir())
            and self.gold_rows() == sum(gold_rows(self.dropped).values())
            and not self.runs(*UNFINISHED)
            and not list((self.lake / "audit" / "gold_compaction").glob("stale/*/*"))
        )

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Return once it holds."""
        pause = threading.Event()
        for _ in range(PATIENCE * 20):
            if condition():
                return
            pause.wait(0.05)
        logs = [log.read_text()[-3000:] for log in self.folder.glob("*.log")]
        raise AssertionError("\n".join([f"not within {PATIENCE} s: {what}", *logs]))


@contextmanager
def services(folder: Path, lake: Path) -> Iterator[Production]:
    """All services but the database, started."""
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        production = Production(folder, lake, instance)
        stack.callback(production.stop)
        for service in ("code", "daemon", "web"):
            production.start(service)
        yield production


@pytest.mark.timeout(PATIENCE * 4)
def test_nothing_is_lost_or_done_twice_when_daemon_and_code_server_are_killed(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    lake = Path(environment["LAKE_URI"]) / "retail"
    first, second, third = retail_files(seed=5, files=3, rows=400, days=1)
    with services(tmp_path, lake) as production:
        production.drop(first)
        production.wait_for(production.is_done, "gold of the first file")
        for service in ("code", "daemon", "web"):
            assert production.is_healthy(service), service
        assert production.runs(dg.DagsterRunStatus.SUCCESS) == production.runs()

        before = production.runs()
        production.drop(second)
        production.wait_for(
            lambda: production.runs(dg.DagsterRunStatus.STARTED) - before,
            "a run of the second file",
        )
        production.kill("daemon")
        production.start("daemon")
        production.wait_for(production.is_done, "gold of the second file")
        assert production.runs(dg.DagsterRunStatus.SUCCESS) == production.runs()

        before = production.runs()
        production.drop(third)
        production.wait_for(lambda: production.started() - before, "a run of the third file")
        production.kill("code")
        assert not production.is_healthy("code")
        died = production.started() - before
        assert died
        production.start("code")
        production.wait_for(production.is_done, "gold of the third file")
        assert production.runs(dg.DagsterRunStatus.FAILURE) == died
        others = production.runs() - died
        assert production.runs(dg.DagsterRunStatus.SUCCESS) == others

        report = reconcile(connect(str(lake)), contract())
        assert report.faults == []
        logged = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL_S3"])
        listed = logged.list_objects_v2(
            Bucket=environment["DAGSTER_LOGS_BUCKET"], Prefix="compute-logs/"
        )
        keys = [each["Key"] for each in listed.get("Contents", [])]
        assert others <= {part for key in keys for part in key.split("/")}
