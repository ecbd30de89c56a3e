"""Files that were dropped where no dataset takes any."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import Unknown
from lake_assets.jobs.checks.unknown import folders_known
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.jobs.unknown import kept, refuse_unknown, unknown_files
from lake_assets.storage import Store, open_store
from lake_assets.storage.errors import ObjectUnreadable
from lake_assets_tests.jobs.lakes import (
    ENGINE,
    Killed,
    contents,
    contract,
    csv,
    dataset_of,
    drop,
    exists,
    hooked,
    keys,
    killed_at,
    reason,
    sale,
    sales,
    writes_of,
)

FOLDER = "rejected/_unknown/"


def unknown_lake() -> Lake:
    """Sales are taken from raw/sales/, and nothing else below raw/ is."""
    zones = dataset_of(contract()).zones.model_copy(update={"raw": "raw/sales/"})
    unknown = Unknown(raw="raw/", rejected=FOLDER)
    return contract(zones=zones).model_copy(update={"unknown": unknown})


LAKE = unknown_lake()


def refused(store: Store) -> dict[str, bytes]:
    """Path below the date -> content, of the files and not of their reasons."""
    found = contents(store, FOLDER)
    files = {key: data for key, data in found.items() if f"{key}_reason.json" in found}
    assert set(found) == set(files) | {f"{key}_reason.json" for key in files}
    return {key.removeprefix(FOLDER).partition("/")[2]: data for key, data in files.items()}


def test_they_are_kept_by_their_path_with_a_reason_that_names_the_folders(store: Store) -> None:
    for name in ("sale/a.csv", "a.csv", "deep/er/a b.csv", "sales.csv"):
        drop(store, name, b"x,y\n")
    drop(store, "sales/good.csv", csv(sale("T1")))
    arrived = store.head("raw/a.csv").modified.date()
    (outcome,) = run_pipeline(store, LAKE, ENGINE)
    assert refused(store) == {
        "sale/a.csv": b"x,y\n",
        "a.csv": b"x,y\n",
        "deep/er/a b.csv": b"x,y\n",
        "sales.csv": b"x,y\n",
    }
    found = reason(store, f"{FOLDER}{arrived}/sale/a.csv")
    assert found["source_file"] == "sale/a.csv"
    assert found["reason"] == "unknown_folder_structure"
    assert "they are taken from raw/sales/ (sales)" in found["detail"]
    assert keys(store, "raw/") == []
    assert sales(store, "gold/") == ["T1"]
    assert outcome.refused
    assert sorted(one.source_file for one in outcome.unknown) == [
        "a.csv",
        "deep/er/a b.csv",
        "sale/a.csv",
        "sales.csv",
    ]
    assert outcome.verdicts[0].source_file == "good.csv"


def test_without_a_word_of_them_in_the_contract_they_stay(store: Store) -> None:
    lake = LAKE.model_copy(update={"unknown": None})
    drop(store, "a.csv", b"x")
    (outcome,) = run_pipeline(store, lake, ENGINE)
    assert keys(store) == ["raw/a.csv"]
    assert not outcome.refused
    assert refuse_unknown(store, lake) == []
    assert kept(store, lake, datetime.now(UTC).date()) == []
    assert unknown_files(store, lake).settled == []


def test_another_of_the_same_path_stands_beside_the_first(store: Store) -> None:
    for value in b"123":
        drop(store, "x/a.csv", bytes([value]))
        refuse_unknown(store, LAKE)
    found = refused(store)
    assert found.pop("x/a.csv") == b"1"
    assert sorted(found.values()) == [b"2", b"3"]
    assert all(re.fullmatch(r"x/a~[0-9a-f]{12}\.csv", name) for name in found)


def test_a_name_that_no_store_takes_is_kept_under_one_that_every_store_takes(
    s3_store: Store, s3_endpoint: str, s3_uri: str
) -> None:
    import boto3

    client = boto3.client("s3", endpoint_url=s3_endpoint)
    client.put_object(
        Bucket=s3_uri.removeprefix("s3://"), Key="retail/raw/x//a.csv_reason.json", Body=b"1"
    )
    (verdict,) = refuse_unknown(s3_store, LAKE)
    assert verdict.outcome == "refused"
    assert list(refused(s3_store).values()) == [b"1"]
    there = kept(s3_store, LAKE, verdict.arrived.date())
    assert folders_known(LAKE, [], there).figures["files"] == 1


def test_a_file_that_may_still_grow_is_left_alone(local_store: Store) -> None:
    intake = LAKE.intake.model_copy(update={"settle_seconds": 3600})
    lake = LAKE.model_copy(update={"intake": intake})
    drop(local_store, "a.csv", b"x")
    assert refuse_unknown(local_store, lake) == []
    assert [info.key for info in unknown_files(local_store, lake).growing] == ["raw/a.csv"]
    assert [one.outcome for one in refuse_unknown(local_store, lake, complete={"raw/a.csv"})] == [
        "refused"
    ]


def test_a_file_that_the_store_does_not_let_us_have_keeps_no_other_back(store: Store) -> None:
    lake = LAKE.model_copy(update={"intake": LAKE.intake.model_copy(update={"max_files": 1})})
    drop(store, "a.csv", b"1")
    drop(store, "b.csv", b"2")

    def deny(name: str, *args: object) -> None:
        if name == "move" and getattr(args[0], "key", "") == "raw/a.csv":
            raise ObjectUnreadable("raw/a.csv may not be read")

    verdicts = refuse_unknown(hooked(store, before=deny), lake)
    assert [(one.source_file, one.outcome) for one in verdicts] == [
        ("a.csv", "stuck"),
        ("b.csv", "refused"),
    ]
    assert keys(store, "raw/") == ["raw/a.csv"]
    finding = folders_known(lake, verdicts, kept(store, lake, datetime.now(UTC).date()))
    assert not finding.passed
    assert "1 file is stuck" in finding.sentence


def test_the_check_fails_while_such_a_file_is_kept_and_says_what_to_do(store: Store) -> None:
    drop(store, "a.csv", b"1")
    day = store.head("raw/a.csv").modified.date()
    verdicts = refuse_unknown(store, LAKE, day)
    for seen in (verdicts, []):  # a run that is repeated sees none
        finding = folders_known(LAKE, seen, kept(store, LAKE, day))
        assert not finding.passed
        assert finding.figures["files"] == 1
        assert finding.table[0]["file"] == f"{FOLDER}{day}/a.csv"
        assert finding.sentence == "1 file of no dataset came: a.csv."
        assert "raw/sales/ (sales)" in finding.recover
    for key in keys(store, FOLDER):
        store.delete(key)
    assert folders_known(LAKE, [], kept(store, LAKE, day)).passed


def test_the_books_of_the_lake_know_them(store: Store) -> None:
    drop(store, "a.csv", b"1")
    drop(store, "sales/good.csv", csv(sale("T1")))
    run_pipeline(store, LAKE, ENGINE)
    assert reconcile(store, LAKE).faults == []
    (key,) = [key for key in keys(store, FOLDER) if key.endswith("a.csv")]
    store.delete(key)
    (fault,) = reconcile(store, LAKE).faults
    assert fault.key == key


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_a_run_that_dies_at_any_write_is_finished_by_the_next(tmp_path: Path, late: bool) -> None:
    def filled(name: str) -> Store:
        (tmp_path / name).mkdir()
        store = open_store(str(tmp_path / name))
        drop(store, "x/a.csv", b"1")
        refuse_unknown(store, LAKE)
        drop(store, "x/a.csv", b"2")
        drop(store, "b.csv", b"3")
        return store

    def work(store: Store) -> None:
        refuse_unknown(store, LAKE)

    points = writes_of(filled("whole"), work)
    assert points >= 4
    for number in range(1, points + 1):
        store = filled(str(number))
        with pytest.raises(Killed):
            refuse_unknown(killed_at(store, number, late=late), LAKE)
        refuse_unknown(store, LAKE)
        assert sorted(refused(store).values()) == [b"1", b"2", b"3"], number
        assert refused(store)["x/a.csv"] == b"1"
        assert not exists(store, "raw/x/a.csv")
