"""The two-phase commit, step by step: what is visible when, and what may be repeated."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage import ObjectInfo, Staged, StagedLost, Store
from lake_assets.storage.commit import (
    CLOCK_SKEW,
    commit,
    interrupted,
    leave_validated,
    publish,
    reason_document,
)
from lake_assets.storage.ledger import Commit, Input
from lake_assets_tests.jobs.lakes import contents, contract, exists, hooked, keys, place

DATASET: Dataset = contract().datasets[0]
NOW = datetime.now(UTC)
OUTPUT = "processed/date=2025-05-30/part-run-0000.snappy.parquet"


def record_of(
    files: Sequence[ObjectInfo], outputs: Sequence[Staged] = (), run_id: str = "run"
) -> Commit:
    inputs = [
        Input(
            key=info.key,
            etag=info.etag,
            size=info.size,
            source_file=info.key.removeprefix("validated/"),
            arrived=info.arrived,
            outcome="refused" if "refused" in info.key else "ingested",
            destination=info.key.replace("validated/", "rejected/system/")
            if "refused" in info.key
            else f"archive/{info.key}_{run_id}",
            reason="rule_failed" if "refused" in info.key else None,
            books=Accounting(lines=2, headers=1, good=1, dates={"2025-05-30": 1}),
        )
        for info in files
    ]
    return Commit(
        ingest_run_id=run_id,
        lake="retail",
        dataset="sales",
        contract_version="1",
        arrival=files[0].arrived.date(),
        committed_at=NOW,
        task_mb=64,
        inputs=inputs,
        outputs=list(outputs),
    )


def still_staged(store: Store) -> list[str]:
    return [found.upload_id for found in store.abandoned(NOW + timedelta(days=1))]


def test_the_first_record_stands_and_makes_nothing_visible(store: Store):
    info = place(store, "a.csv", b"x", NOW)
    staged = store.stage(OUTPUT, b"rows", rows=1)
    record = record_of([info], [staged])
    assert commit(store, DATASET, record) == record
    assert keys(store) == [f"audit/ingest/date={NOW.date()}/run.json", "validated/a.csv"]


def test_the_loser_gets_the_winner_s_record_and_its_own_staged_writes_are_aborted(store: Store):
    info = place(store, "a.csv", b"x", NOW)
    ours, theirs = store.stage(OUTPUT, b"rows"), store.stage(OUTPUT, b"rows")
    winner = commit(store, DATASET, record_of([info], [theirs]))
    assert commit(store, DATASET, record_of([info], [ours])) == winner
    assert still_staged(store) == [theirs.upload_id]
    publish(store, DATASET, winner)
    assert store.read(OUTPUT) == b"rows"


def test_committing_the_same_record_again_aborts_nothing(store: Store):
    info = place(store, "a.csv", b"x", NOW)
    staged = store.stage(OUTPUT, b"rows")
    for _ in range(2):
        commit(store, DATASET, record_of([info], [staged]))
    assert still_staged(store) == [staged.upload_id]


def test_publishing_shows_the_outputs_marks_the_dates_and_moves_the_inputs(store: Store):
    files = [place(store, name, name.encode(), NOW) for name in ("a.csv", "refused.csv")]
    record = record_of(files, [store.stage(OUTPUT, b"rows")])
    for _ in range(2):  # safe to repeat
        publish(store, DATASET, record)
        assert keys(store, "validated/") == []
        assert store.read(OUTPUT) == b"rows"
        assert keys(store, "audit/gold_compaction/stale/") == [
            "audit/gold_compaction/stale/date=2025-05-30/run"
        ]
        assert contents(store, "archive/") == {"archive/validated/a.csv_run": b"a.csv"}
        assert store.read("rejected/system/refused.csv") == b"refused.csv"
        document = json.loads(store.read("rejected/system/refused.csv_reason.json"))
        assert document == {
            "source_file": "refused.csv",
            "reason": "rule_failed",
            "detail": "",
            "ingest_run_id": "run",
        }
    assert store.head("archive/validated/a.csv_run").arrived == files[0].arrived


def test_inputs_leave_validated_after_everything_else(local_store: Store):
    info = place(local_store, "refused.csv", b"x", NOW)
    order: list[str] = []
    watched = hooked(local_store, before=lambda name, *_: order.append(name))
    publish(watched, DATASET, record_of([info], [local_store.stage(OUTPUT, b"rows")]))
    assert [name for name in order if name != "read"] == ["publish", "put", "put", "pass_on"]


def test_a_staged_write_that_is_gone_is_told_before_any_input_leaves(store: Store):
    info = place(store, "a.csv", b"x", NOW)
    staged = store.stage(OUTPUT, b"rows")
    store.abort(staged)
    with pytest.raises(StagedLost):
        publish(store, DATASET, record_of([info], [staged]))
    assert keys(store) == ["validated/a.csv"]


@pytest.mark.parametrize("data", [b"another", b"x"], ids=["other bytes", "the same bytes"])
def test_a_file_that_took_the_place_of_an_input_is_left_alone(store: Store, data: bytes):
    (item,) = record_of([place(store, "a.csv", b"x", NOW)]).inputs
    leave_validated(store, item)
    later = place(store, "a.csv", data, NOW + timedelta(minutes=1))
    leave_validated(store, item)
    assert store.head("validated/a.csv") == later
    assert contents(store, "archive/") == {item.destination: b"x"}


def test_an_input_that_another_driver_moves_at_this_moment_is_moved_once(store: Store):
    (item,) = record_of([place(store, "a.csv", b"x", NOW)]).inputs

    def overtake(name: str, *args: object) -> None:
        if name == "pass_on":
            leave_validated(store, item)

    leave_validated(hooked(store, before=overtake), item)
    assert contents(store, "") == {item.destination: b"x"}


def test_commits_with_a_file_that_still_waits_are_interrupted(store: Store):
    done, waiting = place(store, "a.csv", b"a", NOW), place(store, "b.csv", b"b", NOW)
    commit(store, DATASET, record_of([done], run_id="done"))
    publish(store, DATASET, record_of([done], run_id="done"))
    record = commit(store, DATASET, record_of([waiting], run_id="open"))
    assert list(interrupted(store, DATASET, [waiting])) == [record]
    assert list(interrupted(store, DATASET, [])) == []


def test_a_published_commit_is_not_interrupted_by_the_same_file_sent_again(store: Store):
    """On S3 the second one has the same key and the same ETag."""
    first = place(store, "a.csv", b"x", NOW)
    commit(store, DATASET, record_of([first]))
    publish(store, DATASET, record_of([first]))
    again = place(store, "a.csv", b"x", NOW + timedelta(seconds=1))
    assert list(interrupted(store, DATASET, [again])) == []
    assert exists(store, "validated/a.csv")


def test_commits_older_than_the_oldest_pending_file_are_not_read(local_store: Store):
    arrivals = [NOW, NOW + CLOCK_SKEW + timedelta(minutes=5)]
    if arrivals[1].date() != NOW.date():  # near midnight: the other way round
        arrivals = [NOW - timedelta(hours=3), NOW]
    files = [place(local_store, f"{n}.csv", b"x", when) for n, when in enumerate(arrivals)]
    for number, info in enumerate(files):
        commit(local_store, DATASET, record_of([info], run_id=f"run{number}"))
    reads: list[str] = []
    watched = hooked(
        local_store, before=lambda name, *args: reads.append(args[0]) if name == "read" else None
    )
    # The second file arrives, by its stamp, after both commits were made.
    late = place(local_store, "late.csv", b"x", NOW + CLOCK_SKEW + timedelta(minutes=10))
    assert list(interrupted(watched, DATASET, [late])) == []
    assert reads == []
    found = [record.ingest_run_id for record in interrupted(watched, DATASET, files[:1])]
    assert found == ["run0"]
    assert len(reads) == 2


def test_pending_files_of_several_dates_ask_only_for_those_dates(local_store: Store):
    days = [NOW - timedelta(days=number) for number in range(4)]
    files = [place(local_store, f"{n}.csv", b"x", day) for n, day in enumerate(days)]
    for number, info in enumerate(files):
        commit(local_store, DATASET, record_of([info], run_id=f"run{number}"))
    listed: list[str] = []
    watched = hooked(
        local_store, before=lambda name, *args: listed.append(args[0]) if name == "list" else None
    )
    found = interrupted(watched, DATASET, [files[3], files[1]])
    assert [record.ingest_run_id for record in found] == ["run3", "run1"]
    assert listed == [f"audit/ingest/date={days[n].date()}/" for n in (3, 1)]


def test_a_reason_is_json_also_for_a_name_that_is_not_unicode():
    document = json.loads(reason_document("\udcff ä.csv", "invalid_name", "line\nend", None))
    assert document == {
        "source_file": "\udcff ä.csv",
        "reason": "invalid_name",
        "detail": "line\nend",
        "ingest_run_id": None,
    }
