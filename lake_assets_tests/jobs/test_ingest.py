"""validated/ -> processed/, rejects, archive/ and the ledger: all of a batch or nothing."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import CsvFormat
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.rule import Rule
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.compaction.compact import compact, stale_dates
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.repair.recover import recover
from lake_assets.kernels.block import Block, read_block
from lake_assets.kernels.parsing.texts import Text
from lake_assets.storage import Store, StoreUnavailable, open_store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    Killed,
    assert_accounted,
    contents,
    contract,
    counted,
    csv,
    drop,
    hooked,
    keys,
    ledger,
    once,
    place,
    reason,
    refused_files,
    rejects,
    run,
    sale,
    sales,
    table,
    writes,
)

FAIL = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")


def test_nothing_waiting_makes_no_commit_and_no_write(local_store: Store, dataset: Dataset):
    watched, calls = counted(local_store)
    assert ingest(watched, contract(), dataset, ENGINE) is None
    assert writes(calls) == 0


def test_a_broken_rule_of_severity_fail_refuses_the_whole_file_and_no_other(store: Store):
    lake = contract(rules=[FAIL])
    bad = csv(sale("T1"), sale("T2").replace("S1", "S2"))
    place(store, "bad.csv", bad)
    place(store, "good.csv", csv(sale("T3"), sale("T4", quantity="x")))
    record = ingest(store, lake, lake.datasets[0], ENGINE)
    assert record is not None
    inputs = {item.source_file: item for item in record.inputs}
    assert inputs["bad.csv"].outcome == "refused"
    assert inputs["bad.csv"].reason == "rule_failed"
    assert inputs["bad.csv"].books.rows_read == 0
    assert inputs["good.csv"].outcome == "ingested"
    assert refused_files(store) == {inputs["bad.csv"].destination: bad}
    document = reason(store, inputs["bad.csv"].destination)
    assert document["source_file"] == "bad.csv"
    assert document["reason"] == "rule_failed"
    assert "one_store" in document["detail"]
    assert "line 3" in document["detail"]
    assert document["ingest_run_id"] == record.ingest_run_id
    assert sales(store, "processed/") == ["T3"]
    assert [reject["transaction_id"] for reject in rejects(store)] == ["T4"]
    assert_accounted(store)
    assert list(staged(store)) == []


def test_an_error_of_ours_over_one_file_refuses_that_file_alone(
    local_store: Store, lake: Lake, monkeypatch: pytest.MonkeyPatch
):
    def broken(texts: Sequence[Text], dataset: Dataset) -> Block:
        if any(b"POISON" in text.data for text in texts):
            raise ZeroDivisionError("a bug of ours")
        return read_block(texts, dataset)

    monkeypatch.setattr("lake_assets.jobs.reading.task.read_block", broken)
    for name, transaction in {"a.csv": "T1", "b.csv": "POISON", "c.csv": "T3"}.items():
        place(local_store, name, csv(sale(transaction)))
    record = ingest(local_store, lake, lake.datasets[0], ENGINE)
    assert record is not None
    (refused,) = [item for item in record.inputs if item.outcome == "refused"]
    document = reason(local_store, refused.destination)
    assert document["reason"] == "error_reading_file"
    assert document["detail"].startswith("Traceback")
    assert "ZeroDivisionError: a bug of ours" in document["detail"]
    assert sales(local_store, "processed/") == ["T1", "T3"]
    assert_accounted(local_store)


@pytest.mark.parametrize(
    ("undecodable", "outcome"), [("reject", "ingested"), ("refuse", "refused")]
)
def test_bytes_that_turn_out_undecodable_behind_the_head_cost_what_the_contract_says(
    local_store: Store, undecodable: str, outcome: str
):
    lake = contract(format=CsvFormat(undecodable=undecodable))
    text = "\n".join([csv().decode().strip(), *[sale(f"T{n}") for n in range(9000)], ""])
    data = b"\xff\xfe" + text.encode("utf-16-le") + b"\x00"
    assert len(data) > 256 * 1024
    drop(local_store, "a.csv", data)
    result = run(local_store, lake)
    assert [verdict.outcome for verdict in result.verdicts] == ["validated"]
    (item,) = result.commits[0].inputs
    assert item.outcome == outcome
    if outcome == "refused":
        assert item.reason == "undecodable"
        assert list(refused_files(local_store).values()) == [data]
    else:
        assert item.encoding == "utf-16-le"
        assert (item.books.good, item.books.reasons) == (9000, {"STRUCTURAL:undecodable bytes": 1})
    assert_accounted(local_store)


@pytest.mark.parametrize("change", ["vanish", "replace"])
def test_a_file_that_goes_before_it_is_read_leaves_the_batch(store: Store, lake: Lake, change: str):
    place(store, "a.csv", csv(sale("OLD")))
    place(store, "b.csv", csv(sale("T2")))

    def act() -> None:
        store.delete("validated/a.csv")
        if change == "replace":
            place(store, "a.csv", csv(sale("NEW1"), sale("NEW2")))

    watched = hooked(store, before=once("read", act, "validated/a"))
    record = ingest(watched, lake, lake.datasets[0], LocalEngine(1))
    assert record is not None
    assert [item.source_file for item in record.inputs] == ["b.csv"]
    assert sales(store, "processed/") == ["T2"]
    run(store, lake)
    assert sales(store, "gold/") == (["NEW1", "NEW2", "T2"] if change == "replace" else ["T2"])
    assert_accounted(store)


def test_a_batch_that_vanished_as_a_whole_makes_no_commit(local_store: Store, lake: Lake):
    place(local_store, "a.csv", csv(sale("T1")))
    gone = once("read", lambda: local_store.delete("validated/a.csv"))
    assert ingest(hooked(local_store, before=gone), lake, lake.datasets[0], ENGINE) is None
    assert keys(local_store) == []
    assert list(staged(local_store)) == []


def test_twins_of_name_and_arrival_second_get_archive_keys_of_their_own(store: Store, lake: Lake):
    place(store, "a.csv", csv(sale("T1")), ARRIVED)
    place(store, "a~0123456789ab.csv", csv(sale("T2")), ARRIVED + timedelta(microseconds=1))
    record = ingest(store, lake, lake.datasets[0], ENGINE)
    assert record is not None
    assert [item.source_file for item in record.inputs] == ["a.csv", "a.csv"]
    assert len({item.destination for item in record.inputs}) == 2
    assert sorted(contents(store, "archive/").values()) == [csv(sale("T1")), csv(sale("T2"))]
    assert_accounted(store)


def test_the_same_file_sent_again_within_the_hour_is_accounted_again(store: Store, lake: Lake):
    """On S3 it has the key and the ETag of the first one, whose commit is long published."""
    data = csv(sale("T1"), sale("T2"))
    for minute in (0, 7):
        place(store, "a.csv", data, ARRIVED + timedelta(minutes=minute))
        outcome = run(store, lake)
        assert outcome.recovered == []
        assert len(outcome.commits) == 1
    assert len(ledger(store)) == 2
    assert list(contents(store, "archive/").values()) == [data, data]
    assert table(store, "processed/").height == 2
    assert sales(store, "gold/") == ["T1", "T2"]
    assert_accounted(store)


def test_bytes_that_were_ingested_before_are_archived_as_duplicate_under_any_name(
    store: Store, lake: Lake
):
    data = csv(sale("T1"), "T2,S1,never,I1,1,2.50,2.50", ",,,,,,")
    drop(store, "first.csv", data)
    run(store, lake)
    drop(store, "again.csv", data)
    (record,) = run(store, lake).commits
    (item,) = record.inputs
    assert (item.outcome, item.reason) == ("duplicate", "duplicate")
    assert item.detail is not None
    assert "ingested as first.csv by run" in item.detail
    books = item.books
    assert (books.rows_read, books.duplicate, books.skipped) == (3, 2, 1)
    assert books.good == books.rejected == books.unaccounted == 0
    assert record.outputs == []
    assert len(keys(store, "archive/")) == 2
    assert_accounted(store)


def test_of_two_files_of_the_same_bytes_in_one_batch_one_is_ingested(store: Store, lake: Lake):
    data = csv(sale("T1"), sale("T2"))
    for name in ("a.csv", "b.csv", "c.csv"):
        drop(store, name, data)
    drop(store, "d.csv", csv(sale("T3")))
    (record,) = run(store, lake).commits
    assert sorted(item.outcome for item in record.inputs) == [
        "duplicate", "duplicate", "ingested", "ingested"
    ]  # fmt: skip
    assert sales(store, "gold/") == ["T1", "T2", "T3"]
    assert table(store, "processed/").height == 3
    assert record.books.duplicate == 4
    assert_accounted(store)


def test_a_large_file_is_recognised_by_its_bytes_too(local_store: Store, lake: Lake):
    intake = lake.intake.model_copy(update={"task_mb": 1})
    lake = lake.model_copy(update={"intake": intake})
    data = csv(*[sale(f"T{n}") for n in range(30_000)])
    assert len(data) > 2**20
    drop(local_store, "a.csv", data)
    run(local_store, lake)
    drop(local_store, "b.csv", data)
    (record,) = run(local_store, lake).commits
    assert [item.outcome for item in record.inputs] == ["duplicate"]
    assert record.books.duplicate == 30_000
    assert record.inputs[0].sha256


def test_the_bytes_of_a_refused_file_are_not_taken_for_ingested(local_store: Store, lake: Lake):
    data = csv("1,2", header="foo,bar")
    for name in ("a.csv", "b.csv"):
        drop(local_store, name, data)
        assert run(local_store, lake).verdicts[0].outcome == "refused"
    assert keys(local_store, "audit/content/") == []


def test_one_batch_is_of_one_arrival_date(local_store: Store, lake: Lake):
    place(local_store, "a.csv", csv(sale("T1")), ARRIVED)
    place(local_store, "b.csv", csv(sale("T2")), ARRIVED + timedelta(days=1))
    dataset = lake.datasets[0]
    second = ingest(local_store, lake, dataset, ENGINE, (ARRIVED + timedelta(days=1)).date())
    first = ingest(local_store, lake, dataset, ENGINE)
    assert first is not None
    assert second is not None
    assert [str(record.arrival) for record in (first, second)] == ["2025-06-01", "2025-06-02"]
    assert len(keys(local_store, "audit/ingest/date=2025-06-01/")) == 1
    assert ingest(local_store, lake, dataset, ENGINE) is None


def test_extra_columns_are_reported_and_left_out(local_store: Store, lake: Lake):
    header = "discount_code,transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue"
    place(local_store, "a.csv", csv(f"X,{sale('T1')}", header=header))
    record = ingest(local_store, lake, lake.datasets[0], ENGINE)
    assert record is not None
    assert record.inputs[0].extra_columns == ["discount_code"]
    assert "discount_code" not in table(local_store, "processed/").columns


@pytest.mark.parametrize("moment", ["read", "stage", "put_if_absent", "publish", "put", "pass_on"])
def test_a_store_that_goes_away_loses_nothing(local_store: Store, lake: Lake, moment: str):
    for number in range(3):
        place(local_store, f"{number}.csv", csv(sale(f"T{number}"), sale("", "2025-05-29")))

    def fail() -> None:
        raise StoreUnavailable("The store is away.")

    watched = hooked(local_store, before=once(moment, fail))
    with pytest.raises(StoreUnavailable):
        ingest(watched, lake, lake.datasets[0], ENGINE)
    waiting = len(keys(local_store, "validated/"))
    assert waiting == 3 or (moment == "pass_on" and waiting > 0)  # files are moved several at once
    if moment in {"read", "stage", "put_if_absent"}:
        assert keys(local_store, "processed/") == keys(local_store, "rejected/") == []
    outcome = run(local_store, lake)
    assert len(outcome.recovered) == (moment in {"publish", "put", "pass_on"})
    assert sales(local_store, "gold/") == ["T0", "T1", "T2"]
    assert len(rejects(local_store)) == 3
    assert_accounted(local_store)


def test_a_task_that_fails_takes_back_what_the_others_staged(local_store: Store):
    lake = contract(task_mb=1)
    filler = "\n" * (600 * 1024)
    for number in range(3):
        place(local_store, f"{number}.csv", csv(sale(f"T{number}")) + filler.encode())

    def fail() -> None:
        raise StoreUnavailable("The store is away.")

    watched = hooked(local_store, before=once("read", fail, "validated/2"))
    with pytest.raises(StoreUnavailable):
        ingest(watched, lake, lake.datasets[0], LocalEngine(1))
    assert list(staged(local_store)) == []


def test_staged_writes_that_got_lost_are_made_again_from_the_inputs(store: Store):
    """A bucket's lifecycle rule aborts uploads that are days old."""
    lake = contract()
    dataset = lake.datasets[0]
    place(store, "a.csv", csv(sale("T1"), sale("T2", "2025-05-29"), sale("", "2025-05-29")))

    def die(name: str, *args: Any) -> None:
        if name == "publish":
            raise Killed

    with pytest.raises(Killed):
        ingest(hooked(store, before=die), lake, dataset, ENGINE)
    (record,) = ledger(store)
    assert len(record.outputs) == 4
    for write in record.outputs:
        store.abort(write)
    assert recover(store, lake, dataset) == [record]
    assert {write.key for write in record.outputs} <= set(keys(store))
    compact(store, dataset, ENGINE)
    assert sales(store, "gold/") == ["T1", "T2"]
    assert recover(store, lake, dataset) == []
    assert_accounted(store)


def test_two_drivers_with_the_same_batch_meet_at_one_commit(store: Store, lake: Lake):
    """The slower one finishes what the faster one committed, and takes its own writes back."""
    dataset = lake.datasets[0]
    place(store, "a.csv", csv(sale("T1"), sale("", "2025-05-29")))
    faster: list[Any] = []

    def overtake() -> None:
        faster.append(ingest(store, lake, dataset, ENGINE))

    slow = hooked(store, before=once("put_if_absent", overtake))
    record = ingest(slow, lake, dataset, ENGINE)
    assert record == faster[0]
    assert len(ledger(store)) == 1
    assert sales(store, "processed/") == ["T1"]
    assert list(staged(store)) == []
    compact(store, dataset, ENGINE)
    assert_accounted(store)


def test_the_slower_driver_publishes_what_the_faster_one_left_unpublished(
    local_store: Store, lake: Lake
):
    dataset = lake.datasets[0]
    place(local_store, "a.csv", csv(sale("T1")))

    def die(name: str, *args: Any) -> None:
        if name == "publish":
            raise Killed

    def overtake() -> None:
        with pytest.raises(Killed):
            ingest(hooked(local_store, before=die), lake, dataset, ENGINE)

    slow = hooked(local_store, before=once("put_if_absent", overtake))
    ingest(slow, lake, dataset, ENGINE)
    assert len(ledger(local_store)) == 1
    assert sales(local_store, "processed/") == ["T1"]
    assert stale_dates(local_store, dataset) == ["2025-05-30"]
    assert list(staged(local_store)) == []
    assert_accounted(local_store)


def staged(store: Store) -> Iterator[Any]:
    """Staged writes that nobody has published or aborted."""
    return store.abandoned(datetime.now(UTC) + timedelta(days=1))


def test_the_work_of_one_file_does_not_grow_with_the_history(store: Store, lake: Lake):
    """As many calls with 9 commits and 17 dates behind it as with one."""
    watched, calls = counted(store)

    def one_file(number: int, days: list[str]) -> dict[str, int]:
        drop(store, f"{number}.csv", csv(*[sale(f"T{number}-{day}", day) for day in days]))
        calls.clear()
        run(watched, lake)
        return dict(calls)

    one_file(-1, ["2025-05-03"])
    first = one_file(0, ["2025-05-01"])
    days = [f"2025-04-{day:02d}" for day in range(1, 17)]
    for number in range(1, 9):
        one_file(number, days[2 * number - 2 : 2 * number])
    assert len(keys(store, "gold/")) == 18
    assert one_file(9, ["2025-05-02"]) == first
    assert first == {
        # raw/ twice, validated/ four times, restated runs, the runs of the arrival date, stale
        # dates; of the date: stale, rows, gold
        "list": 12,
        "abandoned": 1,
        "head": 2,  # the file, the metrics of the date
        # the head, the run before, the file, whether its bytes are known, the date's rows
        "read": 6,  # the fifth: whether the run was restated meanwhile
        "stage": 1,
        "put_if_absent": 1,  # the commit
        "put_each_if_absent": 1,  # that the bytes are known now
        "publish": 1,
        "put": 2,  # stale marker, summary
        "put_over": 2,  # gold, metrics
        "move": 1,
        "pass_on": 1,
        "delete": 1,
    }


def test_recovery_reads_no_commit_of_other_arrival_dates(local_store: Store, lake: Lake):
    watched, calls = counted(local_store)

    def one_file(number: int) -> dict[str, int]:
        place(
            local_store,
            f"{number}.csv",
            csv(sale(f"T{number}")),
            ARRIVED + timedelta(days=number),
        )
        calls.clear()
        recover(watched, lake, lake.datasets[0])
        found = dict(calls)
        run(local_store, lake)
        return found

    assert [one_file(number) for number in range(4)] == [{"list": 3, "head": 1}] * 4


def test_a_lake_of_another_process_is_the_same_lake(tmp_path: Any, lake: Lake):
    root = tmp_path / "lake"
    root.mkdir()
    drop(open_store(str(root)), "a.csv", csv(sale("T1")))
    run(open_store(root.as_uri()), lake)
    assert sales(open_store(str(root)), "gold/") == ["T1"]


@pytest.mark.parametrize("at", [5, 24_990], ids=["first piece", "last piece"])
def test_a_large_file_is_refused_for_any_of_its_pieces(local_store: Store, at: int):
    lake = contract(task_mb=4, rules=[FAIL])
    rows = [sale(f"T{n}") + " " * 60 for n in range(25_000)]
    rows[at] = rows[at].replace("S1", "S2")
    data = csv(*rows)
    assert 2 * 2**20 < len(data) < 4 * 2**20  # two pieces of one task
    drop(local_store, "large.csv", data)
    run(local_store, lake)
    assert list(refused_files(local_store).values()) == [data]
    assert keys(local_store, "processed/") == keys(local_store, "audit/content/") == []


def test_a_twin_is_ingested_if_the_file_that_it_repeats_leaves_the_batch(
    local_store: Store, lake: Lake
):
    for name in ("a.csv", "b.csv"):
        place(local_store, name, csv(sale("T1"), sale("T2")))
    reads: list[str] = []

    def before(name: str, *args: Any) -> None:
        if name == "read" and args[0] == "validated/a.csv":
            reads.append(args[0])
            if len(reads) == 2:
                local_store.delete("validated/a.csv")

    watched = hooked(local_store, before=before)
    record = ingest(watched, lake, lake.datasets[0], LocalEngine(1))
    assert record is not None
    assert [(item.source_file, item.outcome) for item in record.inputs] == [("b.csv", "ingested")]
    assert sales(local_store, "processed/") == ["T1", "T2"]
