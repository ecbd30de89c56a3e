"""What the audit of a date says of a table that carries, looks up, or keeps snapshots."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.gold_files import Counts
from lake_assets.jobs.compaction.metrics import Metrics, Status
from lake_assets.jobs.compaction.sources import Sources
from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage.zones import gold_prefix, processed_prefix


@dataclass(slots=True)
class Made:
    """A table that is written, and not committed yet: counts, keys, and files if a snapshot's."""

    carried: int
    read: int
    superseded: int
    counts: Counts
    outputs: list[str]
    files: list[ManifestFile] = field(default_factory=list)


def status_of(sources: Sources) -> Status:
    """Of a table that could be made."""
    return "written" if sources.inputs else "no_input"


def blank(dataset: Dataset, day: str) -> Metrics:
    """Of a date (ISO) of which nothing is known."""
    return Metrics(day, processed_prefix(dataset, day), gold_prefix(dataset, day))


def failed(
    dataset: Dataset, day: str, last: Metrics | None, status: Status, error: BaseException
) -> Metrics:
    """What is noted of a failure: the snapshot of before still counts, and so do its figures."""
    told = f"{type(error).__name__}: {error}"
    stands = last if last and dataset.gold.snapshots else blank(dataset, day)
    counts = dict.fromkeys(dataset.gold.audit_counts, 0) | stands.audit_counts
    return replace(stands, status=status, error=told, audit_counts=counts, processed_at_utc=_now())


def written(
    dataset: Dataset,
    day: str,
    sources: Sources,
    made: Made,
    snapshot: str | None,
    previous: str | None,
) -> Metrics:
    """Of a table that was made, as this snapshot behind the previous one, or in place."""
    carries, counts = dataset.gold.carry, made.counts
    return replace(
        blank(dataset, day),
        status=status_of(sources),
        total_rows_in_source_partition=made.read + made.superseded,
        rows_after_dedup=counts.rows,
        duplicate_rows_removed=made.carried + made.read - counts.rows,
        superseded_rows_removed=made.superseded,
        audit_counts=dict.fromkeys(dataset.gold.audit_counts, 0) | counts.audit,
        null_counts=dict.fromkeys([one.name for one in dataset.columns], 0) | counts.nulls,
        inputs=[info.key for info in sources.inputs],
        outputs=made.outputs,
        processed_at_utc=_now(),
        carried_rows=made.carried if carries else None,
        snapshot=snapshot,
        previous_snapshot=previous,
        contract_version=dataset.contract_version if snapshot else None,
        carried=sources.carried.version if sources.carried else None,
        lookups=[table.version for table in sources.lookups] if dataset.gold.lookups else None,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
