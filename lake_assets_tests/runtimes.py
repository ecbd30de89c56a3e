"""The Sparks that ``make runtimes`` has installed, as Glue and EMR bring them."""

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
SPARKS = ("3.5.6", "4.0.2")
"""A test compares them with the Makefile's."""


@dataclass(frozen=True)
class Runtime:
    """A Python with Spark and a job's requirements, where this project is only as its wheel.

    Attributes:
        spark: the version of Spark.
        home: the virtual environment.
        wheel: the directory that the wheel was unpacked in.
    """

    spark: str
    home: Path
    wheel: Path

    @property
    def python(self) -> Path:
        """The interpreter, for drivers and workers."""
        return self.home / "bin" / "python"

    def environment(self, **more: str) -> dict[str, str]:
        """Without the settings of this process, and with ``more``."""
        ours = ("LAKE_", "DAGSTER_", "PYTEST_", "COV_", "PYTHON", "PYSPARK_", "SPARK_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        kept.pop("VIRTUAL_ENV", None)
        return {
            **kept,
            "PYTHONPATH": str(self.wheel),
            "PYSPARK_PYTHON": str(self.python),
            "PYSPARK_DRIVER_PYTHON": str(self.python),
            "SPARK_LOCAL_IP": "127.0.0.1",
            **more,
        }

    def run(self, *arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments; ``more`` is set in its environment.

        The working directory is not to be the project's, whose package would win.
        """
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=cwd,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )


def runtime(spark: str, wheel: Path) -> Runtime:
    """That of a version of Spark.

    Raises:
        LookupError: it is not installed.
    """
    home = PROJECT / "build" / "runtimes" / f"spark-{spark}"
    if not (home / ".installed").exists():
        raise LookupError(f"Spark {spark} is not in {home}: run `make runtimes` first")
    return Runtime(spark, home, wheel)


def build_wheel(directory: Path) -> Path:
    """Build the wheel of this tree, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    [wheel] = directory.glob("*.whl")
    return wheel


def unpack(wheel: Path, directory: Path) -> Path:
    """What installing it without its requirements makes: a directory for PYTHONPATH."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory)
    return directory
