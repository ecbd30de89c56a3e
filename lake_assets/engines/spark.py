"""Tasks on Spark: it decides where they run, runs lost ones again, and moves rows that must meet.

Rows stay in Polars. What goes through Spark are the tasks' numbers, their pickled results and,
where rows of many tasks have to meet, tables as opaque bytes: Spark shuffles these by a number,
and never looks into a column. So every type is exact, and Spark 3.5 and 4 do the same.
"""

import os
import pickle
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from py4j.protocol import Py4JError
from pyspark import cloudpickle
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from lake_assets.engines.java import java_home
from lake_assets.engines.spark_tasks import mapper, receiver, sender
from lake_assets.jobs.reading.task import TaskFailed

if TYPE_CHECKING:
    import polars as pl

Work = TypeVar("Work")
Result = TypeVar("Result")

SESSION: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
    # A table is one cell: more than a few in a batch would be copied together.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "8",
}
ATTEMPTS = 4
"""So often Spark starts a task whose process died; a cluster's own default."""
MOST_WORDS = 2_000
"""Letters of what Spark says of a failure: the rest is stack traces of Java."""
WAVES = 4
"""Tasks a core: enough to even out; Spark takes 0.1 s for each."""


def session_options(
    master: str | None = None, remote: str | None = None, options: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What a session is opened with.

    Args:
        master: ``local[4]``, ``spark://host:7077``, ``yarn`` ...; None leaves it to the
            environment, as on Glue and EMR. In local mode a task whose process dies is started
            again, as on a cluster.
        remote: a Spark Connect server, ``sc://host:15002``, instead of a master.
        options: further ones, over ours.

    Raises:
        ValueError: both a master and a Spark Connect server are named.
    """
    if master and remote:
        raise ValueError(
            f"Spark is to run on {master} and on a Spark Connect server: name only one."
        )
    found = {"spark.app.name": "lake_assets", **SESSION}
    if remote:
        # A server has settings of its own, which are not for its clients to change.
        found = {name: value for name, value in SESSION.items() if _is_of_a_session(name)}
        found["spark.remote"] = remote
    elif master:
        found["spark.master"] = _with_attempts(master)
    return {**found, **(options or {})}


def _is_of_a_session(name: str) -> bool:
    return name.startswith("spark.sql.")


def open_session(options: Mapping[str, str]) -> SparkSession:
    """The session of this process, or a new one with these options.

    Raises:
        SparkCannotRun: there is no Java for it.
    """
    _find_programs(options)
    builder = SparkSession.builder
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def dagster_session(options: Mapping[str, str]) -> SparkSession:
    """The same through dagster-pyspark's resource, which Dagster's users know.

    Raises:
        SparkCannotRun: there is no Java for it.
    """
    from dagster import build_init_resource_context
    from dagster_pyspark import PySparkResource

    _find_programs(options)
    resource = PySparkResource(spark_config=dict(options))
    resource.setup_for_execution(build_init_resource_context())
    session: SparkSession = resource.spark_session
    return session


def _find_programs(options: Mapping[str, str]) -> None:
    """Workers would take whatever python3 the machine has, and Spark whatever java.

    On this machine alone, Spark listens to nobody else.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if options.get("spark.master", options.get("spark.remote", "")).startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ["JAVA_HOME"] = str(java_home())


def _with_attempts(master: str) -> str:
    """``local[2]`` as ``local[2,4]``: else the first process that dies ends the job."""
    if master == "local":
        return f"local[1,{ATTEMPTS}]"
    if master.startswith("local[") and "," not in master:
        return f"{master.removesuffix(']')},{ATTEMPTS}]"
    return master


class SparkEngine:
    """Runs tasks inside ``mapInArrow`` of a Spark session, which is opened at first use.

    A task that raises does so here, with its own exception. A task whose process or machine dies
    is run again by Spark, elsewhere; what a dead attempt had staged is never committed.

    Args:
        session: opens the session.
    """

    def __init__(self, session: Callable[[], SparkSession]) -> None:
        self._session = session

    def map(self, function: Callable[[Work], Result], items: Iterable[Work]) -> Iterator[Result]:
        """Run ``function`` on each item, neighbours in one task; results in the items' order.

        Raises:
            TaskFailed: a task's process died too often, or its exception cannot be sent; any other
                exception of a task as it is. The results of all
                tasks that did not fail come before it, so that they can be undone.
        """
        work = list(items)
        if not work:
            return
        spark = self._configured()
        run = mapper(cloudpickle.dumps((function, work)))
        done = self._spread(spark, len(work)).mapInArrow(run, "number long, result binary")
        yield from _collected(spark, done, f"{_name(function)}: {len(work)} items")

    def exchange(
        self,
        send: "Callable[[Work], Iterable[tuple[int, pl.DataFrame]]]",
        items: Iterable[Work],
        receive: "Callable[[int, Iterator[pl.DataFrame]], Result]",
        groups: int,
    ) -> Iterator[Result]:
        """Bring together what belongs together, by one shuffle of Spark.

        Args:
            send: an item's rows in tables, each with the number of its group (from 0).
            items: each is a task.
            receive: a group's tables, in any order; each group is a task.
            groups: how many there are.

        Returns:
            What ``receive`` returned, in the order of the groups; nothing for an empty group.

        Raises:
            TaskFailed: a task failed. No group has received anything if an item failed to send.
        """
        work = list(items)
        spark = self._configured()
        homes = _homes(spark, groups)
        out = sender(cloudpickle.dumps((send, work)), homes)
        into = receiver(cloudpickle.dumps(receive))
        sent = self._spread(spark, len(work)).mapInArrow(
            out, "home long, number long, content binary"
        )
        met = sent.repartition(groups, "home").mapInArrow(into, "number long, result binary")
        name = f"{_name(receive)}: {len(work)} items to {groups} groups"
        yield from _collected(spark, met, name)

    def _spread(self, spark: SparkSession, items: int) -> DataFrame:
        """The numbers of so many items, in as many partitions as there will be tasks."""
        return spark.range(0, items, 1, min(items, WAVES * _cores(spark)))

    def _configured(self) -> SparkSession:
        spark = self._session()
        for name, value in SESSION.items():
            if _is_of_a_session(name):  # which others may have opened
                spark.conf.set(name, value)
        return spark


def _cores(spark: SparkSession) -> int:
    context = getattr(spark, "_sc", None)
    if context is not None:
        return int(context.defaultParallelism)
    # Spark Connect does not tell; it cuts a range in as many partitions.
    places = spark.range(1 << 16).selectExpr("spark_partition_id() AS place")
    return int(places.distinct().count())


def _name(function: Callable[..., object]) -> str:
    inner = function.func if isinstance(function, partial) else function
    return str(getattr(inner, "__name__", type(inner).__name__))


def _homes(spark: SparkSession, groups: int) -> dict[int, int]:
    """Numbers that ``repartition`` sends to one partition each, by partition.

    Spark places rows by a hash. Plain group numbers would share partitions, while others stay
    empty; so we ask Spark where numbers go, and take the first that goes to each.
    """
    tried = 32 * groups
    while True:
        placed = spark.range(tried).selectExpr(f"pmod(hash(id), {groups}) AS place", "id")
        first = {row[0]: row[1] for row in placed.groupBy("place").min("id").collect()}
        if len(first) == groups:
            return first
        tried *= 2


def _results(rows: Sequence[Any]) -> Iterator[Any]:
    """What tasks returned, in their order; then the first error, if there is one."""
    found = [pickle.loads(row[1]) for row in sorted(rows, key=lambda row: int(row[0]))]
    errors = [value for failed, value in found if failed]
    yield from (value for failed, value in found if not failed)
    if errors:
        raise errors[0]


def _collected(spark: SparkSession, frame: DataFrame, name: str) -> Iterator[Any]:
    """The results of a job; if we are interrupted, its tasks are, too.

    It is another thread that talks with Spark: an interruption would leave half an answer in the
    connection of this one.
    """
    tag = f"lake-assets-{uuid.uuid4().hex}"
    context = getattr(spark, "_sc", None)  # not there with Spark Connect

    def collect() -> Sequence[Any]:
        if context is None:
            spark.addTag(tag)
        else:
            context.setJobGroup(tag, name, interruptOnCancel=True)
        rows: Sequence[Any] = frame.collect()
        return rows

    with ThreadPoolExecutor(1, thread_name_prefix="spark") as thread:
        job = thread.submit(collect)
        try:
            rows = job.result()
        except (PySparkException, Py4JError) as error:
            told = str(error).strip()
            raise TaskFailed(
                f"Spark gave up on {name}. A task that dies again and again has mostly run out of "
                f"memory: give its workers more. Spark says: {told[:MOST_WORDS]}"
            ) from error
        except BaseException:
            if not job.done():
                spark.interruptTag(tag) if context is None else context.cancelJobGroup(tag)
            raise
    return _results(rows)
