"""The steps in a row: everything that waits, from raw/ to gold."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.lookups import looked_up_first
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.reading.task import Engine
from lake_assets.jobs.repair.recover import recover_lake
from lake_assets.jobs.unknown import refuse_unknown
from lake_assets.jobs.validate import Verdict, validate
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of the pipeline did for one dataset, in the order of the steps.

    ``unknown`` are files of no dataset of the lake; the first outcome of a run tells of them.
    """

    dataset: Dataset
    recovered: list[Commit] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    metrics: list[Metrics] = field(default_factory=list)
    unknown: list[Verdict] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether a file was refused as a whole, at the door or while it was read, or is stuck."""
        records = [*self.recovered, *self.commits]
        verdicts = [*self.unknown, *self.verdicts]
        return any(verdict.outcome in {"refused", "stuck"} for verdict in verdicts) or any(
            item.outcome == "refused" for record in records for item in record.inputs
        )


def run_pipeline(
    store: Store,
    lake: Lake,
    engine: Engine,
    datasets: Iterable[Dataset] | None = None,
    complete: Collection[str] = (),
) -> list[Outcome]:
    """Validate, ingest and compact until nothing waits; refuse what is of no dataset.

    Args:
        store: of the lake.
        lake: the contract.
        engine: runs the tasks.
        datasets: of the lake; None is all of them.
        complete: keys in raw/ that need not settle, because we wrote them.

    Raises:
        StoreUnavailable: the store cannot be read or written; run again, nothing is lost.
        CompactionError: a date's gold could not be made; the rows are in processed/.
    """
    outcomes = []
    recovered = recover_lake(store, lake).commits
    unknown = _refuse_unknown(store, lake, complete)
    for dataset in looked_up_first(lake.datasets if datasets is None else datasets):
        verdicts: list[Verdict] = []
        while seen := validate(store, lake, dataset, complete=complete):
            # What is stuck shows up each time.
            verdicts = [one for one in verdicts if one.outcome != "stuck"] + seen
            if all(verdict.outcome in {"vanished", "stuck"} for verdict in seen):
                break
        commits: list[Commit] = []
        while record := ingest(store, lake, dataset, engine):
            commits.append(record)
        metrics = compact(store, dataset, engine, lake=lake)
        outcomes.append(
            Outcome(dataset, recovered[dataset.name], verdicts, commits, metrics, unknown)
        )
        unknown = []
    return outcomes


def _refuse_unknown(store: Store, lake: Lake, complete: Collection[str]) -> list[Verdict]:
    found: list[Verdict] = []
    while seen := refuse_unknown(store, lake, complete=complete):
        # What is stuck shows up each time.
        found = [one for one in found if one.outcome != "stuck"] + seen
        if all(verdict.outcome in {"vanished", "stuck"} for verdict in seen):
            break
    return found
