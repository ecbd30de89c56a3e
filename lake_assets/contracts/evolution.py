"""Two versions of a contract: what changed, and what that means for the rows that are there."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from lake_assets.contracts.changes import Change, Effect, breaking, compatible, others, replay
from lake_assets.contracts.column_evolution import column_changes, renamed_columns
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.gold_evolution import OPTIONS, option_changes
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.model import ContractModel
from lake_assets.contracts.partitioning import PartitionBy
from lake_assets.contracts.rule_evolution import meaning, rule_changes

LIMITS = (
    "max_columns", "max_expanded_mb", "max_expansion_ratio", "max_field_kb", "max_file_mb",
    "max_line_kb", "max_record_lines",
)  # fmt: skip
"""Of the format: a larger figure lets in what was refused, and changes nothing else."""

GRAVITY = list(Effect)


class Comparison(ContractModel):
    """How a dataset changed.

    Attributes:
        dataset: its name.
        changes: the gravest first; none if the two versions say the same.
        old_version, new_version: ``contract_version`` of each; None where it does not exist.
    """

    dataset: str
    changes: list[Change]
    old_version: str | None
    new_version: str | None

    @property
    def effect(self) -> Effect | None:
        """That of the gravest change."""
        return self.changes[0].effect if self.changes else None

    @property
    def version_is_missing(self) -> bool:
        """Whether rows would carry the version of a contract that reads them otherwise.

        A version stands for one reading: the same files under the same version give the same
        bytes.
        """
        return self.old_version == self.new_version and any(each.rows for each in self.changes)


def compare_lakes(old: Lake, new: Lake) -> list[Comparison]:
    """Each dataset of either lake, by name; of the lakes themselves only the datasets count."""
    before = {dataset.name: dataset for dataset in old.datasets}
    after = {dataset.name: dataset for dataset in new.datasets}
    return [_compared(before.get(name), after.get(name), name) for name in {**before, **after}]


def compare_datasets(old: Dataset, new: Dataset) -> list[Change]:
    """All changes between two versions of a dataset, the gravest first.

    Names in keys, rules and so on are compared as of the same column if it was renamed by alias.
    """
    renamed = renamed_columns(old, new)
    found = chain(
        column_changes(old, new),
        _names_changed(old, new, renamed),
        _partition_changes(old, new),
        rule_changes(old, new, renamed),
        _format_changes(old, new),
        _gold_changes(old, new, renamed),
        _other_changes(old, new),
    )
    return sorted(found, key=lambda change: -GRAVITY.index(change.effect))


def _compared(old: Dataset | None, new: Dataset | None, name: str) -> Comparison:
    changes: list[Change] = []
    if old and new:
        changes = compare_datasets(old, new)
    elif old:
        changes = [breaking("datasets", "removed: its tables are made no more")]
    elif new:
        changes = [compatible("datasets", "a new dataset")]
    return Comparison(
        dataset=name,
        changes=changes,
        old_version=old.contract_version if old else None,
        new_version=new.contract_version if new else None,
    )


def _names_changed(old: Dataset, new: Dataset, renamed: Mapping[str, str]) -> Iterator[Change]:
    key = [renamed.get(name, name) for name in old.key]
    if set(key) != set(new.key):
        yield breaking(
            "key",
            f"was {', '.join(key)}, is {', '.join(new.key)}: other rows supersede each other. "
            "Gold of all dates has to be made again",
        )
    elif key != new.key:
        yield compatible("key", "in another order: so are the rows of new gold files")
    if old.partition.by is not new.partition.by:
        yield breaking(
            "partition.by",
            f"was {old.partition.by}, is {new.partition.by}: rows belong to other dates. All "
            "dates have to be rebuilt",
        )
        return
    column = renamed.get(old.partition.column or "", old.partition.column)
    if column != new.partition.column:
        yield breaking(
            "partition.column",
            f"was {column}, is {new.partition.column}: rows belong to other dates. All dates "
            "have to be rebuilt",
        )


def _partition_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    was, now = old.partition, new.partition
    if was.by is not now.by:
        return  # told of as the graver change
    if now.by is PartitionBy.ARRIVAL:
        if was.start != now.start:
            yield compatible(
                "partition.start",
                f"was {was.start}, is {now.start}: Dagster shows other days; no row changes",
                rows=False,
            )
        return
    for field, before, after, looser in (
        ("start", was.start, now.start, now.start < was.start),
        (
            "max_days_ahead", was.max_days_ahead, now.max_days_ahead,
            now.max_days_ahead > was.max_days_ahead,
        ),
    ):  # fmt: skip
        if before != after:
            make, what = (compatible, "more") if looser else (replay, "fewer")
            yield make(f"partition.{field}", f"was {before}, is {after}: {what} dates are accepted")


def _format_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    before = dict(old.format)
    if old.format.type != new.format.type:
        yield breaking(
            "format.type",
            f"was {old.format.type}, is {new.format.type}: files that are archived, or still to "
            "come, cannot be read as what they are not",
        )
        before |= {name: value for name, value in dict(new.format).items() if name not in before}
        before["type"] = new.format.type
    for field, now in dict(new.format).items():
        was, where = before[field], f"format.{field}"
        if was == now:
            continue
        if field in LIMITS and now > was:
            yield compatible(where, f"was {was:,}, is {now:,}: looser")
        elif field in LIMITS:
            yield replay(where, f"was {was:,}, is {now:,}: stricter, for archived files too")
        else:
            yield replay(
                where, f"was {was!r}, is {now!r}: files that are archived were read by the old one"
            )


def _gold_changes(old: Dataset, new: Dataset, renamed: Mapping[str, str]) -> Iterator[Change]:
    was, now = old.gold, new.gold
    hashed = [renamed.get(name, name) for name in was.row_hash]
    if hashed != now.row_hash:
        yield replay(
            "gold.row_hash",
            f"{_moved(hashed, now.row_hash)}: gold that is there has other hashes until it is "
            "made again",
        )
    if was.table != now.table:
        yield breaking("gold.table", f"was {was.table}, is {now.table}: readers do not find it")
    counts = {name: meaning(text, renamed) for name, text in was.audit_counts.items()}
    if counts != {name: meaning(text, {}) for name, text in now.audit_counts.items()}:
        yield compatible("gold.audit_counts", "counts something else from now on", rows=False)
    if was.target_file_mb != now.target_file_mb:
        yield compatible("gold.target_file_mb", "cuts new gold files at another size")
    yield from option_changes(was, now)
    told = {"row_hash", "table", "audit_counts", "target_file_mb", *OPTIONS}
    remarks = {"crawler_name", "one_task_mb", "at_once_mb"}
    yield from others("gold.", dict(was), dict(now), told=told, remarks=remarks)


def _other_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    for field, prefix in new.zones.prefixes.items():
        if (was := old.zones.prefixes[field]) != prefix:
            yield breaking(
                f"zones.{field}", f"was {was}, is {prefix}: move what is there before the next run"
            )
    if old.zones.dated != new.zones.dated:
        yield compatible(
            "zones.dated",
            "for files that arrive from now on; the ledger names the keys of those that are there",
            rows=False,
        )
    if old.versions != new.versions:
        yield compatible(
            "versions",
            f"was {old.versions}, is {new.versions}: for files that arrive, or are replayed, from "
            "now on",
        )
    quality = dict(new.quality)
    yield from others("quality.", dict(old.quality), quality, remarks=quality)
    told = {
        "columns", "contract_version", "format", "gold", "key", "name", "partition", "quality",
        "rules", "versions", "zones",
    }  # fmt: skip
    remarks = {"description", "engine", "late_after_days", "runbook"}
    yield from others("", dict(old), dict(new), told=told, remarks=remarks)


def _moved(old: Sequence[str], new: Sequence[str]) -> str:
    """``gains a, loses b``."""
    gains, loses = (
        [name for name in one if name not in other] for one, other in ((new, old), (old, new))
    )
    told = [
        f"{verb} {', '.join(names)}"
        for verb, names in (("gains", gains), ("loses", loses))
        if names
    ]
    return ", ".join(told) or "in another order"
