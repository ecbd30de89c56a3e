"""A small lake with all that engines might do otherwise, and what its jobs wrote."""

from collections.abc import Iterator
from datetime import timedelta

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.job import Compact, Ingest, Job, Rebuild, Replay
from lake_assets.samples.retail import retail_files
from lake_assets.storage.store import Store
from lake_assets_tests.jobs.lakes import ARRIVED, contents, contract, place

DAYS = ["2025-01-01", "2025-01-02"]
WRITTEN = ("processed/", "gold/", "rejected/", "archive/", "audit/content/")


def lake(*, one_task_mb: int = 0) -> Lake:
    """Files are cut in pieces from a megabyte on, and every date is too large for one task."""
    found = contract(task_mb=1)
    limits = {"target_file_mb": 1, "one_task_mb": one_task_mb}
    gold = found.datasets[0].gold.model_copy(update=limits)
    dataset = found.datasets[0].model_copy(update={"gold": gold})
    return found.model_copy(update={"datasets": [dataset]})


def restated(lake: Lake) -> Lake:
    """The same with a rule less, so that a replay lets rows in."""
    (dataset,) = lake.datasets
    rules = [rule for rule in dataset.rules if rule.name != "quantity_positive"]
    changed = dataset.model_copy(update={"rules": rules, "contract_version": "2"})
    return lake.model_copy(update={"datasets": [changed]})


def fill(store: Store, rows: int = 24_000) -> None:
    """Files of two dates in validated/, one of them of so many rows: two megabytes."""
    files = [
        *retail_files(files=1, rows=rows, days=2),
        *retail_files(seed=1, files=6, rows=300, days=2),
        *retail_files(seed=2, files=1, rows=300, days=1),
    ]
    for number, file in enumerate(files):
        place(store, f"{number}-{file.name}", file.content, ARRIVED + timedelta(seconds=number))
    again = retail_files(seed=1, files=1, rows=300, days=2)
    place(store, "sent-again.csv", next(again).content, ARRIVED + timedelta(minutes=1))


def jobs(uri: str, endpoint: str | None = None) -> Iterator[Job]:
    """From validated/ to gold, and once more under another version of the contract."""
    first, second = lake(), restated(lake())
    arrival = ARRIVED.date()
    for contract_, work in (
        (first, Ingest(arrival=arrival)),
        (first, Compact(dates=tuple(DAYS))),
        (first, Rebuild(dates=(DAYS[0],))),
        (second, Replay(first=arrival, last=arrival)),
        (second, Compact(dates=tuple(DAYS))),
    ):
        yield Job(lake=contract_, dataset="sales", uri=uri, endpoint=endpoint, work=work)


def written(store: Store) -> dict[str, bytes]:
    """All that has to be the same, byte for byte."""
    return contents(store, *WRITTEN)
