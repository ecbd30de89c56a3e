"""One sales file of any size, its rows spread over the dates, written a block at a time."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from lake_assets.samples.chance import key
from lake_assets.samples.retail_plan import plan_file
from lake_assets.samples.retail_rows import block

_START: Final = date(2025, 1, 1)
_DUPLICATES: Final = 0.02
_BLOCK_ROWS: Final = 50_000


def write_wide_file(directory: Path, rows: int, days: int) -> Path:
    """Write one file of ``rows`` records, the same number on each of ``days`` dates.

    The files of :func:`lake_assets.samples.write_retail_files` are of one date each, but for a
    few late rows, and are made in memory.
    """
    last = _START + timedelta(days=days - 1)
    whole = plan_file(seed=0, index=0, day=last, start=_START, rows=rows, duplicates=_DUPLICATES)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"sales_{last}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(whole.delimiter.join(whole.header))
        for offset in range(days):
            share = rows // days + (offset < rows % days)
            plan = replace(
                whole,
                file_key=key(whole.file_key, "day", offset),
                id_prefix=f"{whole.id_prefix}{offset:04d}-",
                day=_START + timedelta(days=offset),
                late_days=0,
                rows=share,
            )
            for first in range(0, share, _BLOCK_ROWS):
                lines = block(plan, first, min(_BLOCK_ROWS, share - first))["line"]
                file.write(whole.newline + lines.str.join(whole.newline).item())
        file.write(whole.newline)
    return path
