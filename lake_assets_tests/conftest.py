"""What tests of several packages share: an S3 of their own, and Spark as services run it."""

import logging
import os
import shutil
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from moto import backends
from moto.s3.exceptions import NoSuchUpload, PreconditionFailed
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.server import ThreadedMotoServer

from lake_assets_tests.runtimes import SPARKS, Runtime, build_wheel, runtime, unpack

MEMORY = Path("/dev/shm")
ROOM = 6 * 1024**3
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
    # Lakes and Dagster's databases sync each write, which takes no time there.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

LONGEST = (
    "test_arrivals_live.py::test_one_file_and_then_a_thousand",
    "fuzz/test_any_bytes.py::test_the_fuzzer",
    "test_stand_ins.py::test_a_service_writes",
    "deploy/test_production.py",
    "jobs/test_stateful.py::test_long_histories",
    "crash/test_crash.py::test_nothing_is_lost_wherever_a_process_is_killed[s3-ingest",
    "test_arrivals_live.py::test_a_killed_daemon",
    "benchmarks/test_retail.py::test_ours_on_both_engines",
    "engines/test_spark_deaths.py",
    "engines/test_engines_agree.py::test_spark_writes",
    "crash/test_races.py",
    "crash/test_crash.py::test_nothing_is_lost_wherever_a_process_is_killed[local-ingest",
    "components/test_scale.py",
    "kernels/recovery/test_candidates.py::test_many_damaged_rows",
    "docs/test_docs.py::test_commands_run_and_print_what_the_page_shows",
    "cli/test_demo.py::test_the_full_demo",
)
"""What takes twenty seconds and more begins first, the longest before the others."""


@pytest.hookimpl(trylast=True)  # behind what picks tests
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests come first in the share of each process, so that none works on while others idle.

    pytest-xdist gives each process as many tests, in their order. What is left of a share when
    another process has nothing left is taken from its end.
    """

    def rank(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))

    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    ranked = sorted(items, key=rank)
    cut = sum(rank(item) < len(LONGEST) for item in items)
    long, short = ranked[:cut], ranked[cut:]
    share, items[:] = len(items) // processes, []
    for process in range(processes):
        first = long[process::processes]
        rest = max(share - len(first), 0) if process < processes - 1 else len(short)
        items += [*first, *short[:rest]]
        short = short[rest:]


@pytest.fixture(scope="session", autouse=True)
def migrations_read_once() -> Iterator[None]:
    """Keep what each new instance of Dagster reads twice: ninety scripts, to find the last."""
    if "alembic" not in sys.modules:  # no test of this process has Dagster
        yield
        return
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    read = ScriptDirectory.from_config
    found: dict[tuple[str | None, ...], ScriptDirectory] = {}

    def from_config(config: Config) -> ScriptDirectory:
        place = (*map(config.get_main_option, ("script_location", "version_locations")),)
        if place not in found:
            found[place] = read(config)
        return found[place]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", from_config)
        yield


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session", params=SPARKS)
def spark_runtime(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Runtime:
    """Each Spark in turn, with the wheel. Mark a test that takes it with ``spark``."""
    return runtime(request.param, unpack(wheel, tmp_path_factory.mktemp("unpacked")))


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The URL of an S3 for this test process alone, with credentials for it in the environment."""
    with s3_server() as endpoint:
        yield endpoint


@contextmanager
def s3_server() -> Iterator[str]:
    """An S3 in this process: its URL."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3Backend, "complete_multipart_upload", _complete_like_s3())
        patch.setattr(S3Response, "copy_object", _copy_like_s3())
        patch.setattr(S3Response, "put_object", _put_like_s3())
        # moto reads its own directory for each request, which takes half of the time.
        modules = list(backends.list_of_moto_modules())
        patch.setattr(backends, "list_of_moto_modules", lambda: modules)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def s3_uri(s3_endpoint: str) -> str:
    """A new, empty bucket: s3://name."""
    name = f"lake-{uuid.uuid4().hex}"
    boto3.client("s3", endpoint_url=s3_endpoint).create_bucket(Bucket=name)
    return f"s3://{name}"


def _complete_like_s3() -> Any:
    complete = S3Backend.complete_multipart_upload

    def complete_or_refuse(self: Any, bucket: str, upload_id: str, body: Any) -> Any:
        # moto 5.2.5 answers 500 for an upload that it does not know.
        if upload_id not in self.get_bucket(bucket).multiparts:
            raise NoSuchUpload(upload_id=upload_id)
        return complete(self, bucket, upload_id, body)

    return complete_or_refuse


ONE_BY_ONE = threading.RLock()
"""moto 5.2.5 looks whether a condition holds, and writes some time later."""


def _put_like_s3() -> Any:
    put = S3Response.put_object

    def put_one_by_one(self: Any) -> Any:
        with ONE_BY_ONE:
            return put(self)

    return put_one_by_one


def _copy_like_s3() -> Any:
    copy = S3Response.copy_object

    def copy_or_refuse(self: Any) -> Any:
        # moto 5.2.5 ignores the conditions of a copy.
        def etag_of(bucket: str, key: str) -> str | None:
            found = self.backend.get_object(bucket, key)
            return found.etag.strip('"') if found else None

        source = unquote(self.headers["x-amz-copy-source"]).lstrip("/").split("/", 1)
        wanted = self.headers.get("x-amz-copy-source-if-match", "").strip('"')
        with ONE_BY_ONE:
            standing = etag_of(*source)
            if wanted and standing is not None and standing != wanted:
                raise PreconditionFailed("x-amz-copy-source-If-Match")
            taken = etag_of(self.bucket_name, self.parse_key_name()) is not None
            if taken and self.headers.get("If-None-Match") == "*":
                raise PreconditionFailed("If-None-Match")
            return copy(self)

    return copy_or_refuse
