"""A small lake of NDJSON, arrival dates and tables built on tables, and what its jobs wrote."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.job import Compact, Ingest, Job, Rebuild, Replay
from lake_assets.samples import SampleFile, telco_files
from lake_assets.storage.store import Store
from lake_assets_tests.jobs.lakes import contents
from lake_assets_tests.telco_lake import arrive, day_of_file, telco

FIRST, SECOND = date(2024, 1, 1), date(2024, 1, 2)
DAYS = (FIRST.isoformat(), SECOND.isoformat())
"""Of arrivals and of events."""
WRITTEN = ("archive/", "clean/", "rejected/")
DOCUMENTS = ("audit/", "staging/")
VOLATILE = {
    "committed_at", "etag", "part_etags", "processed_at_utc", "run_ts_utc", "upload_id",
}  # fmt: skip
"""Of documents in JSON: what a disk, or the clock, says otherwise each time."""
SNAPSHOT = re.compile(r"\b(\d{4})-[0-9a-f]{16}\b")
"""The second half of its name comes of ETags, which are others on each disk."""


def lake(*, first: bool = True) -> Lake:
    """Files are cut in pieces from a megabyte on.

    The ``first`` contract takes no timestamps without an offset. The one that follows does, has a
    column more of activity, and a rule more on customers.
    """
    told = telco().model_dump()
    told["intake"]["task_mb"] = 1
    _, customers, activity = told["datasets"]
    if first:
        column = next(one for one in activity["columns"] if one["name"] == "event_timestamp")
        column["formats"] = ["yyyy-MM-dd'T'HH:mm[:ss[.SSS]]XXX"]
    else:
        activity["columns"].append({"name": "app_version"})
        customers["rules"].append({"name": "told", "expression": "status <> 'suspended'"})
        for dataset in (customers, activity):
            dataset["contract_version"] = "2"
    return Lake.model_validate(told)


def files(events: int) -> Iterator[SampleFile]:
    """Of two days; with 8,000 events, one a day is larger than a megabyte."""
    yield from telco_files(customers=150, plans=6, events=events, days=2, truth=False)
    for file in telco_files(seed=1, customers=40, plans=6, events=200, days=2, truth=False):
        folder, _, name = file.name.partition("/")
        packed = gzip.compress(file.content, mtime=0)
        yield SampleFile(f"{folder}/more_{name}.gz", packed, file.truth)


def fill(store: Store, events: int = 8_000) -> None:
    """Files of all datasets in validated/, each on its day."""
    for file in files(events):
        arrive(store, file, day_of_file(file))


def jobs(uri: str, endpoint: str | None = None) -> Iterator[Job]:
    """From validated/ to staging/, and once more under another version of the contract."""
    before, after = lake(), lake(first=False)
    both = Compact(dates=DAYS)
    again = Replay(first=FIRST, last=FIRST)
    mended = Replay(first=FIRST, last=SECOND, reasons=("INVALID_TIMESTAMP_FORMAT",))
    ingests = (Ingest(arrival=FIRST), Ingest(arrival=SECOND))
    steps = {
        "plans": (*ingests, both),
        "customers": (*ingests, Rebuild(dates=DAYS[:1]), both),
        "activity_logs": (*ingests, Rebuild(dates=DAYS[:1]), both),
    }
    for contract, dataset, work in (
        *((before, name, step) for name, some in steps.items() for step in some),
        *((after, "customers", step) for step in (again, both)),
        *((after, "activity_logs", step) for step in (mended, both)),
    ):
        yield Job(lake=contract, dataset=dataset, uri=uri, endpoint=endpoint, work=work)


def written(store: Store) -> dict[str, bytes]:
    """All that has to be the same: bytes, and documents but for what clock and disk say."""
    return contents(store, *WRITTEN) | {
        SNAPSHOT.sub(r"\1", key): _settled(data) if key.endswith(".json") else data
        for key, data in contents(store, *DOCUMENTS).items()
    }


def _settled(data: bytes) -> bytes:
    return SNAPSHOT.sub(r"\1", json.dumps(_without(json.loads(data)), indent=1)).encode()


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(one) for name, one in value.items() if name not in VOLATILE}
    return [_without(one) for one in value] if isinstance(value, list) else value
