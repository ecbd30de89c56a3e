"""What may never stay: files that no run takes, and what runs left behind."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.checks.finding import Finding, Row, Severity
from lake_assets.jobs.unknown import unknown_files
from lake_assets.storage.store import Store
from lake_assets.storage.zones import stale_prefix

MANY = 1_000
"""More are counted than shown: the metadata of a check is kept for good."""


def nothing_stuck(store: Store, lake: Lake, dataset: Dataset, now: datetime) -> Finding:
    """No file waits for too long, no date stays stale, and nothing staged was forgotten.

    Staged writes alone are a warning: they are paid for, and harm nobody. Those of all datasets of
    a lake are found, because the store does not tell whose they are; and so are files of no
    dataset, because none has a check of its own.

    Args:
        store: of the lake.
        lake: says after how long something is stuck.
        dataset: the contract.
        now: aware.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    stuck = [*_old_objects(store, lake, dataset, now), *_of_no_dataset(store, lake, now)]
    limit = timedelta(hours=lake.intake.abandoned_hours)
    staged = [
        _row("staged", upload.key or upload.upload_id, f"over {limit.total_seconds() / 3600:g} h")
        for upload in store.abandoned(now - limit)
    ]
    found = stuck + staged
    counts = {what: sum(row["what"] == what for row in found) for what in WHAT}
    told = ", ".join(f"{count} {WHAT[what]}" for what, count in counts.items() if count)
    return Finding(
        not found,
        f"Stuck: {told}." if found else "No file is stuck, no date was left behind.",
        {what: float(count) for what, count in counts.items()},
        found[:MANY],
        Severity.ERROR if stuck else Severity.WARN,
        recover="Look at the runs of the lake: a file in raw/ or validated/ goes with the next "
        "ingest run, if the sensor is on and no run is queued for ever (`lake run` takes it "
        "without Dagster), and so does one of no dataset. A stale date goes with a run of gold. "
        "`lake recover` finishes what a dead run left, staged writes and interrupted replays "
        "included.",
    )


WHAT = {
    "raw": "files in raw/",
    "unknown": "files of no dataset",
    "validated": "files in validated/",
    "stale": "dates whose gold was not made",
    "restating": "replays that were interrupted",
    "staged": "staged writes of dead runs",
}


def _old_objects(store: Store, lake: Lake, dataset: Dataset, now: datetime) -> Iterator[Row]:
    """Objects that should only pass through, and have been there for too long."""
    prefixes = {
        "raw": dataset.zones.raw,
        "validated": dataset.zones.validated,
        "stale": stale_prefix(dataset),
        "restating": dataset.zones.restating,
    }
    latest = now - timedelta(minutes=lake.intake.stuck_minutes)
    for what, prefix in prefixes.items():
        for info in store.list(prefix):
            if info.modified < latest:
                yield _row(what, info.key, _age(now - info.modified))


def _of_no_dataset(store: Store, lake: Lake, now: datetime) -> Iterator[Row]:
    waiting = unknown_files(store, lake)
    latest = now - timedelta(minutes=lake.intake.stuck_minutes)
    for info in (*waiting.settled, *waiting.growing):
        if info.modified < latest:
            yield _row("unknown", info.key, _age(now - info.modified))


def _age(age: timedelta) -> str:
    hours, rest = divmod(int(age.total_seconds()), 3600)
    return f"{hours} h {rest // 60} min"


def _row(what: str, where: str, age: str) -> Row:
    return {"what": what, "where": where, "age": age}
