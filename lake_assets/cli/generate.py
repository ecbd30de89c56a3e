"""`lake generate`: files as messy as real ones, of any number and size."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lake_assets.cli.opening import UsageError
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.samples import SampleFile
from lake_assets.samples.registry import GENERATORS, Generator


def generator_of(lake: Lake) -> Generator:
    """What makes the files of a lake.

    Raises:
        UsageError: nothing does.
    """
    try:
        return GENERATORS[lake.lake]
    except KeyError:
        known = ", ".join(sorted(GENERATORS))
        raise UsageError(f"there is no generator for the lake {lake.lake}, only {known}") from None


def sample_files(
    lake: Lake, datasets: Sequence[Dataset], options: Mapping[str, Any]
) -> Iterator[SampleFile]:
    """Files of the shape that a lake's real ones have; the same arguments, the same bytes.

    Args:
        lake, datasets: whose files.
        options: of the generator; what is not among them has the generator's own default.

    Raises:
        UsageError: no generator knows a dataset or an option, or an option is out of range.
    """
    generator = generator_of(lake)
    names = [dataset.name for dataset in datasets]
    if strange := [name for name in names if name not in generator.datasets]:
        known = ", ".join(f"{lake.lake}/{name}" for name in generator.datasets)
        raise UsageError(f"there is no generator for {lake.lake}/{strange[0]}, only {known}")
    if strange := [name for name in options if name not in generator.options]:
        known = ", ".join(f"--{name}" for name in generator.options)
        raise UsageError(f"the files of {lake.lake} have no --{strange[0]}; they have {known}")
    try:
        return generator.make(names, options)
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
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(sample.content)
            elif path.read_bytes() != sample.content:
                raise UsageError(f"{path} exists, with other content; name another --out")
            written.append(path)
    except OSError as error:
        raise UsageError(f"cannot write in {directory}: {error.strerror or error}") from error
    return written
