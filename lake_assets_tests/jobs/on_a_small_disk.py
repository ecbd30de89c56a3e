"""Runs on a disk that is too small, and on one that is read-only; mounts it, so run it apart.

``unshare --user --map-root-user --mount python -m lake_assets_tests.jobs.on_a_small_disk DIR``
"""

import subprocess
import sys
from pathlib import Path

from lake_assets.jobs.compaction.compact import CompactionError
from lake_assets.storage import StoreUnavailable
from lake_assets_tests.jobs.lakes import assert_accounted, contents, keys, ledger
from lake_assets_tests.jobs.test_kill_points import LAKE, ZONES, filled, step

PAGE = 4096
DISK = 256 * PAGE


def run_with(free: int, root: Path, undisturbed: dict[str, bytes]) -> str:
    """A run with so many pages free, and one with enough of them; what the first one said."""
    store = filled(root / f"{free}")
    ballast = root / "ballast"
    told = ""
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(PAGE)) == PAGE:
                pass
        except OSError:
            pass
        file.truncate(max(0, ballast.stat().st_size // PAGE - free) * PAGE)
    try:
        step(store, LAKE)
    except (StoreUnavailable, CompactionError) as error:
        told = str(error)
        if not ledger(store):
            assert keys(store, "processed/") == keys(store, "rejected/") == []
    ballast.unlink()
    step(store, LAKE)
    assert contents(store, *ZONES) == undisturbed, free
    assert_accounted(store)
    return told


def main(root: Path) -> None:
    """Print what each run said that did not succeed."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(root)], check=True)
    store = filled(root / "undisturbed")
    step(store, LAKE)
    undisturbed = contents(store, *ZONES)
    for free in range(100):
        told = run_with(free, root, undisturbed)
        subprocess.run(["rm", "-r", str(root / f"{free}")], check=True)
        if not told:
            break
        sys.stdout.write(f"{told}\n")
    subprocess.run(["mount", "-o", "remount,ro", str(root)], check=True)
    try:
        store.check()
    except StoreUnavailable as error:
        sys.stdout.write(f"{error}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
