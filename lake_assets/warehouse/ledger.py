"""The ledger: which snapshot of which date is loaded. Its rows are written with the data."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from lake_assets.jobs.tables.manifest import Manifest
from lake_assets.warehouse.session import Session
from lake_assets.warehouse.sql import day, instant, literal, quoted
from lake_assets.warehouse.staging import of_dates
from lake_assets.warehouse.star import StageTable, Star

ROWS = 1_000
"""An INSERT takes no more rows than that with good grace."""


def loaded_snapshots(session: Session, star: Star, stage: StageTable) -> dict[str, str]:
    """Date (ISO) -> the snapshot that is loaded."""
    date, snapshot = quoted("lake_date"), quoted("snapshot")
    found = session.execute(
        f"SELECT {date}, MAX({snapshot}) FROM {star.ledger} WHERE {_of(stage)} GROUP BY {date}"
    )
    return {str(found_day)[:10]: str(name) for found_day, name in found}


def replace_entries(
    star: Star, stage: StageTable, manifests: Sequence[Manifest], at: datetime
) -> list[str]:
    """Note that these snapshots are loaded, each in place of the one of its date before."""
    dates = of_dates(one.date for one in manifests)
    entries = [entry for one in manifests for entry in _entries(one, at)]
    names = ("dataset", "lake_date", "snapshot", "file", "etag", "row_count", "loaded_at")
    columns = ", ".join(map(quoted, names))
    parts = [entries[start : start + ROWS] for start in range(0, len(entries), ROWS)]
    return [
        f"DELETE FROM {star.ledger} WHERE {_of(stage)} AND {dates}",
        *(f"INSERT INTO {star.ledger} ({columns}) VALUES\n" + ",\n".join(part) for part in parts),
    ]


def _entries(manifest: Manifest, at: datetime) -> Iterable[str]:
    shared = f"{literal(manifest.dataset)}, {day(manifest.date)}, {literal(manifest.snapshot)}"
    for file in manifest.files:
        told = f"{literal(file.key)}, {literal(file.etag)}, {file.rows}"
        yield f"({shared}, {told}, {instant(at)})"
    if not manifest.files:
        yield f"({shared}, NULL, NULL, 0, {instant(at)})"


def _of(stage: StageTable) -> str:
    return f"{quoted('dataset')} = {literal(stage.dataset.name)}"
