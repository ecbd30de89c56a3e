"""What stands in a lake, zone by zone, and what of it nothing names."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.reconciling.faults import Fault, FaultKind
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store
from lake_assets.storage.zones import REASON, day_of, gold_prefix, reason_key

Objects = Mapping[str, ObjectInfo]
"""By key."""

WRITTEN = ("rejected_system", "rejected_rows", "processed", "gold", "archive")
"""Zones in which nothing stands but what was written there by a run."""
SEEN = ("raw", "validated", "gold_audit", *WRITTEN)
"""Zones that are looked through. The ledger is read by itself; notes of content can be lost."""


def listed(
    store: Store, lake: Lake
) -> tuple[dict[str, dict[str, dict[str, ObjectInfo]]], list[str]]:
    """Dataset -> zone -> key -> object; and keys beside the zones in which only runs write.

    Refused files of no dataset are in ``rejected_system`` of the lake's ``unknown``.
    """
    # Tables first: datasets may share the zone that these stand in.
    prefixes = [(gold_prefix(dataset), dataset.name, "gold") for dataset in lake.datasets]
    prefixes += [
        (prefix, dataset.name, zone)
        for dataset in lake.datasets
        for zone, prefix in dataset.zones.prefixes.items()
    ]
    tops = {prefix.split("/")[0] for prefix, _, zone in prefixes if zone in WRITTEN}
    found: dict[str, dict[str, dict[str, ObjectInfo]]] = {
        dataset.name: {zone: {} for zone in SEEN} for dataset in lake.datasets
    }
    unknown = lake.unknown
    if unknown:
        prefixes.append((unknown.rejected, unknown.name, "rejected_system"))
        found[unknown.name] = {"rejected_system": {}}
    strays = []
    for info in store.list():
        place = next((p for p in prefixes if info.key.startswith(p[0])), None)
        if place is None:
            strays += [info.key] if info.key.split("/")[0] in tops else []
        elif place[2] in SEEN:
            found[place[1]][place[2]][info.key] = info
    return found, strays


def extra(keys: Iterable[str], where: str) -> Iterator[Fault]:
    """A fault for each key; ``where`` says where that is."""
    for key in keys:
        told = f"it stands {where}, and nothing in the ledger names it; take it away"
        yield Fault(FaultKind.EXTRA, key, told)


def extra_objects(
    dataset: Dataset, zones: Mapping[str, Objects], known: Collection[str]
) -> list[Fault]:
    """Objects that no run has written. Files refused at the door are known by their reasons."""
    found: list[Fault] = []
    for zone in ("processed", "rejected_rows", "archive"):
        prefix = getattr(dataset.zones, zone)
        found += extra((key for key in zones[zone] if key not in known), f"in {prefix}")
    table = gold_prefix(dataset)
    odd = (key for key in zones["gold"] if not (key.startswith(table) and day_of(key)))
    return [*found, *extra(odd, f"in {dataset.zones.gold}, in no date of {dataset.gold.table}")]


def reason_faults(rejected: Objects, named: Collection[str]) -> Iterator[Fault]:
    """Refused files without their reasons, and reasons without their files."""
    for key in rejected:
        is_reason = key.endswith(REASON)
        other = key.removesuffix(REASON) if is_reason else reason_key(key)
        if other in rejected or other in named:
            continue  # one that a commit names is told of as such
        what = "the file that was refused" if is_reason else "the reason why the file was refused"
        told = f"{what} is not beside {key}; restore it from a backup, or take that away as well"
        yield Fault(FaultKind.MISSING, other, told)
