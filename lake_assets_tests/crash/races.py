"""Many small files, and processes that all run the pipeline over them at once."""

import random
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta

import polars as pl
from polars.testing import assert_frame_equal

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import stale_dates
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.tables.current import audited_dates, newest_table
from lake_assets.jobs.tables.manifest import history
from lake_assets.storage import Store, open_store
from lake_assets.storage.zones import snapshot_number
from lake_assets_tests.jobs import tables_model
from lake_assets_tests.jobs.club import rows_of
from lake_assets_tests.jobs.lakes import ARRIVED, contract, csv, drop, sale
from lake_assets_tests.jobs.tables_model import KINDS, TableFile

RACERS = 8
FILES = 40
DAYS = ["2025-05-28", "2025-05-29", "2025-05-30"]
FAIL = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")
LAKE = contract(rules=[FAIL], max_files=7)
"""Batches of seven files: a racer comes by several times, and batches overlap."""
SHOP = tables_model.lake(2)
"""Tables on tables, which racers make and find outdated while others make theirs."""


def incoming() -> dict[str, bytes]:
    """Good files, rejects, files that are refused, and files of the same bytes."""
    files: dict[str, bytes] = {}
    for number in range(FILES):
        rows = [sale(f"T{number}-{day}", day) for day in DAYS[number % 2 :]]
        if number % 5 == 0:
            rows.append(sale("", DAYS[0]))
        if number % 7 == 6:
            rows.append(sale("T", DAYS[1], number))  # a key that many files have
        files[f"{number:02}.csv"] = csv(*rows)
    files["empty.csv"] = b""
    files["refused.csv"] = csv(sale("T").replace("S1", "S2"))
    for number in (3, 10, 11):
        files[f"twin-{number}.csv"] = files[f"{number:02}.csv"]
    return files


def fill(store: Store) -> None:
    """Drop the files, all at once."""
    for name, data in incoming().items():
        drop(store, name, data)


def shop_of(uri: str, endpoint: str | None) -> Store:
    """The store of the second lake, beside the first."""
    return open_store(f"{uri}-shop" if endpoint is None else f"{uri}/shop", endpoint=endpoint)


def fill_shop(store: Store, files: int = 9) -> None:
    """Files of all datasets in validated/, of three arrival dates; each tells of a key again."""
    for number in range(files):
        for kind in KINDS:
            rows = tuple((str(key), DAYS[key % 3], number) for key in (number % 4, number + 1))
            arrived = ARRIVED + timedelta(days=number % 3, seconds=number)
            file = TableFile(f"{number}.txt", rows, arrived, kind=kind)
            zones = SHOP.dataset(kind).zones
            store.put(zones.raw + file.name, file.data)
            source = store.head(zones.raw + file.name)
            store.move(source, zones.validated + file.name, arrived=arrived)


def assert_tables(shop: Store, alone: Store) -> None:
    """Tables are those that one process makes, and of their snapshots each was committed once."""
    assert not any(one.commits for one in run_pipeline(shop, SHOP, LocalEngine(2)))
    assert reconcile(shop, SHOP).faults == []
    for dataset in SHOP.datasets:
        assert stale_dates(shop, dataset) == []
        days = audited_dates(alone, dataset)
        assert audited_dates(shop, dataset) == days
        for day in days:
            assert_frame_equal(_rows(shop, dataset, day), _rows(alone, dataset, day))
            past = history(shop, dataset, day)
            assert [snapshot_number(one.snapshot) for one in past] == list(range(1, len(past) + 1))
            assert [one.previous for one in past[1:]] == [one.snapshot for one in past[:-1]]


def _rows(store: Store, dataset: Dataset, day: str) -> pl.DataFrame:
    """A date's table; what was looked up only where it is what holds now."""
    rows = rows_of(store, dataset, day)
    newest = newest_table(store, dataset)
    is_now = dataset.gold.carry and newest is not None and newest.version.date == day
    looked_up = ["found"] if is_now and dataset.gold.lookups else []
    return rows.select("id", "quantity", "source_file", *looked_up)


def race(uri: str, endpoint: str | None, seed: int) -> list[tuple[int, str]]:
    """Start the racers in an order of chance; how each ended: its exit code, what it complained."""
    command = [sys.executable, "-m", "lake_assets_tests.crash.racer", uri, endpoint or ""]
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(RACERS)
        ]
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        random.Random(seed).shuffle(racers)
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        ends = [racer.communicate(timeout=120) for racer in racers]
        return [(racer.returncode, end[1]) for racer, end in zip(racers, ends, strict=True)]
