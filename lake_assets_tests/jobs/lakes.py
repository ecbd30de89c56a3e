"""What tests of the jobs share: contracts, files to drop, stores that watch, and ways to look."""

import hashlib
import io
import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import polars as pl

import lake_assets
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.load import load_lake
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import stale_dates
from lake_assets.jobs.pipeline import Outcome, run_pipeline
from lake_assets.storage import ObjectInfo, ObjectNotFound, Store
from lake_assets.storage.ledger import Commit, standing
from lake_assets.storage.zones import reason_key

HEADER = "transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue"
ARRIVED = datetime(2025, 6, 1, 8, 0, 0, 250_000, tzinfo=UTC)
MUTATING = frozenset(
    {
        "put",
        "put_if_absent",
        "put_over",
        "put_each_if_absent",
        "move",
        "pass_on",
        "delete",
        "stage",
        "publish",
        "abort",
    }
)
ENGINE = LocalEngine(2)


def contract(*, task_mb: int = 64, max_files: int = 2000, **changes: Any) -> Lake:
    """Retail's, without waiting for files to settle; ``changes`` are of its dataset."""
    lake = _retail()
    intake = lake.intake.model_copy(
        update={"settle_seconds": 0, "task_mb": task_mb, "max_files": max_files}
    )
    dataset = lake.datasets[0].model_copy(update=changes)
    return lake.model_copy(update={"intake": intake, "datasets": [dataset]})


@cache
def _retail() -> Lake:
    """Read once: that takes longer than a run."""
    return load_lake(Path(lake_assets.__file__).parent / "defs" / "retail" / "defs.yaml")


def sale(transaction: str, day: str = "2025-05-30", quantity: object = 1) -> str:
    """A row, good if the quantity is."""
    number = quantity if isinstance(quantity, int) else 1
    return f"{transaction},S1,{day} 10:00:00,I1,{quantity},2.50,{number * 2.5:.2f}"


def csv(*rows: str, header: str = HEADER) -> bytes:
    """A file of these rows."""
    return "\n".join([header, *rows, ""]).encode()


def drop(store: Store, name: str, data: bytes) -> None:
    """Put a file into raw/."""
    store.put(f"raw/{name}", data)


def place(store: Store, name: str, data: bytes, arrived: datetime = ARRIVED) -> ObjectInfo:
    """Put a file into validated/, with a stamp of our choice."""
    drop(store, name, data)
    store.move(store.head(f"raw/{name}"), f"validated/{name}", arrived=arrived)
    return store.head(f"validated/{name}")


def run(store: Store, lake: Lake) -> Outcome:
    """Everything that waits, to gold."""
    (outcome,) = run_pipeline(store, lake, ENGINE)
    return outcome


def keys(store: Store, prefix: str = "") -> list[str]:
    return [info.key for info in store.list(prefix)]


def contents(store: Store, *prefixes: str) -> dict[str, bytes]:
    """Key -> bytes, below these prefixes; without one, of the whole store."""
    return {key: store.read(key) for prefix in prefixes or ("",) for key in keys(store, prefix)}


def exists(store: Store, key: str) -> bool:
    try:
        store.head(key)
    except ObjectNotFound:
        return False
    return True


def table(store: Store, prefix: str) -> pl.DataFrame:
    """The rows of all Parquet files below a prefix, in a fixed order."""
    frames = [pl.read_parquet(io.BytesIO(store.read(key))) for key in keys(store, prefix)]
    return pl.concat(frames).sort("transaction_id", "source_file", "line_number")


def sales(store: Store, prefix: str) -> list[str]:
    """The transaction ids below a prefix, sorted, repeated where a row is."""
    if not keys(store, prefix):
        return []
    return table(store, prefix)["transaction_id"].sort().to_list()


def rejects(store: Store) -> list[dict[str, Any]]:
    """All reject records, from the JSON files."""
    found = contents(store, "rejected/data_quality/json/").values()
    return [json.loads(line) for data in found for line in data.splitlines()]


def ledger(store: Store) -> list[Commit]:
    """The record that stands for each run."""
    return list(standing(store, contract().datasets[0]))


def reason(store: Store, refused_key: str) -> dict[str, Any]:
    """The JSON beside a file in rejected/system/."""
    found: dict[str, Any] = json.loads(store.read(reason_key(refused_key)))
    return found


def refused_files(store: Store) -> dict[str, bytes]:
    """The files in rejected/system/, each of which has its reason."""
    found = contents(store, "rejected/system/")
    files = {key: data for key, data in found.items() if not key.endswith("_reason.json")}
    assert set(found) == set(files) | {reason_key(key) for key in files}
    return files


def assert_accounted(store: Store) -> None:
    """Nothing waits, the books balance, and the published objects hold the rows."""
    assert keys(store, "raw/") == keys(store, "validated/") == []
    records = ledger(store)
    books = [item.books for record in records for item in record.inputs]
    assert all(book.unaccounted == 0 for book in books)
    processed = table(store, "processed/") if keys(store, "processed/") else pl.DataFrame()
    assert processed.height == sum(book.good for book in books)
    assert len(rejects(store)) == sum(book.rejected for book in books)
    inputs = [item for record in records for item in record.inputs]
    # No file was read by two runs, and none was put over another.
    assert len({(item.key, item.etag, item.arrived) for item in inputs}) == len(inputs)
    assert len({item.destination for item in inputs}) == len(inputs)
    for record in records:
        for item in record.inputs:
            if item.sha256:
                assert hashlib.sha256(store.read(item.destination)).hexdigest() == item.sha256
            if item.outcome == "refused":
                assert exists(store, reason_key(item.destination))


class _Hooked:
    def __init__(self, store: Store, before: Callable[..., None], after: Callable[..., None]):
        self._store, self._before, self._after = store, before, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return partial(self._call, name, found) if callable(found) else found

    def _call(self, name: str, found: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self._before(name, *args)
        result = found(*args, **options)
        self._after(name, *args)
        return result


def _nothing(name: str, *args: Any) -> None:
    pass


def hooked(
    store: Store,
    *,
    before: Callable[..., None] = _nothing,
    after: Callable[..., None] = _nothing,
) -> Store:
    """The same store; ``before`` and ``after`` get the name and arguments of each call."""
    return cast(Store, _Hooked(store, before, after))


def once(name: str, action: Callable[[], None], where: str = "") -> Callable[..., None]:
    """A hook that acts at the first call of that name whose key begins with ``where``."""
    done: list[bool] = []

    def hook(called: str, *args: Any) -> None:
        key = getattr(args[0], "key", args[0]) if args else ""
        if called == name and key.startswith(where) and not done:
            done.append(True)
            action()

    return hook


def counted(store: Store) -> tuple[Store, Counter[str]]:
    """A store, and how often each of its methods was called."""
    calls: Counter[str] = Counter()
    lock = threading.Lock()

    def count(name: str, *args: Any) -> None:
        with lock:
            calls[name] += 1

    return hooked(store, before=count), calls


def writes(calls: Counter[str]) -> int:
    return sum(calls[name] for name in MUTATING)


class Killed(BaseException):
    """The process died."""


def killed_at(store: Store, number: int, *, late: bool) -> Store:
    """A store that dies at its n-th write (from 1): before it is done, or after (``late``)."""
    lock = threading.Lock()
    seen = [0]

    def before(name: str, *args: Any) -> None:
        with lock:
            if seen[0] >= number:
                raise Killed
            if name in MUTATING:
                seen[0] += 1
                if seen[0] == number and not late:
                    raise Killed

    def after(name: str, *args: Any) -> None:
        if name in MUTATING and seen[0] >= number:
            raise Killed

    return hooked(store, before=before, after=after)


def dataset_of(lake: Lake) -> Dataset:
    return lake.datasets[0]


def writes_of(store: Store, work: Callable[[Store], None]) -> int:
    """How many writes a piece of work makes."""
    watched, calls = counted(store)
    work(watched)
    return writes(calls)


def stale_dates_of(store: Store) -> list[str]:
    return stale_dates(store, contract().datasets[0])
