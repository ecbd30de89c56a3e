"""From names on the command line to contracts, stores and engines."""

from pathlib import Path
from time import sleep
from urllib.parse import unquote, urlparse

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.load import DEFS, load_lake
from lake_assets.jobs.reading.task import Engine
from lake_assets.settings import connect, load_settings
from lake_assets.storage.store import Store


class UsageError(Exception):
    """Something on the command line does not fit; the message says what does."""


class CommandFailed(Exception):
    """A command could not do its work; the message says why, and what to do."""


def contract(name: str) -> Lake:
    """The contract of a lake by its name.

    Raises:
        UsageError: there is no such lake.
        ContractError: its YAML is wrong.
    """
    path = DEFS / name / "defs.yaml"
    if not path.is_file():
        known = ", ".join(sorted(found.parent.name for found in DEFS.glob("*/defs.yaml")))
        raise UsageError(f"there is no lake {name!r}; the lakes are: {known}")
    return load_lake(path)


def target(text: str) -> tuple[Lake, Dataset]:
    """The contract of ``LAKE/DATASET``.

    Raises:
        UsageError: there is no such lake, or no such dataset in it.
        ContractError: the lake's YAML is wrong.
    """
    name, _, dataset = text.partition("/")
    lake = contract(name)
    for found in lake.datasets:
        if found.name == dataset:
            return lake, found
    known = ", ".join(f"{name}/{found.name}" for found in lake.datasets)
    raise UsageError(f"{text!r} is no LAKE/DATASET; the lake {name} has: {known}")


def targets(text: str) -> tuple[Lake, list[Dataset]]:
    """The contract of ``LAKE/DATASET``, or of ``LAKE`` with all of its datasets.

    Raises:
        UsageError: there is no such lake, or no such dataset in it.
        ContractError: the lake's YAML is wrong.
    """
    if "/" in text:
        lake, dataset = target(text)
        return lake, [dataset]
    lake = contract(text)
    return lake, list(lake.datasets)


def store(lake: Lake, uri: str | None, *, create: bool = False) -> Store:
    """A lake's store, checked.

    Args:
        lake: the contract.
        uri: as given on the command line; None takes that of the environment.
        create: make the directory of a local lake that does not exist yet.

    Raises:
        StoreUnavailable: with a sentence that says what to do.
        UsageError: the directory cannot be made.
    """
    settings = load_settings()
    uri = uri or settings.uri_of(lake)
    if create and (directory := local_directory(uri)):
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot make the directory {directory}: {error.strerror}") from error
    return connect(uri, settings.s3_endpoint)


def engine(name: str = "local") -> Engine:
    """The engine of that name, as the environment sets it up.

    Raises:
        CommandFailed: Spark is to run, and it or a Java for it is missing.
    """
    settings = load_settings()
    if name == "local":
        from lake_assets.engines.local import LocalEngine

        return LocalEngine(settings.workers)
    from lake_assets.engines.java import SparkCannotRun
    from lake_assets.engines.spark_setup import spark_engine

    chosen = settings.spark
    try:
        return spark_engine(chosen.master, chosen.remote, chosen.options)
    except SparkCannotRun as error:
        raise CommandFailed(str(error)) from error


def let_settle(store: Store, lake: Lake) -> None:
    """Wait until files that were dropped just now are old enough to be taken."""
    if store.uri.startswith("file:") and any(
        next(iter(store.list(dataset.zones.raw)), None) for dataset in lake.datasets
    ):
        sleep(lake.intake.settle_seconds)


def local_directory(uri: str) -> Path | None:
    """The directory of a local lake's URI; None if it is elsewhere, or the URI is a wrong one."""
    parsed = urlparse(uri)
    if parsed.scheme == "file":
        return Path(unquote(parsed.path)) if parsed.netloc in {"", "localhost"} else None
    return None if parsed.scheme or not uri else Path(uri).expanduser()
