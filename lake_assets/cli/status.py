"""What is in which zone, the last runs, and anything stuck."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lake_assets.cli.cells import Name, table
from lake_assets.cli.report import show_blocks
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown
from lake_assets.jobs.unknown import unknown_files
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.ledger import latest_generations, read_commit
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import day_of, gold_prefix, stale_prefix, summary_key

RUNS_SHOWN = 5
STUCK_AFTER = timedelta(minutes=15)
PASSING = {"versions", "restating", "superseded"}
"""Zones of marks that most lakes have none of."""


def show_status(console: Console, store: Store, lake: Lake) -> None:
    """Print the state of each dataset of a lake."""
    console.print(f"[bold]{lake.lake}[/] at {escape(store.uri)}\n", soft_wrap=True)
    now = datetime.now(UTC)
    for number, dataset in enumerate(lake.datasets):
        if number:
            console.print()
        places = _places(lake, dataset)
        zones = {name: list(store.list(prefix)) for name, prefix in places.items()}
        _show_zones(console, dataset, places, zones)
        _show_runs(console, store, zones["ledger"])
        _show_compaction(console, store, dataset)
        stuck = list(_stuck(store, lake, dataset, zones, now))
        if stuck:
            console.print()
            show_blocks(console, "Needs a look", [(what, [], remedy) for what, remedy in stuck])
        else:
            console.print("[green]✓[/] nothing is stuck")
    if lake.unknown:
        _show_unknown(console, store, lake, lake.unknown, now)


def _places(lake: Lake, dataset: Dataset) -> dict[str, str]:
    """The prefix of each zone; of a zone that datasets share, what is the dataset's own in it."""
    zones = dataset.zones.prefixes
    if any(zones["gold"] == one.zones.gold for one in lake.datasets if one is not dataset):
        zones["gold"] = gold_prefix(dataset)
    return zones


def _show_zones(
    console: Console,
    dataset: Dataset,
    places: Mapping[str, str],
    zones: Mapping[str, list[ObjectInfo]],
) -> None:
    made = table(dataset.name, "zone", "files", "bytes", "newest (UTC)", numbers=3)
    for name, prefix in places.items():
        if zones[name] or name not in PASSING:
            _add_zone(made, prefix, zones[name])
    console.print(made)


def _add_zone(made: Table, prefix: str, found: Sequence[ObjectInfo]) -> None:
    newest = max((info.modified for info in found), default=None)
    size = sum(info.size for info in found)
    when = f"{newest:%Y-%m-%d %H:%M:%S}" if newest else ""
    made.add_row(Name(prefix), f"{len(found):,}", f"{size:,}", when)


def _show_unknown(
    console: Console, store: Store, lake: Lake, unknown: Unknown, now: datetime
) -> None:
    """Print what was dropped where no dataset takes any, and what of it still waits."""
    waiting = [*(found := unknown_files(store, lake)).settled, *found.growing]
    kept = list(store.list(unknown.rejected))
    made = table("of no dataset", "zone", "files", "bytes", "newest (UTC)", numbers=3)
    _add_zone(made, unknown.raw, waiting)
    _add_zone(made, unknown.rejected, kept)
    console.print(made)
    late = [info for info in waiting if now - info.modified > STUCK_AFTER]
    if late:
        console.print()
        run = f"any `lake run {lake.lake}/DATASET` takes them away, with the reason beside each"
        told = f"{_files_wait(late)} where no dataset takes any, such as {late[0].key}"
        show_blocks(console, "Needs a look", [(told, [], run)])


def _show_runs(console: Console, store: Store, ledger: list[ObjectInfo]) -> None:
    made = table(
        "Last ingest runs", "run", "committed (UTC)", "files", "read", "good", "rejected", numbers=4
    )
    stands = latest_generations(ledger)
    for info in sorted(stands, key=lambda info: info.modified)[: -RUNS_SHOWN - 1 : -1]:
        record = read_commit(store, info.key)
        books = record.books
        made.add_row(
            record.ingest_run_id,
            f"{record.committed_at:%Y-%m-%d %H:%M:%S}",
            f"{len(record.inputs):,}",
            f"{books.rows_read:,}",
            f"{books.good:,}",
            f"{books.rejected:,}",
        )
    if made.row_count:
        console.print(made)


def _show_compaction(console: Console, store: Store, dataset: Dataset) -> None:
    try:
        summary = json.loads(store.read(summary_key(dataset)))
    except ObjectNotFound:
        return
    console.print(
        f"Last compaction: {summary['run_ts_utc']}, "
        f"{summary['processed_partitions_count']} of {len(summary['results'])} dates written"
    )


def _files_wait(files: list[ObjectInfo]) -> str:
    return "1 file waits" if len(files) == 1 else f"{len(files):,} files wait"


def _stuck(
    store: Store,
    lake: Lake,
    dataset: Dataset,
    zones: Mapping[str, list[ObjectInfo]],
    now: datetime,
) -> Iterator[tuple[str, str]]:
    run = f"lake run {lake.lake}/{dataset.name}"
    late = [info for info in zones["raw"] if now - info.modified > STUCK_AFTER]
    if late:
        oldest = min(info.modified for info in late)
        yield f"{_files_wait(late)} in raw/, the oldest since {oldest:%Y-%m-%d %H:%M:%S}", run
    left = [info for info in zones["validated"] if now - info.modified > STUCK_AFTER]
    if left:
        yield (
            f"{len(left)} files are left in validated/ by a run that was interrupted",
            f"{run} finishes or repeats it",
        )
    halfway = [info for info in zones["restating"] if now - info.modified > STUCK_AFTER]
    if halfway:
        yield f"{len(halfway)} runs were being replayed when it was interrupted", "lake recover"
    stale = sorted({day for i in store.list(stale_prefix(dataset)) if (day := day_of(i.key))})
    if stale:
        yield f"gold is older than processed for {len(stale)} dates, first {stale[0]}", run
    staged = list(store.abandoned(now - timedelta(days=1)))
    if staged:
        yield (
            f"{len(staged)} staged writes are over a day old",
            "lake recover aborts those that are old enough",
        )
