"""Gold follows processed: tick by tick, for the dates that were touched and no others."""

from typing import Any

import dagster as dg
import pytest

from lake_assets_tests.components.conftest import World, sale

GOLD = dg.AssetKey(["retail", "gold", "fact_sales"])
AUDIT = dg.AssetKey(["retail", "audit", "audit_fact_sales"])


class Automation:
    """The automation sensor's evaluations, with its cursor."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cursor: Any = None
        self.tick()

    def tick(self) -> list[str]:
        """The dates that this tick requests, for gold and audit alike."""
        result = dg.evaluate_automation_conditions(
            defs=self._world.defs, instance=self._world.instance, cursor=self._cursor
        )
        self._cursor = result.cursor
        requested = result.get_requested_partitions(GOLD)
        assert requested == result.get_requested_partitions(AUDIT)
        return sorted(filter(None, requested))


@pytest.fixture
def automation(world: World) -> Automation:
    return Automation(world)


def test_a_file_requests_exactly_the_dates_it_touched(world: World, automation: Automation) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-03-09"))
    world.ingest()
    assert automation.tick() == ["2025-01-01", "2025-03-09"]


def test_idle_ticks_request_nothing(world: World, automation: Automation) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    world.ingest()
    automation.tick()
    assert automation.tick() == []
    world.gold(["2025-01-01"])
    assert [automation.tick() for _ in range(3)] == [[], [], []]


def test_a_late_file_reopens_only_its_dates(world: World, automation: Automation) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"), sale("T2", "2025-01-02"))
    world.ingest()
    automation.tick()
    world.gold(["2025-01-01", "2025-01-02"])
    automation.tick()
    world.drop("late.csv", sale("T3", "2025-01-01"))
    world.ingest()
    assert automation.tick() == ["2025-01-01"]


def test_a_date_touched_again_between_request_and_run_is_requested_again(
    world: World, automation: Automation
) -> None:
    world.drop("a.csv", sale("T1", "2025-01-01"))
    world.ingest()
    assert automation.tick() == ["2025-01-01"]
    world.drop("b.csv", sale("T2", "2025-01-01"))
    world.ingest()
    assert automation.tick() == ["2025-01-01"]
    world.gold(["2025-01-01"])
    assert automation.tick() == []


def test_a_batch_that_was_refused_requests_nothing(world: World, automation: Automation) -> None:
    world.drop("bad.csv", "1,2", header="foo,bar")
    world.ingest()
    assert automation.tick() == []
