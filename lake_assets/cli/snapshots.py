"""`lake snapshots expire`: old snapshots of gold, listed and removed."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console

from lake_assets.cli.fitted import counted, fitted_table
from lake_assets.cli.opening import UsageError
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.repair.recover import recover_lake
from lake_assets.jobs.tables.expire import OldSnapshot, find_expired, remove
from lake_assets.storage.store import Store

MOST_DAYS = 36_500


def days_of(text: str) -> int:
    """The days of ``30d``.

    Raises:
        UsageError: it is no such text; or it is less than a day, within which a run or a loader
            may have begun that still reads what was current then.
    """
    found = re.fullmatch(r"(\d{1,5})d", text.strip())
    if not found or not 1 <= int(found[1]) <= MOST_DAYS:
        raise UsageError(f"{text!r} is no number of days; write 30d, at least 1d")
    return int(found[1])


def expire(store: Store, lake: Lake, days: int, *, is_trial: bool) -> list[OldSnapshot]:
    """Find the snapshots that can go, and remove them unless this ``is_trial``.

    Args:
        store: of the lake.
        lake: the contract.
        days: for so long another has been in their place.
        is_trial: only find them.
    """
    if not is_trial:
        recover_lake(store, lake)
    expired = find_expired(store, lake, datetime.now(UTC) - timedelta(days=days))
    if not is_trial:
        remove(store, expired)
    return expired


def show_expired(
    console: Console, expired: Sequence[OldSnapshot], days: int, *, is_trial: bool
) -> None:
    """Print each snapshot that was removed, or would be."""
    if not expired:
        console.print(
            "[green]✓[/] nothing to remove: no snapshot that another replaced over "
            f"{counted(days, 'day')} ago, and that no table is built on",
            soft_wrap=True,
        )
        return
    names = ("dataset", "date", "snapshot", "replaced (UTC)", "bytes")
    made = fitted_table("Would be removed" if is_trial else "Removed", *names, figures=["bytes"])
    for one in expired:
        version = one.version
        when = f"{one.replaced:%Y-%m-%d %H:%M}"
        cells = (version.dataset, version.date, version.snapshot, when, f"{one.size:,}")
        made.add_row(*(str(cell) for cell in cells))
    console.print(made)
    told = f"{counted(len(expired), 'snapshot')}, {sum(one.size for one in expired):,} bytes"
    done = "would be removed" if is_trial else "removed"
    console.print(f"\n{'' if is_trial else '[green]✓[/] '}{told} {done}", soft_wrap=True)
