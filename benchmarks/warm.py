"""What Spark does before the clock starts: its workers are there, and have imported what they need.

The workers import the task from here, so it stands at the top of a module.
"""

from pyspark.sql import SparkSession


def import_kernels(number: int) -> int:
    """A task of no work, in a Python worker."""
    import lake_assets.jobs.pipeline  # noqa: F401

    return number


def warm_up(spark: SparkSession) -> None:
    """A job of no work, with a shuffle, for DataFrames."""
    spark.range(1_000).selectExpr("id % 2 AS half").groupBy("half").count().collect()
