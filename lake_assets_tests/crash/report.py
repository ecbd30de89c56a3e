"""Kill processes at every point of every scenario, and tell how many were survived."""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

from rich.console import Console

from lake_assets_tests.conftest import s3_server
from lake_assets_tests.crash.server import serving
from lake_assets_tests.crash.survival import STRIDES, Trial, bucket, directory


def main() -> int:
    """Print a line for each store and scenario; 1 if anything was lost."""
    workers = cpu_count() or 1
    lost = 0
    out = Console(highlight=False)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for (kind, name), stride in STRIDES.items():
            shares = [pool.submit(_share, kind, name, chunk, workers) for chunk in range(workers)]
            found = [one for share in shares for one in share.result()]
            failed = [told for told in found if told]
            lost += len(failed)
            every = "" if stride == 1 else f" (every {stride}rd write)"
            out.print(
                f"{kind:5}  {name:9}  {len(found) - len(failed)} of {len(found)} points survived"
                f"{every}"
            )
            for told in failed:
                out.print(f"       {told}", markup=False)
    return 1 if lost else 0


def _share(kind: str, name: str, chunk: int, chunks: int) -> list[str]:
    """What was wrong at each point of one share: nothing, if it was survived."""
    found = []
    with tempfile.TemporaryDirectory() as root, s3_server() as endpoint, serving() as server:
        empty = bucket(endpoint, f"{name}-{chunk}") if kind == "s3" else directory(Path(root))
        trial = Trial(name, empty, server)
        for point in trial.points(chunk, chunks, STRIDES[kind, name]):
            try:
                trial.survives(point)
                found.append("")
            except Exception as error:
                found.append(f"point {point}, {trial.writes[point - 1]}: {error!r:.300}")
    return found
