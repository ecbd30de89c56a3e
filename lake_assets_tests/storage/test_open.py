import subprocess
import sys
from pathlib import Path

import pytest

from lake_assets.storage import InvalidKey, StoreError, StoreUnavailable, open_store


def test_a_directory_is_opened_by_its_path_or_its_uri(tmp_path: Path) -> None:
    root = tmp_path / "my lake"
    root.mkdir()
    for uri in (
        str(root),
        f"{root}/",
        root.as_uri(),
        f"file://localhost{root}".replace(" ", "%20"),
    ):
        assert open_store(uri).uri == root.as_uri()


def test_a_relative_path_is_meant_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_store("lake").uri == (tmp_path / "lake").as_uri()


def test_a_tilde_is_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert open_store("~/lake").uri == "file:///home/someone/lake"


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("S3://bucket/a/b/", "s3://bucket/a/b"),
        ("s3://my.bucket-1/odd ?#prefix", "s3://my.bucket-1/odd ?#prefix"),
    ],
)
def test_a_bucket_is_opened_by_its_uri(uri: str, canonical: str) -> None:
    assert open_store(uri).uri == canonical


@pytest.mark.parametrize(
    "uri",
    ["", "http://x/y", "s3a://bucket", "gs://bucket", "file://host/x", "s3://", "s3:///x", "s3:/b"],
)
def test_another_form_is_refused_with_the_forms_that_work(uri: str) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        open_store(uri)
    assert "s3://bucket/prefix" in str(refused.value)
    assert "file:///dir" in str(refused.value)


@pytest.mark.parametrize("uri", ["s3://AKIA:hunter2@bucket/x", "https://me:hunter2@host/"])
def test_a_password_in_a_uri_is_refused_and_not_repeated(uri: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(uri)
    assert "hunter2" not in str(refused.value)


def test_a_prefix_is_held_to_the_rules_of_keys() -> None:
    with pytest.raises(InvalidKey):
        open_store("s3://bucket/a/../b")


def test_importing_the_package_does_not_import_boto3() -> None:
    code = (
        "import sys, lake_assets.storage as storage; storage.open_store('/lake');"
        "sys.exit(any(name.startswith('boto') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
