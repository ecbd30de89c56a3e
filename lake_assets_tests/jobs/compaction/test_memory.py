"""A budget that dates share: who needs more than is free waits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from lake_assets.jobs.compaction.memory import MemoryBudget


def test_those_that_fit_together_run_together_and_the_others_wait() -> None:
    budget = MemoryBudget(10)
    inside, go, late = Event(), Event(), Event()

    def hold(needed: int, entered: Event) -> None:
        with budget.share(needed):
            entered.set()
            go.wait(30)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(hold, 6, inside)
        assert inside.wait(30)
        with budget.share(4):  # there is room for it
            second = pool.submit(hold, 5, late)
            assert not late.is_set()
        go.set()
        first.result(30)
        second.result(30)
    assert late.is_set()


def test_who_needs_more_than_there_is_gets_all_of_it() -> None:
    budget = MemoryBudget(10)
    with budget.share(1_000):
        pass
    with budget.share(10):
        pass


def test_a_share_is_given_back_after_a_failure() -> None:
    budget = MemoryBudget(10)
    with pytest.raises(ZeroDivisionError), budget.share(10):
        _ = 1 / 0
    with budget.share(10):
        pass
