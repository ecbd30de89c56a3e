"""Tasks on a real Spark: their results, their errors, their deaths, and rows that meet."""

import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lake_assets.engines.spark import (
    WAVES,
    SparkEngine,
    dagster_session,
    open_session,
    session_options,
)
from lake_assets.jobs.compaction.spread import Exchange
from lake_assets.jobs.reading.task import TaskFailed
from lake_assets.storage.errors import ObjectNotFound
from lake_assets_tests.engines import sparks

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]
QUIET = {"spark.ui.enabled": "false"}


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    found = dagster_session(session_options("local[2]", options=QUIET))
    yield found
    found.stop()


@pytest.fixture
def engine(session: SparkSession) -> SparkEngine:
    return SparkEngine(lambda: session)


def test_results_come_in_the_order_of_the_items(engine: SparkEngine) -> None:
    assert list(engine.map(sparks.twice, range(9))) == list(range(0, 18, 2))


def test_no_items_need_no_spark() -> None:
    assert list(SparkEngine(lambda: pytest.fail("opened")).map(sparks.twice, [])) == []


def test_tasks_run_in_several_processes_and_small_ones_share_a_task(engine: SparkEngine) -> None:
    assert len(set(engine.map(sparks.process, range(4)))) == 2
    assert engine._spread(engine._session(), 1000).rdd.getNumPartitions() == 2 * WAVES


def test_a_worker_has_no_zip_files_to_read_again_before_its_next_task(
    engine: SparkEngine,
) -> None:
    list(engine.map(sparks.process, range(4)))
    assert set(engine.map(sparks.zips_on_the_path, range(4))) == {0}


def test_the_exception_of_a_task_comes_back_behind_the_results_of_all_others(
    engine: SparkEngine,
) -> None:
    seen: list[int] = []
    with pytest.raises(ObjectNotFound, match="no object at file:///nowhere") as caught:
        seen.extend(engine.map(sparks.fail_at_two, range(6)))
    assert seen == [0, 1, 3, 4, 5]
    assert "in fail_at_two" in caught.value.__notes__[0]


def test_an_exception_that_cannot_be_sent_is_told_with_its_trace(engine: SparkEngine) -> None:
    with pytest.raises(TaskFailed, match=r"in fail_unreadably[\s\S]*CannotBeRead: onetwo"):
        list(engine.map(sparks.fail_unreadably, [1]))


def test_a_worker_that_is_killed_within_a_task_costs_nothing(
    engine: SparkEngine, tmp_path: Path
) -> None:
    assert list(engine.map(partial(sparks.die_once, tmp_path), range(8))) == list(range(8))
    assert (tmp_path / "done").exists()


def test_rows_meet_in_their_groups_each_in_a_task_of_its_own(engine: SparkEngine) -> None:
    assert isinstance(engine, Exchange)
    found = list(engine.exchange(sparks.deal, range(4), sparks.gather, 10))
    assert [one[0] for one in found] == [0, 1, 2, 3, 4, 5, 6, 8, 9]  # nobody sent to group 7
    assert [one[1] for one in found] == [40] * 9
    assert found[3][2] == sum(range(3, 400, 10))


def test_an_item_that_cannot_be_sent_keeps_all_groups_from_receiving(
    engine: SparkEngine, tmp_path: Path
) -> None:
    send, receive = sparks.deal_but_two, partial(sparks.note, tmp_path)
    with pytest.raises(TaskFailed, match=r"gave up on note: 4 items to 10 groups[\s\S]*no item 2"):
        list(engine.exchange(send, range(4), receive, 10))
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_dies_while_it_receives_costs_nothing(
    engine: SparkEngine, tmp_path: Path
) -> None:
    receive = partial(sparks.die_once_at_three, tmp_path)
    found = list(engine.exchange(sparks.deal, range(2), receive, 10))
    assert found == [20] * 9
    assert (tmp_path / "done").exists()


def test_groups_are_spread_over_all_partitions(session: SparkSession, engine: SparkEngine) -> None:
    """Plain group numbers would share some, so that one process would do the work of several."""
    from lake_assets.engines.spark import _homes

    homes = _homes(session, 13)
    assert sorted(homes) == list(range(13))
    numbers = session.createDataFrame([(home,) for home in homes.values()], "home long")
    parts = numbers.repartition(13, "home").selectExpr("spark_partition_id() AS part").collect()
    assert sorted(row.part for row in parts) == list(range(13))


class Interrupted(BaseException):
    """As Dagster raises it where a run waits that is cancelled."""


def interrupt(_signal: int, _frame: object) -> None:
    raise Interrupted


def test_whoever_is_interrupted_takes_the_tasks_along(
    session: SparkSession, engine: SparkEngine, tmp_path: Path
) -> None:
    def kill_when_begun() -> None:
        while not list(tmp_path.glob("began-*")):
            quiet.wait(0.05)
        os.kill(os.getpid(), signal.SIGUSR1)

    quiet = threading.Event()
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        threading.Thread(target=kill_when_begun, daemon=True).start()
        with pytest.raises(Interrupted):
            list(engine.map(partial(sparks.wait_for_ever, tmp_path), range(2)))
    finally:
        signal.signal(signal.SIGUSR1, before)
    tracker = session.sparkContext.statusTracker()
    while tracker.getActiveJobsIds():
        quiet.wait(0.05)
    assert list(engine.map(sparks.twice, [1])) == [2]  # the workers are free again


def test_a_session_that_others_opened_gets_what_we_need(session: SparkSession) -> None:
    session.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    list(SparkEngine(lambda: open_session({})).map(sparks.twice, [1]))
    assert session.conf.get("spark.sql.session.timeZone") == "UTC"


def test_a_master_and_a_connect_server_exclude_each_other() -> None:
    with pytest.raises(ValueError, match=r"on local\[2\] and on a Spark Connect server: name"):
        session_options("local[2]", "sc://h")


@pytest.mark.parametrize(
    ("master", "found"),
    [
        ("local", "local[1,4]"),
        ("local[2]", "local[2,4]"),
        ("local[*]", "local[*,4]"),
        ("local[2,9]", "local[2,9]"),
        ("spark://h:7077", "spark://h:7077"),
    ],
)
def test_a_task_whose_process_dies_is_tried_again_on_one_machine_as_on_a_cluster(
    master: str, found: str
) -> None:
    assert session_options(master)["spark.master"] == found
