"""The ledger: records that read back as they were written, in the order of their making."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage import Staged, Store, open_store
from lake_assets.storage.errors import LedgerDamaged
from lake_assets.storage.ledger import Commit, Input, commits, read_commit
from lake_assets.storage.zones import commit_key
from lake_assets_tests.jobs.lakes import contract, hooked

DATASET: Dataset = contract().datasets[0]
DAY = date(2025, 6, 1)
NOON = datetime(2025, 6, 1, 12, 0, 0, 123_456, tzinfo=UTC)


def books(good: int = 2, day: str = "2025-05-30") -> Accounting:
    return Accounting(
        lines=good + 2,
        headers=1,
        good=good,
        rejected=1,
        reasons={"INVALID_NUMBER:quantity": 1},
        warnings={"odd": 1},
        dates={day: good},
    )


def record(run_id: str = "0123456789abcdef", arrival: date = DAY) -> Commit:
    return Commit(
        ingest_run_id=run_id,
        lake="retail",
        dataset="sales",
        contract_version="1",
        arrival=arrival,
        committed_at=NOON,
        task_mb=64,
        inputs=[
            Input(
                key="validated/ä.csv",
                etag="1-2-3",
                size=10,
                source_file="ä.csv",
                arrived=NOON,
                sha256="ab",
                outcome="ingested",
                destination="archive/validated/ä.csv_x",
                extra_columns=["discount"],
                tasks=[0, 0, 1],
                books=books(),
            ),
            Input(
                key="validated/b.csv",
                etag="4-5-6",
                size=1,
                source_file="b.csv",
                arrived=NOON,
                outcome="refused",
                destination="rejected/system/b.csv",
                reason="rule_failed",
                detail="rule x ...",
            ),
            Input(
                key="validated/c.csv",
                etag="7",
                size=1,
                source_file="c.csv",
                arrived=NOON,
                outcome="ingested",
                destination="archive/validated/c.csv_x",
                books=books(3, "2025-05-29"),
            ),
        ],
        outputs=[Staged("processed/x.parquet", "upload", ("e1", "e2"), 5, "sha", 2)],
    )


def write(store: Store, made: Commit) -> None:
    store.put(commit_key(DATASET, made.arrival, made.ingest_run_id), made.to_bytes())


def test_a_record_reads_back_as_it_was_written():
    assert Commit.from_bytes(record().to_bytes()) == record()
    assert Commit.from_bytes(record().to_bytes()).inputs[0].arrived.microsecond == 123_456


def test_a_record_is_json_that_a_person_can_read():
    document = json.loads(record().to_bytes())
    assert document["version"] == 1
    assert document["inputs"][0]["source_file"] == "ä.csv"
    assert document["inputs"][0]["books"]["rows_read"] == 3
    assert document["outputs"][0]["part_etags"] == ["e1", "e2"]
    assert b"\n" in record().to_bytes()
    assert "ä.csv".encode() in record().to_bytes()


def test_the_books_of_a_record_are_the_sum_of_its_files():
    found = record().books
    assert (found.rows_read, found.good, found.rejected, found.unaccounted) == (7, 5, 2, 0)
    assert record().dates == {"2025-05-29": 3, "2025-05-30": 2}


def test_keys_of_later_versions_are_left_aside():
    document = json.loads(record().to_bytes())
    document["inputs"][0]["colour"] = document["colour"] = "blue"
    assert Commit.from_bytes(json.dumps(document).encode()) == record()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff"])
def test_what_is_no_record_is_not_read_as_one(data: bytes):
    with pytest.raises(ValidationError):
        Commit.from_bytes(data)


def test_a_record_cannot_be_changed():
    with pytest.raises(ValidationError):
        record().lake = "other"  # type: ignore[misc]


def test_the_commits_of_an_arrival_date_come_in_the_order_of_their_making(local_store: Store):
    for run_id in ("c" * 16, "a" * 16, "b" * 16):
        write(local_store, record(run_id))
    write(local_store, record("d" * 16, date(2025, 6, 2)))
    found = [made.ingest_run_id[0] for made in commits(local_store, DATASET, DAY)]
    assert found == ["c", "a", "b"]
    assert list(commits(local_store, DATASET, date(2020, 1, 1))) == []


def test_commits_made_before_a_time_are_not_even_read(store: Store):
    write(store, record("a" * 16))
    made = store.head(commit_key(DATASET, DAY, "a" * 16)).modified
    reads: list[str] = []
    watched = hooked(store, before=lambda name, *_: reads.append(name))
    assert [c.ingest_run_id for c in commits(watched, DATASET, DAY, made)] == ["a" * 16]
    reads.clear()
    assert list(commits(watched, DATASET, DAY, made + timedelta(seconds=1))) == []
    assert reads == ["list"]


def test_a_record_that_was_cut_off_is_told_with_its_key(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put("audit/ingest/date=2025-06-01/run.json", b"{")
    with pytest.raises(LedgerDamaged, match=r"date=2025-06-01/run\.json is no record.*Restore it"):
        read_commit(store, "audit/ingest/date=2025-06-01/run.json")
