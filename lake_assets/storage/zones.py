"""The one place that makes keys. Layout: the zones of a lake, as in the retail specification."""

import hashlib
import re
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from urllib.parse import quote

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.zones import Unknown, Zones
from lake_assets.storage.errors import InvalidKey
from lake_assets.storage.objects import validate_key

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


MAX_SEGMENT_BYTES = 255
"""Of the part of a key between two slashes: more than that no common file system takes."""

REASON = "_reason.json"


def validate_name(dataset: Dataset, name: str, arrived: datetime) -> None:
    """Check that every key can be made that a file of this name may get on its way.

    A name that fits in raw/ and not in archive/ would stop a run after its commit.

    Raises:
        InvalidKey: with the reason.
    """
    zones = dataset.zones
    validate_key(zones.validated + name)
    longest = [
        reason_key(apart(_refused_key(dataset, name, arrived), "")),
        apart(archive_key(dataset, name, arrived, "0" * 16), ""),
    ]
    for key in longest:
        _validate_segments(key, name)


def _validate_segments(key: str, name: str) -> None:
    validate_key(key)
    if any(len(segment.encode()) > MAX_SEGMENT_BYTES for segment in key.split("/")):
        raise InvalidKey(
            f"The name {name[:40]!r}... is too long: with the stamp or the mark that it may get "
            f"it has over {MAX_SEGMENT_BYTES} bytes. Shorten it."
        )


def validated_key(dataset: Dataset, name: str, identity: str) -> str:
    """Where a file waits to be ingested; :func:`source_file` gives its name back."""
    key = dataset.zones.validated + name
    # A name that was dropped with a mark in it would lose that mark for one of ours.
    return apart(key, identity) if COLLISION.search(name) else key


def rejected_key(dataset: Dataset, name: str, arrived: datetime, identity: str) -> str:
    """Where a file is kept that is refused as a whole: under its own name, if that can be."""
    try:
        validate_name(dataset, name, arrived)
    except InvalidKey:
        name = _one_segment(name)
    key = _refused_key(dataset, name, arrived)
    # The reason of a file `x` is written to `x_reason.json`, over a refused file of that name.
    return apart(key, identity) if name.endswith(REASON) else key


def refused_later_key(dataset: Dataset, name: str, arrived: datetime, identity: str) -> str:
    """Where a file is kept that was let in, and refused while it was read.

    Always with a mark: until its run has moved it there, the door may put another file of its
    name under the plain one.
    """
    return apart(_refused_key(dataset, name, arrived), identity)


def unknown_key(unknown: Unknown, name: str, arrived: datetime, identity: str) -> str:
    """Where a file of no dataset is kept, ``name`` being its path below ``unknown.raw``."""
    folder = f"{unknown.rejected}{arrived:%Y-%m-%d}/"
    try:
        validate_key(unknown.raw + name)
        _validate_segments(reason_key(apart(folder + name, "")), name)
    except InvalidKey:
        name = _one_segment(name)
    return apart(folder + name, identity) if name.endswith(REASON) else folder + name


def refused_name(prefix: str, key: str, *, dated: bool) -> str:
    """The name in the key of a refused file, marks included, without zone and date."""
    name = key.removeprefix(prefix)
    return _DATE.sub("", name, count=1) if dated else name


def _one_segment(name: str) -> str:
    """What every store takes, without a dot or a slash that leads elsewhere."""
    name = quote(name.encode("utf-8", "surrogateescape"), safe=" ")[:120]
    return name if name.strip(".") else name.replace(".", "%2E") or "nameless"


def _refused_key(dataset: Dataset, name: str, arrived: datetime) -> str:
    return f"{dataset.zones.rejected_system}{_dated(dataset, arrived)}{name}"


def _dated(dataset: Dataset, arrived: datetime) -> str:
    return f"{arrived:%Y-%m-%d}/" if dataset.zones.dated else ""


_DATE = re.compile(r"^\d{4}-\d\d-\d\d/")


def reason_key(rejected_key: str) -> str:
    """Where it is written why ``rejected_key``, a whole file, was refused."""
    return f"{rejected_key}{REASON}"


def processed_prefix(dataset: Dataset, day: str) -> str:
    """The processed partition of an event date."""
    return f"{dataset.zones.processed}date={day}/"


def part_name(run_id: str, part: int, volume: int = 0, generation: int = 1) -> str:
    """``part-<ingest_run_id>-0000``; a long task writes several volumes, ``...-0000-0001``.

    What a run was restated as has its generation in the name, ``part-<ingest_run_id>-g2-0000``, so
    that no object is written twice with other bytes.
    """
    origin = f"{run_id}-g{generation}" if generation > 1 else run_id
    return f"part-{origin}-{part:04d}" + (f"-{volume:04d}" if volume else "")


_PART = re.compile(r"/part-(?P<run>[^/-]+)(?:-g(?P<generation>\d+))?-(?P<part>\d{4,})[^/]*$")


def part_of(key: str) -> int:
    """The number of the task that wrote an output with a :func:`part_name`.

    Raises:
        ValueError: the key is not one.
    """
    return int(_parsed(key)["part"])


def generation_of_output(key: str) -> int:
    """The generation of the run that wrote an output with a :func:`part_name`.

    Raises:
        ValueError: the key is not one.
    """
    return int(_parsed(key)["generation"] or 1)


def _parsed(key: str) -> re.Match[str]:
    match = _PART.search(key)
    if not match:
        raise ValueError(f"{key!r} is not the key of an output of an ingest run.")
    return match


def processed_key(dataset: Dataset, day: str, name: str) -> str:
    """One Parquet file of a processed partition; ``name`` is a :func:`part_name`."""
    return f"{processed_prefix(dataset, day)}{name}.snappy.parquet"


def rejects_key(dataset: Dataset, form: str, name: str) -> str:
    """Reject records; ``form`` is ``json`` (one object a line) or ``csv``."""
    return f"{dataset.zones.rejected_rows}{form}/{name}.{form}"


def archive_key(dataset: Dataset, name: str, arrived: datetime, run_id: str) -> str:
    """``archive/validated/<original_filename>_<YYYYMMDDTHHMMSS>_<ingest_run_id>``.

    In dated folders the name is the file's own, ``archive/<YYYY-MM-DD>/<original_filename>``, and
    may be taken: see ``jobs.destinations``.
    """
    if dataset.zones.dated:
        return f"{dataset.zones.archive}{_dated(dataset, arrived)}{name}"
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


def content_key(dataset: Dataset, sha256: str) -> str:
    """Where it is noted that a file of these bytes was ingested."""
    return f"{dataset.zones.content}{sha256}.json"


def suspects_prefix(dataset: Dataset) -> str:
    """Marks of files that are read by a process which may die over them."""
    return f"{dataset.zones.content}suspects/"


def suspect_key(dataset: Dataset, identity: str, time: int) -> str:
    """The mark of one file, the n-th time (from 1); ``identity`` is the file's own."""
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return f"{suspects_prefix(dataset)}{digest}~{time}"


def commit_key(dataset: Dataset, arrival: date, run_id: str, generation: int = 1) -> str:
    """The record that is the commit point of an ingest run, or of what it was restated as."""
    name = f"{run_id}-g{generation}" if generation > 1 else run_id
    return f"{ledger_prefix(dataset, arrival)}{name}.json"


def generation_of(key: str) -> tuple[str, int]:
    """The run's id and the generation in a :func:`commit_key` or a :func:`restating_key`."""
    name = key.rpartition("/")[2].removesuffix(".json").partition("~")[0]
    run_id, _, generation = name.partition("-g")
    return run_id, int(generation or 1)


def restating_prefix(dataset: Dataset, arrival: date, run_id: str) -> str:
    """The marks that a run is being restated; they go when that is published."""
    return f"{dataset.zones.restating}date={arrival}/{run_id}-g"


def restating_key(
    dataset: Dataset, arrival: date, run_id: str, generation: int, driver: str
) -> str:
    """The mark of one driver that restates a run."""
    return f"{restating_prefix(dataset, arrival, run_id)}{generation}~{driver}.json"


def versions_prefix(dataset: Dataset, name: str) -> str:
    """The versions of a file that were ingested, by the name under which it was dropped."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{dataset.zones.versions}{digest}/"


def version_key(
    dataset: Dataset, name: str, arrived: datetime, run_id: str, generation: int = 1
) -> str:
    """The note of one version, as one generation of its run has read it; in order of arrival."""
    stamp = f"{arrived:%Y%m%dT%H%M%S%f}"
    return f"{versions_prefix(dataset, name)}{stamp}_{run_id}-g{generation}.json"


def version_of(key: str) -> tuple[datetime, str]:
    """The arrival and the run's id in a :func:`version_key`."""
    stamp, _, name = key.rpartition("/")[2].partition("_")
    arrived = datetime.strptime(stamp, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    return arrived, name.removesuffix(".json").partition("-g")[0]


def superseded_prefix(dataset: Dataset, day: str) -> str:
    """Files whose rows of an event date gold leaves out."""
    return f"{dataset.zones.superseded}date={day}/"


def superseded_key(dataset: Dataset, day: str, name: str, arrived: datetime, run_id: str) -> str:
    """The mark that gold leaves out the rows of one file on one date."""
    note = version_key(dataset, name, arrived, run_id)
    return superseded_prefix(dataset, day) + note.removeprefix(dataset.zones.versions).replace(
        "/", "_"
    )


def day_of(key: str) -> str | None:
    """The event date in a key's ``date=`` folder, if it has one."""
    match = re.search(r"(?:^|/)date=(\d{4}-\d\d-\d\d)/", key)
    return match[1] if match else None


MANIFEST = "_manifest.json"
_SNAPSHOT = re.compile(r"/snapshot=(?P<name>(?P<number>\d{4,})-[0-9a-f]{16})/[^/]+$")


def snapshot_name(number: int, identity: str) -> str:
    """``0001-<16 hex digits>``: a snapshot's number within its date, and what went into it."""
    return f"{number:04d}-{identity}"


def snapshot_number(name: str) -> int:
    """The number in a :func:`snapshot_name`."""
    return int(name.partition("-")[0])


def snapshot_prefix(dataset: Dataset, day: str, name: str) -> str:
    """One snapshot of a gold partition; ``name`` is a :func:`snapshot_name`."""
    return f"{gold_prefix(dataset, day)}snapshot={name}/"


def snapshot_key(dataset: Dataset, day: str, name: str, part: int) -> str:
    """One Parquet file of a snapshot."""
    return f"{snapshot_prefix(dataset, day, name)}part-{part:04d}.snappy.parquet"


def manifest_key(dataset: Dataset, day: str, name: str) -> str:
    """What a snapshot consists of; it is written last."""
    return f"{snapshot_prefix(dataset, day, name)}{MANIFEST}"


def snapshot_of(key: str) -> str | None:
    """The name of the snapshot that an object of gold belongs to; None if it is in none."""
    match = _SNAPSHOT.search(key)
    return match["name"] if match else None
