"""The one place that makes keys. Layout: the zones of a lake, as in the retail specification."""

import hashlib
import re
from datetime import date, datetime
from pathlib import PurePosixPath

from lake_assets.contracts.dataset import Dataset, Zones

COLLISION = re.compile(r"~[0-9a-f]{12}(?=\.[^/]*$|$)")
"""Marks a file that found another of its name in the zone: ``sales~0123456789ab.csv``."""


def source_file(zones: Zones, validated_key: str) -> str:
    """The name under which a file in validated/ was dropped, folders below raw/ included."""
    return COLLISION.sub("", validated_key.removeprefix(zones.validated), count=1)


def apart(key: str, identity: str) -> str:
    """The same key with a mark that is the identity's own, for when the plain one is taken."""
    path = PurePosixPath(key)
    stem, dot, suffix = path.name.partition(".")
    mark = hashlib.sha256(identity.encode()).hexdigest()[:12]
    return str(path.with_name(f"{stem}~{mark}{dot}{suffix}"))


def reason_key(rejected_key: str) -> str:
    """Where it is written why ``rejected_key``, a whole file, was refused."""
    return f"{rejected_key}_reason.json"


def processed_prefix(dataset: Dataset, day: str) -> str:
    """The processed partition of an event date."""
    return f"{dataset.zones.processed}date={day}/"


def processed_key(dataset: Dataset, day: str, run_id: str, part: int) -> str:
    """One Parquet file of a processed partition."""
    return f"{processed_prefix(dataset, day)}part-{run_id}-{part:04d}.snappy.parquet"


def rejects_key(dataset: Dataset, form: str, run_id: str, part: int) -> str:
    """Reject records; ``form`` is ``json`` (one object a line) or ``csv``."""
    return f"{dataset.zones.rejected_rows}{form}/part-{run_id}-{part:04d}.{form}"


def archive_key(dataset: Dataset, name: str, arrived: datetime, run_id: str) -> str:
    """``archive/validated/<original_filename>_<YYYYMMDDTHHMMSS>_<ingest_run_id>``."""
    return f"{dataset.zones.archive}{name}_{arrived:%Y%m%dT%H%M%S}_{run_id}"


def gold_prefix(dataset: Dataset, day: str = "") -> str:
    """The gold table, or its partition of an event date."""
    table = f"{dataset.zones.gold}{dataset.gold.table}/"
    return f"{table}date={day}/" if day else table


def gold_key(dataset: Dataset, day: str, part: int) -> str:
    """One Parquet file of a gold partition; the names are fixed, so a rewrite replaces."""
    return f"{gold_prefix(dataset, day)}part-{part:04d}.snappy.parquet"


def metrics_key(dataset: Dataset, day: str) -> str:
    """The audit of one gold partition."""
    return f"{dataset.zones.gold_audit}date={day}/metrics.json"


def summary_key(dataset: Dataset) -> str:
    """The audit of the last compaction run."""
    return f"{dataset.zones.gold_audit}last_run_summary.json"


def stale_prefix(dataset: Dataset, day: str = "") -> str:
    """Markers of event dates whose gold is older than their processed rows."""
    prefix = f"{dataset.zones.gold_audit}stale/"
    return f"{prefix}date={day}/" if day else prefix


def stale_key(dataset: Dataset, day: str, run_id: str) -> str:
    """The marker that one ingest run leaves on a date that it touched."""
    return f"{stale_prefix(dataset, day)}{run_id}"


def ledger_prefix(dataset: Dataset, arrival: date) -> str:
    """The commits of one arrival date."""
    return f"{dataset.zones.ledger}date={arrival}/"


def commit_key(dataset: Dataset, arrival: date, run_id: str) -> str:
    """The record that is the commit point of an ingest run."""
    return f"{ledger_prefix(dataset, arrival)}{run_id}.json"


def day_of(key: str) -> str | None:
    """The event date in a key's ``date=`` folder, if it has one."""
    match = re.search(r"(?:^|/)date=(\d{4}-\d\d-\d\d)/", key)
    return match[1] if match else None
