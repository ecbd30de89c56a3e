"""What is being done to a lake when the process dies: the lake before it, and the work.

Run ids follow from the arrival dates, and arrivals are fixed here, so that a lake in which a run
died and another finished its work has the same bytes as one in which nothing happened.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unittest import mock

from lake_assets.contracts.dataset import Dataset, Versions
from lake_assets.contracts.format import NdjsonFormat
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.lookups import looked_up_first
from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs import validate
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.jobs.reading.task import Engine
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.recover import recover_lake
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.storage import ObjectInfo, Store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    HEADER,
    contract,
    csv,
    dataset_of,
    drop,
    keys,
    place,
    sale,
)

ONE = LocalEngine(1)
FAIL = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")
FEW = Rule(name="few", expression="quantity < 5")
DAY = timedelta(days=1)
FIRST, SECOND, THIRD = "2025-05-28", "2025-05-29", "2025-05-30"
ARRIVALS = {"late.csv": ARRIVED + DAY, "report.csv": ARRIVED + DAY}
"""When files arrive that do not arrive at ``ARRIVED``."""
LONG = "x" * 11_000
"""A cell that fills a file of few rows, so that it is cut."""

BEFORE = csv(sale("T1", FIRST), sale("T2", SECOND))
GOOD = csv(sale("T3", FIRST), sale("T4", THIRD), sale("", FIRST))
LARGE = csv(
    sale("T2", SECOND, 2) + ",",
    *[sale(f"L{n:03}", SECOND) + f",{LONG}" for n in range(100)],
    sale("", SECOND) + ",",
    header=f"{HEADER},note",
)
INCOMING = {
    "again.csv": BEFORE,  # ingested by an earlier run
    "empty.csv": b"",  # refused at the door
    "good.csv": GOOD,
    "large.csv": LARGE,  # cut in two tasks
    "late.csv": csv(sale("T1", FIRST, 3)),  # of another arrival date: a run of its own
    "refused.csv": csv(sale("T5").replace("S1", "S2")),
    "twin.csv": GOOD,  # of the same bytes as another of the batch
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A lake, and work on it that may be begun again wherever it died.

    Attributes:
        lake: the contract that is in force.
        prepare: makes the lake as it is before.
        work: with the engine that it is given.
    """

    lake: Lake
    prepare: Callable[[Store], None]
    work: Callable[[Store, Engine], None]


@contextmanager
def fixed_arrivals() -> Iterator[None]:
    """Files arrive in raw/ at the times that are fixed here, whenever they were really put."""
    waiting = validate.waiting

    def arrived(store: Store, lake: Lake, *args: object) -> list[ObjectInfo]:
        found = waiting(store, lake, *args)  # type: ignore[arg-type]
        return [replace(info, modified=_arrival(info.key)) for info in found]

    with mock.patch.object(validate, "waiting", arrived):
        yield


def _arrival(key: str) -> datetime:
    return ARRIVALS.get(key.removeprefix("raw/"), ARRIVED)


SHORT = dataset_of(contract()).format.model_copy(update={"max_record_lines": 2})
"""Records of few lines, so that a cut is made right where a piece is full."""
RETAIL = contract(rules=[FAIL], task_mb=1, format=SHORT)
IN_FOLDERS = dataset_of(contract()).zones.model_copy(update={"dated": True})
DATED = contract(rules=[FAIL], zones=IN_FOLDERS, format=NdjsonFormat(type="ndjson"))
VERSIONED = contract(versions=Versions.SUPERSEDE)
PICKY = contract(rules=[FEW], contract_version="1")
OPEN = contract(rules=[], contract_version="2")


def _ingest(store: Store, engine: Engine) -> None:
    run_pipeline(store, RETAIL, engine)


def _before_ingest(store: Store) -> None:
    place(store, "before.csv", BEFORE, ARRIVED - DAY)
    _ingest(store, ONE)
    for name, data in INCOMING.items():
        drop(store, name, data)


def _replay(store: Store, engine: Engine) -> None:
    recover_lake(store, OPEN)
    for _ in replay(store, dataset_of(OPEN), engine, Selection()):
        pass
    compact(store, dataset_of(OPEN), engine)


def _before_replay(store: Store) -> None:
    place(store, "a.csv", csv(sale("T1", FIRST), sale("T2", SECOND, 9), sale("", SECOND)))
    place(store, "b.csv", csv(sale("T3", SECOND)))
    place(store, "c.csv", csv(sale("T4", SECOND, 7), sale("T5", FIRST)), ARRIVED + DAY)
    run_pipeline(store, PICKY, ONE)


def _rebuild(store: Store, engine: Engine) -> None:
    dataset = dataset_of(RETAIL)
    recover_lake(store, RETAIL)
    rebuild_dates(store, dataset, engine, [FIRST, SECOND])
    compact(store, dataset, engine)


def _before_rebuild(store: Store) -> None:
    place(store, "before.csv", BEFORE, ARRIVED - DAY)
    place(store, "good.csv", GOOD)
    place(store, "large.csv", LARGE)
    _ingest(store, ONE)
    first, *_ = keys(store, f"processed/date={FIRST}/")
    store.delete(first)
    store.put(f"processed/date={SECOND}/stray.snappy.parquet", b"of nobody")


def _supersede(store: Store, engine: Engine) -> None:
    run_pipeline(store, VERSIONED, engine)


def _before_supersede(store: Store) -> None:
    place(store, "report.csv", csv(sale("T1", FIRST), sale("T2", SECOND)))
    _supersede(store, ONE)
    drop(store, "report.csv", csv(sale("T1", FIRST, 2), sale("T3", THIRD), sale("", THIRD)))
    drop(store, "other.csv", csv(sale("T4", SECOND)))


def _dated(store: Store, engine: Engine) -> None:
    run_pipeline(store, DATED, engine)


def _before_dated(store: Store) -> None:
    place(store, "sheet.ndjson", _lines(sale("T1", FIRST)))
    _dated(store, ONE)
    taken = _lines(sale("T2", FIRST), sale("", SECOND)) + b"no object\n"
    drop(store, "sheet.ndjson", taken)  # a name that is taken
    drop(store, "odd.ndjson", b"foo\n1\n")
    drop(store, "refused.ndjson", _lines(sale("T3").replace("S1", "S2")))
    place(store, "other.ndjson", _lines(sale("T4", SECOND)), ARRIVED + DAY)


def _lines(*rows: str) -> bytes:
    """A file of NDJSON."""
    objects = (dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in rows)
    return "".join(f"{json.dumps(one)}\n" for one in objects).encode()


def _tables() -> Lake:
    """Sales that carry, keep snapshots and look up what an article is called; and the articles."""
    plain = contract().model_dump(mode="json")
    (sales,) = plain["datasets"]
    options = {"snapshots": True, "carry": True}
    prefixes = contract().datasets[0].zones.prefixes
    zones = {zone: f"articles/{prefix}" for zone, prefix in prefixes.items()}
    arrival = {"by": "arrival", "start": "2025-01-01"}
    articles = {**sales, "name": "articles", "zones": zones, "key": ["item_id"]}
    articles["partition"] = arrival
    articles["gold"] = {**sales["gold"], **options, "table": "articles"}
    lookup = {
        "dataset": "articles",
        "on": {"item_id": "item_id"},
        "columns": {"list_price": "unit_price"},
    }
    sales["gold"] |= {**options, "lookups": [lookup]}
    return Lake.model_validate({**plain, "datasets": [sales, articles]})


TABLES = _tables()


def _before_tables(store: Store) -> None:
    """Rows of both are ingested, late ones of an old date among them, and gold is not made yet."""
    articles = TABLES.dataset("articles")
    _arrive(store, articles, "list.csv", csv(sale("A1", FIRST)), ARRIVED)
    place(store, "a.csv", csv(sale("T1", FIRST), sale("T2", SECOND)))
    run_pipeline(store, TABLES, ONE)
    _arrive(store, articles, "list2.csv", csv(sale("A2", SECOND)), ARRIVED + DAY)
    place(store, "b.csv", csv(sale("T3", FIRST), sale("T4", THIRD)), ARRIVED + DAY)
    for dataset in TABLES.datasets:
        while ingest(store, TABLES, dataset, ONE):
            pass


def _arrive(store: Store, dataset: Dataset, name: str, data: bytes, arrived: datetime) -> None:
    store.put(dataset.zones.raw + name, data)
    source = store.head(dataset.zones.raw + name)
    store.move(source, dataset.zones.validated + name, arrived=arrived)


def _make_tables(store: Store, engine: Engine) -> None:
    for dataset in looked_up_first(TABLES.datasets):
        compact(store, dataset, engine, lake=TABLES)


SCENARIOS: Mapping[str, Scenario] = {
    "ingest": Scenario(RETAIL, _before_ingest, _ingest),
    "replay": Scenario(OPEN, _before_replay, _replay),
    "rebuild": Scenario(RETAIL, _before_rebuild, _rebuild),
    "supersede": Scenario(VERSIONED, _before_supersede, _supersede),
    "dated": Scenario(DATED, _before_dated, _dated),
    "tables": Scenario(TABLES, _before_tables, _make_tables),
}
