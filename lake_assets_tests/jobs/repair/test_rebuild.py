"""A processed date again from archive/, through the ledger: the same keys and the same bytes."""

from datetime import timedelta

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import compact, stale_dates
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.repair.rebuild import RebuildError, rebuild_dates
from lake_assets.samples import retail_files
from lake_assets.storage import Store, StoreUnavailable
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    contents,
    contract,
    csv,
    hooked,
    keys,
    ledger,
    once,
    place,
    rejects,
    run,
    sale,
    sales,
)
from lake_assets_tests.jobs.test_ingest import staged

DAYS = ["2025-05-29", "2025-05-30"]
FAIL = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")


@pytest.fixture
def filled(store: Store, lake: Lake) -> Store:
    """Two runs of two files each over two dates, compacted."""
    for turn in range(2):
        for name in "ab":
            rows = [sale(f"T{turn}{name}{day}", day) for day in DAYS]
            place(
                store,
                f"{turn}{name}.csv",
                csv(*rows, sale("", DAYS[0])),
                ARRIVED + timedelta(hours=turn),
            )
        ingest(store, lake, lake.datasets[0], ENGINE)
    compact(store, lake.datasets[0], ENGINE)
    return store


def partition(store: Store, day: str) -> dict[str, bytes]:
    return contents(store, f"processed/date={day}/")


def test_a_rebuilt_date_has_the_same_keys_and_bytes(filled: Store, dataset: Dataset):
    before, other = partition(filled, DAYS[0]), partition(filled, DAYS[1])
    assert len(before) == 2
    gone, corrupt = before
    filled.delete(gone)
    filled.put(corrupt, b"no parquet")
    filled.put(f"processed/date={DAYS[0]}/part-foreign.snappy.parquet", b"foreign")
    rejected = keys(filled, "rejected/")
    written = rebuild_dates(filled, dataset, ENGINE, [DAYS[0]])
    assert partition(filled, DAYS[0]) == before
    assert partition(filled, DAYS[1]) == other
    assert {w.key: w.rows for w in written.outputs} == dict.fromkeys(before, 2)
    assert keys(filled, "rejected/") == rejected
    assert stale_dates(filled, dataset) == [DAYS[0]]
    gold = contents(filled, "gold/")
    compact(filled, dataset, ENGINE)
    assert contents(filled, "gold/") == gold


def test_a_missing_archive_file_is_named_and_the_partition_stays_as_it_was(
    filled: Store, dataset: Dataset
):
    item = ledger(filled)[-1].inputs[1]
    data = filled.read(item.destination)
    filled.delete(item.destination)
    before = contents(filled, "processed/", "audit/ingest/")
    with pytest.raises(RebuildError) as error:
        rebuild_dates(filled, dataset, ENGINE, [DAYS[0]])
    assert item.source_file in str(error.value)
    assert item.destination in str(error.value)
    assert "Restore it" in str(error.value)
    assert contents(filled, "processed/", "audit/ingest/") == before
    assert stale_dates(filled, dataset) == [DAYS[0]], "another run was repaired before"
    assert list(staged(filled)) == []
    filled.put(item.destination, data)  # restored by hand: another inode, no stamp
    rebuild_dates(filled, dataset, ENGINE, [DAYS[0]])
    assert contents(filled, "processed/") == {
        key: data for key, data in before.items() if key.startswith("processed/")
    }


def test_an_archive_file_that_is_not_the_one_that_was_read_is_refused(
    filled: Store, dataset: Dataset
):
    item = ledger(filled)[0].inputs[0]
    tampered = filled.read(item.destination).replace(b",2.50,2.50", b",9.50,9.50")
    filled.put(item.destination, tampered)
    before = contents(filled, "processed/", "audit/")
    with pytest.raises(RebuildError, match=item.destination):
        rebuild_dates(filled, dataset, ENGINE, [DAYS[0]])
    assert contents(filled, "processed/", "audit/") == before
    assert list(staged(filled)) == []


def test_an_archive_file_that_cannot_be_read_any_more_is_named(
    local_store: Store, lake: Lake, dataset: Dataset
):
    place(local_store, "a.csv", csv(sale("T1"), sale("T2").replace("S1", "S2")))
    run(local_store, lake)
    before = contents(local_store, "processed/", "audit/")
    stricter = dataset.model_copy(update={"rules": [FAIL]})
    with pytest.raises(RebuildError, match=r"a\.csv: rule_failed"):
        rebuild_dates(local_store, stricter, ENGINE, ["2025-05-30"])
    assert contents(local_store, "processed/", "audit/") == before
    assert list(staged(local_store)) == []


def test_files_that_left_the_batch_do_not_change_the_names_of_the_others(local_store: Store):
    """One was refused, one vanished: the tasks keep the numbers that they had."""
    lake = contract(task_mb=1, rules=[FAIL])
    dataset = lake.datasets[0]
    filler = b"\n" * (400 * 1024)
    for name in "abcdef":
        row = sale(name).replace("S1", "S2") if name == "b" else sale(name)
        place(local_store, f"{name}.csv", csv(row) + filler)
    gone = once("read", lambda: local_store.delete("validated/c.csv"), "validated/c")
    record = ingest(hooked(local_store, before=gone), lake, dataset, LocalEngine(1))
    assert record is not None
    before = contents(local_store, "processed/")
    assert [key[-len("0000.snappy.parquet") :][:4] for key in before] == ["0000", "0001", "0002"]
    rebuild_dates(local_store, dataset, ENGINE, ["2025-05-30"])
    assert contents(local_store, "processed/") == before


def test_a_date_that_no_run_touched_loses_what_is_foreign_and_its_gold_follows(
    local_store: Store, lake: Lake, dataset: Dataset
):
    place(local_store, "a.csv", csv(sale("T1")))
    run(local_store, lake)
    (data,) = contents(local_store, "processed/").values()
    local_store.put("processed/date=2025-05-01/part-foreign.snappy.parquet", data)
    compact(local_store, dataset, ENGINE, force_dates=["2025-05-01"])
    assert sales(local_store, "gold/") == ["T1", "T1"]
    assert rebuild_dates(local_store, dataset, ENGINE, ["2025-05-01"]).outputs == ()
    assert keys(local_store, "processed/date=2025-05-01/") == []
    compact(local_store, dataset, ENGINE)
    assert sales(local_store, "gold/") == ["T1"]


def test_a_date_with_nothing_in_it_is_not_marked(local_store: Store, dataset: Dataset):
    assert rebuild_dates(local_store, dataset, ENGINE, ["2025-05-01"]).outputs == ()
    assert keys(local_store) == []


def test_a_rebuild_while_gold_is_made_leaves_the_date_stale(
    local_store: Store, lake: Lake, dataset: Dataset
):
    place(local_store, "a.csv", csv(sale("T1")))
    ingest(local_store, lake, dataset, ENGINE)
    (key,) = keys(local_store, "processed/")
    foreign = key.replace("part-", "part-foreign-")
    local_store.put(foreign, local_store.read(key))

    def rebuild() -> None:
        rebuild_dates(local_store, dataset, ENGINE, ["2025-05-30"])

    compact(hooked(local_store, before=once("put_over", rebuild, "gold/")), dataset, ENGINE)
    assert keys(local_store, "processed/") == [key]
    assert stale_dates(local_store, dataset) == ["2025-05-30"]


@pytest.mark.parametrize("moment", ["read", "stage", "publish"])
def test_a_store_that_goes_away_can_be_rebuilt_from_later(
    local_store: Store, lake: Lake, dataset: Dataset, moment: str
):
    for turn in range(2):
        place(local_store, f"{turn}.csv", csv(sale(f"T{turn}")), ARRIVED + timedelta(hours=turn))
        run(local_store, lake)
    before = contents(local_store, "processed/")

    def fail() -> None:
        raise StoreUnavailable("The store is away.")

    place_ = {"read": "archive/", "stage": "processed/", "publish": "processed/"}[moment]
    with pytest.raises(StoreUnavailable):
        rebuild_dates(
            hooked(local_store, before=once(moment, fail, place_)), dataset, ENGINE, ["2025-05-30"]
        )
    assert contents(local_store, "processed/") == before
    assert list(staged(local_store)) == []
    rebuild_dates(local_store, dataset, ENGINE, ["2025-05-30"])
    assert contents(local_store, "processed/") == before


def test_two_lakes_with_the_same_files_and_stamps_are_the_same_to_the_byte(
    local_store: Store, other_store: Store
):
    """On one worker or four, in another order of dropping."""
    lake = contract(task_mb=1)
    files = list(retail_files(seed=3, files=4, rows=300, days=2))
    for number, file in enumerate(files):
        place(local_store, file.name, file.content, ARRIVED + timedelta(seconds=number))
    for number, file in reversed(list(enumerate(files))):
        place(other_store, file.name, file.content, ARRIVED + timedelta(seconds=number))
    for store, workers in ((local_store, 1), (other_store, 4)):
        engine = LocalEngine(workers)
        ingest(store, lake, lake.datasets[0], engine)
        compact(store, lake.datasets[0], engine)
    zones = ("processed/", "gold/", "rejected/", "archive/")
    assert len(contents(local_store, *zones)) > 8
    assert contents(local_store, *zones) == contents(other_store, *zones)


def test_rows_that_a_new_contract_version_accepts_come_in(local_store: Store):
    picky = contract(rules=[Rule(name="few", expression="quantity < 5")])
    place(local_store, "a.csv", csv(sale("T1", DAYS[0], quantity=9), sale("T2", DAYS[1])))
    run(local_store, picky)
    assert sales(local_store, f"processed/date={DAYS[0]}/") == []
    open_ = contract(rules=[], contract_version="2").datasets[0]
    rebuild_dates(local_store, open_, ENGINE, DAYS[:1])
    assert sales(local_store, f"processed/date={DAYS[0]}/") == ["T1"]
    assert stale_dates(local_store, open_) == DAYS, "the whole run was restated"
    assert rejects(local_store) == []
