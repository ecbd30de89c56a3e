"""Messy retail sales files, of the shape that real tills export, with their truth."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypedDict, Unpack

from lake_assets.samples.retail_file import make_file
from lake_assets.samples.retail_plan import plan_file
from lake_assets.samples.retail_refused import refused_files
from lake_assets.samples.truth import SampleFile

_MOST_ROWS: Final = 80_000_000
_MOST_DUPLICATES: Final = 0.5


class RetailOptions(TypedDict, total=False):
    """The arguments of `retail_files` that shape the bytes."""

    seed: int
    files: int
    rows: int
    start: date
    days: int
    duplicates: float
    refused: int


def retail_files(
    *,
    seed: int = 0,
    files: int = 5,
    rows: int = 1500,
    start: date = date(2025, 1, 1),
    days: int = 5,
    duplicates: float = 0.02,
    refused: int = 0,
    truth: bool = True,
) -> Iterator[SampleFile]:
    """Make sales files one at a time: the same arguments give the same bytes.

    Args:
        seed: another seed, other rows and other transaction ids.
        files: ordinary files, for the dates from `start` in turn.
        rows: records after the header in each of them.
        start: the earliest date in any file.
        days: how many dates the files share.
        duplicates: share of rows (0 to 0.5) that repeat an earlier transaction of their file.
        refused: files refused whole, after the ordinary ones.
        truth: whether each truth carries its transaction ids, besides its counts.

    Raises:
        ValueError: an argument is out of range.
    """
    _require(seed >= 0, f"seed is {seed}: it must not be negative")
    _require(files >= 0, f"files is {files}: it must not be negative")
    _require(1 <= rows <= _MOST_ROWS, f"rows is {rows}: it must be 1 to {_MOST_ROWS}")
    _require(days >= 1, f"days is {days}: it must be at least 1")
    _require(
        0 <= duplicates <= _MOST_DUPLICATES, f"duplicates is {duplicates}: it must be 0 to 0.5"
    )
    _require(refused >= 0, f"refused is {refused}: it must not be negative")
    return _files(seed, files, rows, start, days, duplicates, refused, truth)


def write_retail_files(directory: Path, **options: Unpack[RetailOptions]) -> list[Path]:
    """Write the files of `retail_files` to a directory, made if absent, one in memory at a time.

    Returns the paths in the order of making. Raises as `retail_files` does.
    """
    samples = retail_files(**options, truth=False)
    directory.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for sample in samples:
        path = directory / sample.name
        path.write_bytes(sample.content)
        paths.append(path)
    return paths


def _require(met: bool, sentence: str) -> None:
    if not met:
        raise ValueError(f"Cannot make retail samples: {sentence}.")


def _files(
    seed: int,
    files: int,
    rows: int,
    start: date,
    days: int,
    duplicates: float,
    refused: int,
    with_ids: bool,
) -> Iterator[SampleFile]:
    for index in range(files):
        turn, offset = divmod(index, days)
        day = start + timedelta(days=offset)
        plan = plan_file(
            seed=seed, index=index, day=day, start=start, rows=rows, duplicates=duplicates
        )
        suffix = f"_{turn + 1}" if turn else ""
        yield make_file(f"sales_{day}{suffix}.csv", plan, with_ids)
    yield from refused_files(seed=seed, start=start, days=days, count=refused)
