"""What tests of the telco lake share: its contract, files to drop, and ways to look."""

import io
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.load import DEFS, load_lake
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.pipeline import Outcome, run_pipeline
from lake_assets.jobs.tables.current import table_files
from lake_assets.jobs.validate import Verdict, validate
from lake_assets.samples import SampleFile
from lake_assets.storage import Store

ENGINE = LocalEngine(2)
FOLDERS = {"plans": "plans", "customers": "customers", "activity_logs": "activity"}
"""Dataset -> its table in staging/."""


@cache
def telco() -> Lake:
    """The contract, without waiting for files to settle."""
    lake = load_lake(DEFS / "telco" / "defs.yaml")
    intake = lake.intake.model_copy(update={"settle_seconds": 0})
    return lake.model_copy(update={"intake": intake})


def changed(name: str, **changes: Any) -> Lake:
    """The contract with one dataset changed."""
    lake = telco()
    datasets = [
        Dataset.model_validate({**one.model_dump(by_alias=True), **changes})
        if one.name == name
        else one
        for one in lake.datasets
    ]
    return Lake.model_validate({**lake.model_dump(), "datasets": datasets})


def drop(store: Store, files: Iterable[SampleFile]) -> None:
    """Put files into raw/, in their order."""
    for file in files:
        store.put(f"raw/{file.name}", file.content)


def arrive(store: Store, file: SampleFile, day: date) -> None:
    """Put a file into validated/, as if it had arrived at eight in the morning of a day."""
    folder, _, name = file.name.partition("/")
    raw = f"raw/{file.name}"
    store.put(raw, file.content)
    arrived = datetime.combine(day, time(8), UTC)
    store.move(store.head(raw), telco().dataset(folder).zones.validated + name, arrived=arrived)


def arrive_by_name(store: Store, root: Path, files: Iterable[SampleFile]) -> list[Verdict]:
    """Let in what waits of plans and customers, as if each file had arrived on the day in its name.

    Args:
        store: of the lake, whose raw/ has the files.
        root: its folder.
        files: those of the year.

    Returns:
        What was found at the door.
    """
    verdicts = []
    for dataset in map(telco().dataset, ("plans", "customers")):
        verdicts += validate(store, telco(), dataset)
        for file in files:
            folder, _, name = file.name.partition("/")
            if folder == dataset.name and not file.truth.system_reject:
                at = datetime.combine(day_of_file(file), time(8), UTC).timestamp()
                os.utime(root / dataset.zones.validated / name, (at, at))
    return verdicts


def day_of_file(file: SampleFile) -> date:
    """The date in a file's name."""
    return date.fromisoformat(file.name.partition(".")[0][-10:])


def run(store: Store, lake: Lake | None = None) -> dict[str, Outcome]:
    """Everything that waits, to staging; by dataset."""
    return {one.dataset.name: one for one in run_pipeline(store, lake or telco(), ENGINE)}


def keys(store: Store, prefix: str) -> list[str]:
    """The keys below a prefix."""
    return [info.key for info in store.list(prefix)]


def contents(store: Store, prefix: str) -> dict[str, bytes]:
    """Key -> bytes."""
    return {key: store.read(key) for key in keys(store, prefix)}


def parquet(store: Store, found: Iterable[str]) -> pl.DataFrame:
    """The rows of Parquet files."""
    frames = [pl.read_parquet(io.BytesIO(store.read(key))) for key in found]
    return pl.concat(frames) if frames else pl.DataFrame()


def staging(store: Store, name: str, lake: Lake | None = None) -> pl.DataFrame:
    """The rows of a dataset's table as it stands."""
    dataset = (lake or telco()).dataset(name)
    return parquet(store, (info.key for info in table_files(store, dataset)))


def inputs(outcomes: dict[str, Outcome]) -> Iterator[tuple[str, Any]]:
    """Name below raw/, and what the ledger says of that file."""
    for name, outcome in outcomes.items():
        for record in outcome.commits:
            for item in record.inputs:
                yield f"{name}/{item.source_file}", item
