"""What `lake deploy` puts into a bucket."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from lake_assets import __version__
from lake_assets.engines.remote import package
from lake_assets.engines.remote.deployment import MANIFEST, Deployment
from lake_assets.engines.remote.names import Architecture, Engine
from lake_assets.engines.remote.package import deploy, plan, survey
from lake_assets.engines.remote.requirements import PackagingFailed, Platform
from lake_assets.storage.local import LocalStore
from lake_assets_tests.engines.remote.index import REQUIREMENTS, index

__all__ = ["index"]

WHEEL = f"lake_assets-{__version__}-py3-none-any.whl"
X86 = Platform()


@pytest.fixture
def bucket(tmp_path: Path, index: Path) -> LocalStore:
    """A directory is as good as a bucket here."""
    (tmp_path / "bucket").mkdir()
    return LocalStore(tmp_path / "bucket")


def keys(store: LocalStore) -> dict[str, float]:
    return {found.key: found.modified.timestamp() for found in store.list()}


def read(store: LocalStore, name: str) -> bytes:
    with store.open(Deployment.read(store).artifacts[name].key) as stream:
        return stream.read()


def test_glue_gets_a_zip_of_wheels_that_needs_no_index(bucket: LocalStore) -> None:
    deploy(bucket, plan([Engine.GLUE], X86))
    with zipfile.ZipFile(io.BytesIO(read(bucket, "wheels/x86_64"))) as archive:
        assert sorted(archive.namelist()) == [
            f"wheels/{WHEEL}",
            "wheels/native_thing-2.0-cp311-cp311-manylinux_2_28_x86_64.whl",
            "wheels/requirements.txt",
            "wheels/tiny-1.0-py3-none-any.whl",
        ]
        listed = archive.read("wheels/requirements.txt").decode().splitlines()
    assert listed == [*REQUIREMENTS, f"lake-assets=={__version__}"]


@pytest.mark.parametrize(
    ("architecture", "machine"), [(Architecture.X86_64, "x86_64"), (Architecture.ARM64, "aarch64")]
)
def test_emr_gets_an_environment_for_its_processors(
    bucket: LocalStore, architecture: Architecture, machine: str
) -> None:
    deploy(bucket, plan([Engine.EMR], Platform("3.11", architecture)))
    packed = io.BytesIO(read(bucket, f"environment/{architecture}"))
    with tarfile.open(fileobj=packed) as archive:
        names = archive.getnames()
        stream = archive.extractfile("native_thing/__init__.py")
        assert stream
        assert f"manylinux_2_28_{machine}" in stream.read().decode()
    assert {"lake_assets/__init__.py", "tiny/__init__.py", "tiny-1.0.dist-info/METADATA"} <= set(
        names
    )
    # Nothing of this machine: no scripts with its path, no notes of the installer.
    assert not [name for name in names if name.startswith("bin/") or name.endswith("/RECORD")]


def test_the_same_again_makes_the_same_bytes(bucket: LocalStore, tmp_path: Path) -> None:
    engines = [Engine.GLUE, Engine.EMR_SERVERLESS]
    for artifact in plan(engines, X86).artifacts:
        artifact.make(tmp_path / "one")
        artifact.make(tmp_path / "two")
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes(), artifact.name


def test_the_same_again_uploads_nothing(
    bucket: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = deploy(bucket, plan([Engine.GLUE], X86))
    there = keys(bucket)
    assert all(each.is_new for each in first)
    monkeypatch.setattr(package, "collect", None)  # nor is pip asked
    second = deploy(bucket, plan([Engine.GLUE], X86))
    assert not any(each.is_new for each in second)
    now = keys(bucket)
    assert {key: now[key] for key in there if key != MANIFEST} == {
        key: there[key] for key in there if key != MANIFEST
    }


def test_other_code_leaves_what_a_run_in_flight_reads(
    bucket: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(bucket, plan([Engine.GLUE], X86))
    before = Deployment.read(bucket)
    monkeypatch.setattr(package, "wheel", lambda: b"another wheel")
    deploy(bucket, plan([Engine.GLUE], X86))
    after = Deployment.read(bucket)
    for name in ("wheel", "wheels/x86_64"):
        assert after.artifacts[name].key != before.artifacts[name].key
        bucket.head(before.artifacts[name].key)
    assert after.artifacts["script"] == before.artifacts["script"]


def test_another_engine_is_added_to_the_same_code(bucket: LocalStore) -> None:
    deploy(bucket, plan([Engine.GLUE], X86))
    deploy(bucket, plan([Engine.EMR], X86))
    found = Deployment.read(bucket)
    assert set(found.artifacts) == {"script", "wheel", "wheels/x86_64", "environment/x86_64"}
    found.check(bucket, found.artifacts)


def test_other_code_takes_the_place_of_all_engines(
    bucket: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(bucket, plan([Engine.GLUE], X86))
    monkeypatch.setattr(package, "wheel", lambda: b"another wheel")
    deploy(bucket, plan([], X86))
    assert set(Deployment.read(bucket).artifacts) == {"script", "wheel"}


def test_a_survey_writes_nothing(bucket: LocalStore) -> None:
    assert [each.bytes for each in survey(bucket, plan([Engine.GLUE], X86))] == [None] * 3
    assert keys(bucket) == {}


def test_the_script_runs_the_job_and_passes_its_failure_on() -> None:
    text = package.SCRIPT.decode()
    assert "from lake_assets.jobs.__main__ import main" in text
    body = text.partition("\n")[2]
    exec(body, {"main": lambda: None})
    exec(body, {"main": lambda: 0})
    with pytest.raises(SystemExit, match="3"):
        exec(body, {"main": lambda: 3})


def test_a_requirement_that_pip_cannot_find_is_told(bucket: LocalStore, index: Path) -> None:
    next(index.glob("tiny-*")).unlink()
    with pytest.raises(PackagingFailed, match=r"No matching distribution found for tiny==1\.0"):
        deploy(bucket, plan([Engine.GLUE], X86))
    assert MANIFEST not in keys(bucket)


def test_a_missing_pip_is_told(
    bucket: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr("lake_assets.engines.remote.bundle.sys.executable", str(python))
    with pytest.raises(PackagingFailed, match=r"Install `lake-assets\[deploy\]`"):
        deploy(bucket, plan([Engine.GLUE], X86))


def test_a_password_of_an_index_is_not_repeated(
    bucket: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ERROR: https://me:secret@host/simple' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr("lake_assets.engines.remote.bundle.sys.executable", str(python))
    with pytest.raises(PackagingFailed, match=r"https://\*\*\*@host/simple") as raised:
        deploy(bucket, plan([Engine.GLUE], X86))
    assert "secret" not in str(raised.value)
