"""`lake generate`: files as messy as real ones, of any number and size."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from lake_assets.cli.opening import UsageError
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.samples import SampleFile, retail_files


def sample_files(
    lake: Lake,
    dataset: Dataset,
    *,
    seed: int,
    files: int,
    rows: int,
    days: int,
    start: date,
    refused: int,
) -> Iterator[SampleFile]:
    """Files of the shape that a dataset's real ones have; the same arguments, the same bytes.

    Args:
        lake, dataset: whose files.
        seed: of the mess.
        files: how many.
        rows: in each.
        days: event dates that the files are of.
        start: the first of them.
        refused: further files, which break the contract as a whole.

    Raises:
        UsageError: no generator knows that dataset, or an argument is out of range.
    """
    if (lake.lake, dataset.name) != ("retail", "sales"):
        raise UsageError(f"there is no generator for {lake.lake}/{dataset.name}, only retail/sales")
    try:
        return retail_files(
            seed=seed, files=files, rows=rows, days=days, start=start, refused=refused, truth=False
        )
    except ValueError as error:
        raise UsageError(str(error)) from error


def write_samples(directory: Path, samples: Iterator[SampleFile]) -> list[Path]:
    """Write files into a directory, which is made; what is there already is not overwritten.

    Raises:
        UsageError: another file has one of the names, or the directory cannot be written.
    """
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for sample in samples:
            path = directory / sample.name
            if not path.exists():
                path.write_bytes(sample.content)
            elif path.read_bytes() != sample.content:
                raise UsageError(f"{path} exists, with other content; name another --out")
            written.append(path)
    except OSError as error:
        raise UsageError(f"cannot write in {directory}: {error.strerror or error}") from error
    return written
