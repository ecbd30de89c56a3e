"""A stand-in for Glue and EMR Serverless: moto takes a request, and what it asks for really runs.

The very request that reached moto says what is run: its script, its packages and its arguments,
all fetched from S3, with spark-submit of a real Spark, in a process and a directory of their own.
Nothing of the project is there but the wheel that the request names.
"""

import io
import os
import shlex
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core.responses import ActionResult
from moto.emrserverless.responses import EMRServerlessResponse
from moto.glue.responses import GlueResponse

from lake_assets_tests.runtimes import Runtime

DRIVER_ENV = "spark.emr-serverless.driverEnv."


@dataclass
class StandIn:
    """Runs that were started, by their ids.

    Attributes:
        runtime: the Spark of the service.
        root: each run gets a directory here.
        endpoint: of S3.
        requests: what StartJobRun was sent, in order.
        sabotage: may change the command of a run, to see what comes of it.
    """

    runtime: Runtime
    root: Path
    endpoint: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    runs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    polls: int = 0
    sabotage: Callable[[list[str]], list[str]] = list

    def start_on_glue(self, run_id: str, request: Mapping[str, Any]) -> None:
        """As Glue: pip installs the zip of wheels, the script gets all arguments in two tokens."""
        arguments = request["Arguments"]
        folder = self._folder(run_id)
        with zipfile.ZipFile(self._fetch(arguments["--additional-python-modules"])) as archive:
            archive.extractall(folder)
        wheels = folder / "wheels"
        option = arguments["--python-modules-installer-option"]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", option]
        pip += ["--find-links", str(wheels), "-r", str(wheels / "requirements.txt")]
        subprocess.run([*pip, "--target", str(folder / "packages")], check=True)
        given = [part for pair in arguments.items() for part in pair]
        glue = [
            "--JOB_NAME",
            request["JobName"],
            "--JOB_RUN_ID",
            run_id,
            "--job-language",
            "python",
        ]
        self._spawn(
            run_id,
            [self._script(folder, arguments["--scriptLocation"]), *glue, *given],
            {"PYTHONPATH": str(folder / "packages")},
        )

    def start_on_emr_serverless(self, run_id: str, request: Mapping[str, Any]) -> None:
        """As EMR Serverless: the archive is unpacked beside the driver, the conf is Spark's."""
        submit = request["jobDriver"]["sparkSubmit"]
        folder = self._folder(run_id)
        words = shlex.split(submit["sparkSubmitParameters"])
        options = list(zip(words[::2], words[1::2], strict=True))
        conf = dict(value.split("=", 1) for name, value in options if name == "--conf")
        ((archive, alias),) = (value.split("#") for name, value in options if name == "--archives")
        with tarfile.open(fileobj=self._fetch(archive)) as packed:
            packed.extractall(folder / alias, filter="data")
        self._spawn(
            run_id,
            [self._script(folder, submit["entryPoint"]), *submit["entryPointArguments"]],
            {
                name.removeprefix(DRIVER_ENV): value
                for name, value in conf.items()
                if name.startswith(DRIVER_ENV)
            },
            [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")],
        )

    def state(self, run_id: str, running: str, succeeded: str, failed: str, stopped: str) -> str:
        """The service's name for how a run stands."""
        self.polls += 1
        code = self.runs[run_id].poll()
        if code is None:
            return running
        if run_id in self.cancelled:
            return stopped
        return failed if code else succeeded

    def cancel(self, run_id: str) -> None:
        """End a run with all its processes."""
        self.cancelled.add(run_id)
        self._kill(self.runs[run_id])

    def words(self, run_id: str) -> str:
        """What a run wrote."""
        return (self.root / run_id / "output").read_text("utf-8", "replace")

    def close(self) -> None:
        """End what still runs."""
        for run in self.runs.values():
            if run.poll() is None:
                self._kill(run)

    def _kill(self, run: subprocess.Popen[bytes]) -> None:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()

    def _folder(self, run_id: str) -> Path:
        folder = self.root / run_id
        folder.mkdir(parents=True)
        return folder

    def _script(self, folder: Path, uri: str) -> str:
        path = folder / "script.py"
        path.write_bytes(self._fetch(uri).getvalue())
        return str(path)

    def _fetch(self, uri: str) -> io.BytesIO:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        client = boto3.client("s3", endpoint_url=self.endpoint)
        return io.BytesIO(client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def _spawn(
        self,
        run_id: str,
        script: Sequence[str],
        environment: Mapping[str, str],
        conf: Sequence[str] = (),
    ) -> None:
        submit = [str(self.runtime.home / "bin" / "spark-submit"), "--master", "local[2,4]"]
        folder = self.root / run_id
        with (folder / "output").open("wb") as output:
            self.runs[run_id] = subprocess.Popen(
                self.sabotage([*submit, "--conf", "spark.ui.enabled=false", *conf, *script]),
                cwd=folder,
                env=self.runtime.environment(
                    AWS_ENDPOINT_URL=self.endpoint,
                    PATH=f"{self.runtime.home / 'bin'}{os.pathsep}{os.environ['PATH']}",
                    **environment,
                ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def _result(answer: ActionResult) -> Any:
    return answer.result


@contextmanager
def standing_in(stand_in: StandIn) -> Iterator[StandIn]:
    """While this is open, what moto is asked to run is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GlueResponse, "start_job_run", _start_on_glue(stand_in))
        patch.setattr(GlueResponse, "get_job_run", _state_on_glue(stand_in))
        patch.setattr(GlueResponse, "batch_stop_job_run", _stop_on_glue(stand_in), raising=False)
        patch.setattr(EMRServerlessResponse, "start_job_run", _start_on_emr(stand_in))
        patch.setattr(EMRServerlessResponse, "get_job_run", _state_on_emr(stand_in))
        patch.setattr(EMRServerlessResponse, "cancel_job_run", _stop_on_emr(stand_in))
        try:
            yield stand_in
        finally:
            stand_in.close()


def _start_on_glue(stand_in: StandIn) -> Callable[[Any], ActionResult]:
    start = GlueResponse.start_job_run

    def start_job_run(self: Any) -> ActionResult:
        answer: ActionResult = start(self)
        stand_in.requests.append(dict(self.parameters))
        stand_in.start_on_glue(_result(answer)["JobRunId"], self.parameters)
        return answer

    return start_job_run


def _state_on_glue(stand_in: StandIn) -> Callable[[Any], ActionResult]:
    get = GlueResponse.get_job_run

    def get_job_run(self: Any) -> ActionResult:
        answer: ActionResult = get(self)
        run_id = self.parameters["RunId"]
        state = stand_in.state(run_id, "RUNNING", "SUCCEEDED", "FAILED", "STOPPED")
        _result(answer)["JobRun"] |= {"JobRunState": state, "ExecutionTime": 90}
        return answer

    return get_job_run


def _stop_on_glue(stand_in: StandIn) -> Callable[[Any], ActionResult]:
    def batch_stop_job_run(self: Any) -> ActionResult:
        for run_id in self.parameters["JobRunIds"]:
            stand_in.cancel(run_id)
        return ActionResult({"SuccessfulSubmissions": [], "Errors": []})

    return batch_stop_job_run


def _start_on_emr(stand_in: StandIn) -> Callable[[Any], ActionResult]:
    start = EMRServerlessResponse.start_job_run

    def start_job_run(self: Any) -> ActionResult:
        answer: ActionResult = start(self)
        request = {"jobDriver": self._get_param("jobDriver")}
        stand_in.requests.append(request)
        stand_in.start_on_emr_serverless(_result(answer)["jobRunId"], request)
        return answer

    return start_job_run


def _state_on_emr(stand_in: StandIn) -> Callable[[Any], ActionResult]:
    get = EMRServerlessResponse.get_job_run

    def get_job_run(self: Any) -> ActionResult:
        answer: ActionResult = get(self)
        run = copy(_result(answer)["jobRun"])
        run.state = stand_in.state(
            self._get_param("jobRunId"), "RUNNING", "SUCCESS", "FAILED", "CANCELLED"
        )
        return ActionResult({"jobRun": run})

    return get_job_run


def _stop_on_emr(stand_in: StandIn) -> Callable[[Any], ActionResult]:
    stop = EMRServerlessResponse.cancel_job_run

    def cancel_job_run(self: Any) -> ActionResult:
        stand_in.cancel(self._get_param("jobRunId"))
        return stop(self)

    return cancel_job_run
