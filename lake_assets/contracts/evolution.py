"""Two versions of a contract: what changed, and what that means for the rows that are there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlglot import exp

from lake_assets.contracts.changes import Change, Effect, breaking, compatible, replay
from lake_assets.contracts.column_evolution import column_changes, renamed_columns
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.model import ContractModel
from lake_assets.contracts.rule import Rule, Severity, parse_expression

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
        _rule_changes(old, new, renamed),
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
    column = renamed.get(old.partition.column, old.partition.column)
    if column != new.partition.column:
        yield breaking(
            "partition.column",
            f"was {column}, is {new.partition.column}: rows belong to other dates. All dates "
            "have to be rebuilt",
        )


def _partition_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    was, now = old.partition, new.partition
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


def _rule_changes(old: Dataset, new: Dataset, renamed: Mapping[str, str]) -> Iterator[Change]:
    after = {rule.name: rule for rule in new.rules}
    severities = list(Severity)
    for rule in old.rules:
        where = f"rules.{rule.name}"
        now = after.pop(rule.name, None)
        if now is None:
            yield compatible(where, "removed: looser. Rows that it rejected can be replayed")
            continue
        if _meaning(rule.expression, renamed) != _meaning(now.expression, {}):
            yield replay(
                f"{where}.expression",
                f"was `{rule.expression}`, is `{now.expression}`: rows that are there were judged "
                "by the old one",
            )
        if rule.severity != now.severity:
            looser = severities.index(now.severity) < severities.index(rule.severity)
            make, what = (compatible, "looser") if looser else (replay, "stricter")
            yield make(f"{where}.severity", f"was {rule.severity}, is {now.severity}: {what}")
        if rule.reason != now.reason:
            yield replay(
                f"{where}.reason",
                f"was {rule.reason}, is {now.reason}: rejects that are there have the old one",
            )
        told = {"name", "expression", "severity", "reason"}
        yield from _others(f"{where}.", dict(rule), dict(now), told=told, remarks={"description"})
    for rule in after.values():
        yield _new_rule(rule)
    names = {rule.name for rule in new.rules}
    kept = [rule.name for rule in old.rules if rule.name in names]
    if kept != [rule.name for rule in new.rules if rule.name in kept]:
        yield compatible("rules", "in another order: so are the reasons of new rejects")


def _new_rule(rule: Rule) -> Change:
    where = f"rules.{rule.name}"
    if rule.severity is Severity.WARN:
        return compatible(where, "a new rule, which only warns")
    return replay(where, f"a new rule, `{rule.expression}`: rows that are there were not judged")


def _format_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    before = dict(old.format)
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
    counts = {name: _meaning(text, renamed) for name, text in was.audit_counts.items()}
    if counts != {name: _meaning(text, {}) for name, text in now.audit_counts.items()}:
        yield compatible("gold.audit_counts", "counts something else from now on", rows=False)
    if was.target_file_mb != now.target_file_mb:
        yield compatible("gold.target_file_mb", "cuts new gold files at another size")
    told = {"row_hash", "table", "audit_counts", "target_file_mb"}
    yield from _others("gold.", dict(was), dict(now), told=told, remarks={"crawler_name"})


def _other_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    for field, prefix in dict(new.zones).items():
        if (was := dict(old.zones)[field]) != prefix:
            yield breaking(
                f"zones.{field}", f"was {was}, is {prefix}: move what is there before the next run"
            )
    quality = dict(new.quality)
    yield from _others("quality.", dict(old.quality), quality, remarks=quality)
    told = {
        "columns", "contract_version", "format", "gold", "key", "name", "partition", "quality",
        "rules", "zones",
    }  # fmt: skip
    yield from _others("", dict(old), dict(new), told=told, remarks={"description"})


def _others(
    prefix: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    told: Collection[str] = (),
    remarks: Collection[str] = (),
) -> Iterator[Change]:
    """The fields that nothing above tells of; no row depends on ``remarks``."""
    for field, value in new.items():
        if field in told or value == old[field]:
            continue
        if field in remarks:
            yield compatible(f"{prefix}{field}", "says something else; no row changes", rows=False)
        else:
            yield replay(f"{prefix}{field}", f"was {old[field]}, is {value}")


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


def _meaning(expression: str, renamed: Mapping[str, str]) -> str:
    """An expression as it is read: spaces, case of words and renamed columns do not count."""

    def rename(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in renamed:
            return exp.column(renamed[node.name])
        return node

    return parse_expression(expression).transform(rename).sql()
