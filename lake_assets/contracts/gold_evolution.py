"""What a change of gold's options means for the tables that are there."""

from collections.abc import Iterator, Mapping

from lake_assets.contracts.changes import Change, breaking, compatible, replay
from lake_assets.contracts.gold import Gold

OPTIONS = frozenset({"snapshots", "carry", "lookups"})
AGAIN = "make all dates again"

Origin = tuple[str, tuple[tuple[str, str], ...], str]
"""The dataset that is looked up, by which columns, and the column there."""


def option_changes(old: Gold, new: Gold) -> Iterator[Change]:
    """The changes in :data:`OPTIONS`."""
    if old.snapshots != new.snapshots:
        where = "in snapshots" if new.snapshots else "in place"
        yield breaking(
            "gold.snapshots", f"a date's files stand {where} from now on; tell readers, and {AGAIN}"
        )
    if old.carry != new.carry:
        what = "the rows of all dates before it, too" if new.carry else "its own rows only"
        yield breaking("gold.carry", f"a date's table holds {what}; tell readers, and {AGAIN}")
    before, after = _columns(old), _columns(new)
    for name, origin in before.items():
        where = f"gold.lookups.{name}"
        if name not in after:
            yield breaking(where, "removed: readers do not find it")
        elif after[name] != origin:
            yield replay(where, f"comes from {_told(after[name])}, came from {_told(origin)}")
    for name, origin in after.items():
        if name not in before:
            yield replay(
                f"gold.lookups.{name}",
                f"new, from {_told(origin)}: gold that is there lacks it until it is made again",
            )
    if old.lookups != new.lookups and before == after:
        yield compatible("gold.lookups", "in another order, or with another limit", rows=False)


def _columns(gold: Gold) -> Mapping[str, Origin]:
    return {
        name: (lookup.dataset, tuple(sorted(lookup.on.items())), source)
        for lookup in gold.lookups
        for name, source in lookup.columns.items()
    }


def _told(origin: Origin) -> str:
    dataset, on, source = origin
    return f"{dataset}.{source} by {', '.join(mine for mine, _ in on)}"
