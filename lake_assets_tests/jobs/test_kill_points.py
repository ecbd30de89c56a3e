"""A run dies at any of its writes, before it or after it: the next run finishes or undoes it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.repair.recover import recover
from lake_assets.storage import Store, open_store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    Killed,
    assert_accounted,
    contents,
    contract,
    csv,
    drop,
    hooked,
    keys,
    killed_at,
    ledger,
    place,
    refused_files,
    run,
    sale,
    sales,
    stale_dates_of,
    writes_of,
)

ONE = LocalEngine(1)
FAIL = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")
LAKE = contract(rules=[FAIL])
FILES = {
    "a.csv": csv(sale("T1", "2025-05-29"), sale("T2", "2025-05-30"), sale("", "2025-05-30")),
    "b.csv": csv(sale("T2", "2025-05-30", quantity=4), sale("T3", "2025-05-28")),
    "refused.csv": csv(sale("T4").replace("S1", "S2")),
}
ZONES = ("processed/", "gold/", "rejected/", "archive/")
POINTS = 29
"""Writes of the run that is killed; `test_every_write_of_a_run_is_a_kill_point` holds it true."""


def filled(root: Path) -> Store:
    root.mkdir()
    store = open_store(str(root))
    for name, data in FILES.items():
        place(store, name, data, ARRIVED)
    return store


def step(store: Store, lake: Lake) -> None:
    """What one run does behind validation."""
    dataset = lake.datasets[0]
    recover(store, lake, dataset)
    while ingest(store, lake, dataset, ONE):
        pass
    compact(store, dataset, ONE)


@pytest.fixture
def undisturbed(tmp_path: Path) -> dict[str, bytes]:
    """What a run leaves that nobody kills."""
    store = filled(tmp_path / "undisturbed")
    step(store, LAKE)
    return contents(store, *ZONES)


def test_every_write_of_a_run_is_a_kill_point(tmp_path: Path):
    assert writes_of(filled(tmp_path / "lake"), lambda store: step(store, LAKE)) == POINTS


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("first", range(1, 5))
def test_a_run_that_dies_at_a_write_is_finished_by_the_next(
    tmp_path: Path, undisturbed: dict[str, bytes], first: int, late: bool
):
    for number in range(first, POINTS + 1, 4):
        store = filled(tmp_path / f"{number}")
        with pytest.raises(Killed):
            step(killed_at(store, number, late=late), LAKE)
        if not ledger(store):
            assert keys(store, "processed/") == keys(store, "rejected/") == [], number
            assert sorted(keys(store, "validated/")) == [f"validated/{n}" for n in FILES]
        step(store, LAKE)
        assert contents(store, *ZONES) == undisturbed, number
        assert len(ledger(store)) == 1
        assert sales(store, "gold/") == ["T1", "T2", "T3"]
        assert list(refused_files(store).values()) == [FILES["refused.csv"]]
        assert stale_dates_of(store) == []
        assert_accounted(store)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_recovery_itself_may_die_at_any_write(
    tmp_path: Path, undisturbed: dict[str, bytes], late: bool
):
    def dead_after_commit(root: Path) -> Store:
        store = filled(root)

        def die(name: str, *args: Any) -> None:
            if name == "publish":
                raise Killed

        with pytest.raises(Killed):
            step(hooked(store, before=die), LAKE)
        return store

    points = writes_of(dead_after_commit(tmp_path / "count"), lambda store: step(store, LAKE))
    assert points > 15
    for number in range(1, points + 1):
        store = dead_after_commit(tmp_path / f"{number}")
        with pytest.raises(Killed):
            step(killed_at(store, number, late=late), LAKE)
        step(store, LAKE)
        assert contents(store, *ZONES) == undisturbed, number
        assert_accounted(store)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["local", pytest.param("s3", marks=pytest.mark.slow)])
def test_a_pipeline_from_raw_that_dies_at_a_write_loses_no_row(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, late: bool
):
    @cache
    def endpoint() -> str:
        found: str = request.getfixturevalue("s3_endpoint")
        return found

    def empty(name: str) -> Store:
        if kind == "s3":
            uri = request.getfixturevalue("s3_uri")
            return open_store(f"{uri}/{name}", endpoint=endpoint())
        (tmp_path / name).mkdir()
        return open_store(str(tmp_path / name))

    def dropped(name: str) -> Store:
        store = empty(name)
        for file, data in {**FILES, "empty.csv": b""}.items():
            drop(store, file, data)
        return store

    points = writes_of(dropped("count"), lambda store: void(run(store, LAKE)))
    # On S3 a listing takes a tenth of a second: every fifth point is enough there.
    for number in range(1, points + 1, 5 if kind == "s3" else 1):
        store = dropped(str(number))
        with pytest.raises(Killed):
            run(killed_at(store, number, late=late), LAKE)
        run(store, LAKE)
        assert sales(store, "gold/") == ["T1", "T2", "T3"], number
        assert len(sales(store, "processed/")) == 4
        assert sorted(refused_files(store).values()) == sorted([FILES["refused.csv"], b""])
        assert_accounted(store)


def void(_: object) -> None:
    pass


def test_nothing_of_a_run_is_visible_before_its_commit_record(tmp_path: Path):
    store = filled(tmp_path / "lake")
    seen: list[str] = []

    def look(name: str, *args: Any) -> None:
        if name in {"stage", "put_if_absent", "publish"}:
            seen.append(name)
        if name == "stage" or (name == "put_if_absent" and args[0].startswith("audit/ingest/")):
            assert keys(store, "processed/") == keys(store, "rejected/") == []
            assert keys(store, "archive/") == []
        if name == "publish":
            assert len(ledger(store)) == 1

    watch: Callable[..., None] = look
    ingest(hooked(store, before=watch), LAKE, LAKE.datasets[0], ONE)
    assert seen.index("put_if_absent") > seen.index("stage")
    assert seen.index("publish") > seen.index("put_if_absent")
