"""Work follows the change, never the history: counted store calls, and requests to S3."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from moto.s3.models import s3_backends

from lake_assets.contracts.dataset import Versions
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.storage import Store
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.jobs.lakes import ENGINE, contract, counted, csv, drop, run, sale

LAKE = contract()
FILES, DATES = 10_000, 1_000


def with_history(store: Store) -> None:
    """What 10,000 files over 1,000 dates have left, as far as a run could stumble over it."""
    dates = [f"{2010 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}" for n in range(DATES)]
    kept = [f"archive/validated/{n}.csv_20200101T000000_{n:016x}" for n in range(FILES)]
    kept += [f"audit/content/{n:064x}.json" for n in range(FILES)]
    kept += [f"audit/ingest/date={dates[n % DATES]}/{n:016x}.json" for n in range(FILES)]
    for day in dates:
        kept.append(f"processed/date={day}/part-{0:016x}-0000.snappy.parquet")
        kept.append(f"gold/fact_sales/date={day}/part-0000.snappy.parquet")
        kept.append(f"audit/gold_compaction/date={day}/metrics.json")
    if isinstance(store, S3Store):
        # Over HTTP it would take minutes.
        backend = next(iter(s3_backends.values()))["aws"]
        bucket, _, prefix = store.uri.removeprefix("s3://").partition("/")
        for key in kept:
            backend.put_object(bucket, f"{prefix}/{key}".lstrip("/"), b"x")
    else:
        store.put_each_if_absent(kept, b"x")


def requests_of(store: S3Store, work: Callable[[], Any]) -> Counter[str]:
    """The requests that a piece of work sends, by operation."""
    seen: Counter[str] = Counter()

    def note(event_name: str, **_: Any) -> None:
        seen[event_name.rpartition(".")[2]] += 1

    store.client.meta.events.register("before-send.s3", note)
    try:
        work()
    finally:
        store.client.meta.events.unregister("before-send.s3", note)
    return seen


def test_a_file_costs_the_same_calls_in_an_empty_lake_and_in_an_old_one(
    local_store: Store, other_store: Store
):
    found = []
    with_history(other_store)
    for lake in (local_store, other_store):
        drop(lake, "a.csv", csv(sale("T1"), sale("T2", "2025-05-29")))
        watched, calls = counted(lake)
        run(watched, LAKE)
        found.append(dict(calls))
    assert found[0] == found[1]
    assert sum(found[0].values()) < 45


def test_a_file_costs_the_same_requests_to_s3_in_an_empty_lake_and_in_an_old_one(
    s3_store: S3Store, other_s3_store: S3Store
):
    found = []
    with_history(other_s3_store)
    for lake in (s3_store, other_s3_store):
        drop(lake, "a.csv", csv(sale("T1"), sale("T2", "2025-05-29")))
        found.append(requests_of(lake, partial(run, lake, LAKE)))
    assert found[0] == found[1]


def test_each_small_file_more_costs_ten_requests_to_s3(s3_store: S3Store):
    def cost(turn: int, files: int) -> Counter[str]:
        for number in range(files):
            drop(s3_store, f"{turn}-{number}.csv", csv(sale(f"T{number}", f"2025-05-1{turn}")))
        return requests_of(s3_store, lambda: run_pipeline(s3_store, LAKE, ENGINE))

    cost(0, 1)  # finds out what the store can do
    one, many = cost(1, 1), cost(2, 31)
    more = {name: (many[name] - one[name]) / 30 for name in many}
    assert more == {
        "GetObject": 3,  # the head, the file, whether its bytes are known
        "HeadObject": 2,  # what it is, when it arrived
        "PutObject": 1,  # that its bytes are known
        "CopyObject": 2,
        "DeleteObject": 2,
        **{name: 0 for name in many if "Multipart" in name or "List" in name or "Upload" in name},
    }
    assert sum(more.values()) == 10


def test_two_requests_more_where_a_file_may_supersede_another(s3_store: S3Store):
    lake = contract(versions=Versions.SUPERSEDE)

    def cost(turn: int, files: int) -> int:
        for number in range(files):
            drop(s3_store, f"{turn}-{number}.csv", csv(sale(f"T{number}", f"2025-05-1{turn}")))
        found = requests_of(s3_store, lambda: run_pipeline(s3_store, lake, ENGINE))
        return sum(found.values())

    cost(0, 1)
    assert (cost(2, 31) - cost(1, 1)) / 30 == 12, "the note of its name, and the list of them"
