"""What a remote job installs."""

import ast
import sys
from importlib.metadata import Distribution, packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lake_assets.engines.remote import requirements
from lake_assets.engines.remote.names import Architecture
from lake_assets.engines.remote.requirements import PACKAGE, PackagingFailed, Platform, locked

ROOMS = ("contracts", "kernels", "storage", "jobs", "settings.py")


def names(platform: Platform) -> set[str]:
    return {line.partition("==")[0] for line in locked(platform)}


def test_versions_are_those_that_are_installed_here() -> None:
    found = locked(Platform())
    assert f"polars=={version('polars')}" in found
    assert f"pydantic-core=={version('pydantic-core')}" in found  # what pydantic asks for
    sorted_by_name = sorted(found, key=lambda line: line.partition("==")[0])
    assert list(found) == sorted_by_name


def test_dagster_stays_where_it_is() -> None:
    assert names(Platform()) & {"dagster", "dagster-aws", "typer", "rich", "pyspark"} == set()
    assert "dagster-pipes" in names(Platform())


def test_markers_are_answered_for_the_workers_and_not_for_this_machine() -> None:
    assert "backports-zstd" in names(Platform("3.11"))
    assert "backports-zstd" not in names(Platform("3.14"))


def test_whatever_jobs_import_is_there() -> None:
    owners = packages_distributions()
    needed = set()
    for room in ROOMS:
        path = PACKAGE / room
        for file in [path] if path.is_file() else path.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                found = []
                if isinstance(node, ast.Import):
                    found = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found = [node.module]
                needed |= {name.partition(".")[0] for name in found}
    needed -= sys.stdlib_module_names | {"lake_assets"}
    # Stubs are for the type checker, Spark is there, and `compression` is Python's from 3.14 on.
    there = ("mypy_boto3", "_typeshed", "pyspark", "compression")
    third = {name for name in needed if not name.startswith(there)}
    assert {"polars", "sqlglot", "yaml"} <= third
    missing = {
        name
        for name in third
        if not {canonicalize_name(owner) for owner in owners.get(name, [])} & names(Platform())
    }
    assert missing <= {"backports"}  # from Python 3.14 on it is not installed


def test_what_is_not_installed_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "wanted", lambda: [Requirement("no-such-thing>=1")])
    with pytest.raises(PackagingFailed, match=r"no-such-thing is not installed.*lake-assets\[rem"):
        locked(Platform())


def test_an_installed_package_asks_for_the_same_as_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {requirement.name for requirement in requirements.wanted()}
    info = tmp_path / "lake_assets-1.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", "Name: lake-assets", "Version: 1"]
    lines += ["Requires-Dist: dagster>=1", "Requires-Dist: ruff; extra == 'dev'"]
    for requirement in requirements.wanted():
        markers = ["extra == 'remote'"]
        if requirement.marker:
            markers.insert(0, str(requirement.marker))
        lines.append(f"Requires-Dist: {requirement.name}; {' and '.join(markers)}")
    (info / "METADATA").write_text("\n".join([*lines, ""]))
    monkeypatch.setattr(requirements, "PACKAGE", tmp_path / "lake_assets")
    monkeypatch.setattr(requirements, "_installed", lambda _: Distribution.at(info))
    assert {requirement.name for requirement in requirements.wanted()} == here


def test_wheels_of_any_glibc_up_to_that_of_the_workers_fit() -> None:
    tags = Platform("3.11", Architecture.ARM64).tags
    assert tags[0] == "manylinux_2_34_aarch64"
    assert {"manylinux_2_28_aarch64", "manylinux2014_aarch64"} < set(tags)
    assert not any(tag.endswith("x86_64") for tag in tags)
