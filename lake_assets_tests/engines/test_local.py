"""Tasks in a pool of threads."""

import os
import threading
from functools import partial

import pytest

from lake_assets.engines.local import LocalEngine


def test_results_come_in_the_order_of_the_items_whichever_is_done_first():
    second = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second.wait(30)
        if item == 1:
            second.set()
        return item * 10

    assert list(LocalEngine(2).map(work, [0, 1, 2])) == [0, 10, 20]


def test_as_many_tasks_run_at_once_as_there_are_workers_and_no_more():
    barrier = threading.Barrier(3, timeout=30)
    running: set[int] = set()
    most = [0]
    lock = threading.Lock()

    def work(item: int) -> None:
        with lock:
            running.add(item)
            most[0] = max(most[0], len(running))
        barrier.wait()
        with lock:
            running.discard(item)

    list(LocalEngine(3).map(work, range(9)))
    assert most == [3]


def test_one_worker_does_one_thing_after_the_other():
    seen: list[str] = []

    def work(item: int) -> None:
        seen.append(f"begin {item}")
        seen.append(f"end {item}")

    list(LocalEngine(1).map(work, range(2)))
    assert seen == ["begin 0", "end 0", "begin 1", "end 1"]


def test_without_a_number_there_is_a_worker_a_core():
    assert LocalEngine().workers == os.cpu_count()
    assert LocalEngine(None).workers == os.cpu_count()
    assert LocalEngine(3).workers == 3


def test_nothing_to_do_gives_nothing():
    assert list(LocalEngine().map(partial(int), [])) == []


def test_the_error_of_a_task_comes_out_and_tasks_that_began_are_waited_for():
    began = threading.Event()
    done: list[int] = []

    def work(item: int) -> int:
        if item == 0:
            assert began.wait(30)
            raise ValueError("task 0 failed")
        began.set()
        done.append(item)
        return item

    with pytest.raises(ValueError, match="task 0 failed"):
        list(LocalEngine(2).map(work, [0, 1]))
    assert done == [1]
