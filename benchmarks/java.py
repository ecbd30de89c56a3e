"""Whether Spark can run here."""

from lake_assets.engines.java import SparkCannotRun, java_home


def why_no_spark() -> str | None:
    """A sentence that says why the Spark peer cannot run, if so."""
    try:
        java_home()
    except SparkCannotRun as error:
        return str(error)
    return None
