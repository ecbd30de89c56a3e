"""What the telco lake is made for, as docs/explanation/telco.md tells it: a test a paragraph."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.jobs.repair.replay import Selection, replay
from lake_assets.jobs.tables.current import audited_dates
from lake_assets.jobs.tables.manifest import Manifest, history, manifests
from lake_assets.samples import SampleFile, TelcoScale, telco_files, telco_truth
from lake_assets.storage import Store, open_store
from lake_assets_tests.samples.plain_telco import read, spelled
from lake_assets_tests.telco_lake import (
    ENGINE,
    FOLDERS,
    arrive,
    changed,
    contents,
    day_of_file,
    drop,
    inputs,
    keys,
    parquet,
    run,
    staging,
    telco,
)

SCALE: TelcoScale = {"customers": 300, "plans": 6, "events": 1_200, "days": 12}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_lake(tmp_path / "lake")


@pytest.fixture(scope="module")
def files() -> list[SampleFile]:
    return list(telco_files(**SCALE))


def open_lake(directory: Path) -> Store:
    """An empty lake."""
    directory.mkdir()
    return open_store(str(directory))


def replayed(store: Store, lake: Lake, name: str, selection: Selection) -> list[str]:
    """Replay, and bring staging up to date: the names of the files that were read again."""
    dataset = lake.dataset(name)
    found = list(replay(store, dataset, ENGINE, selection))
    compact(store, dataset, ENGINE)
    return [item.source_file for one in found for item in one.record.inputs if one.files]


def activity_with(**changes: object) -> Lake:
    """The contract of activity_logs with a column changed or added, as version 2."""
    columns = [column.model_dump() for column in telco().dataset("activity_logs").columns]
    known = {column["name"]: column for column in columns}
    for name, options in changes.items():
        known[name] = {**known.get(name, {"name": name}), **options}  # type: ignore[dict-item]
    return changed("activity_logs", contract_version="2", columns=list(known.values()))


def test_a_part_of_a_file_is_read_again(store: Store, files: list[SampleFile]) -> None:
    strict = activity_with(event_timestamp={"formats": ["yyyy-MM-dd'T'HH:mm[:ss[.SSS]]XXX"]})
    narrow = changed(
        "activity_logs",
        columns=[one.model_dump() for one in strict.dataset("activity_logs").columns],
    )
    drop(store, files)
    run(store, narrow)
    truth = telco_truth(**SCALE)
    before = staging(store, "activity_logs", narrow)
    assert before.height < sum(truth.events.values())
    mended = changed("activity_logs", contract_version="2")
    chosen = Selection(reasons=["INVALID_TIMESTAMP_FORMAT"])
    replayed(store, mended, "activity_logs", chosen)
    after = staging(store, "activity_logs", mended)
    per_day = after.group_by(pl.col("event_timestamp").dt.date()).len()
    assert dict(per_day.iter_rows()) == truth.events
    clean = parquet(store, keys(store, "clean/activity_logs/"))
    good = [file.truth.good for file in files if file.name.startswith("activity_logs/")]
    assert clean.height == sum(good)
    assert list(replay(store, mended.dataset("activity_logs"), ENGINE, chosen)) == []


def test_files_gain_fields(store: Store, files: list[SampleFile]) -> None:
    drop(store, files)
    outcomes = run(store)
    found = {name: set(map(spelled, item.extra_columns)) for name, item in inputs(outcomes)}
    assert found == {file.name: set(file.truth.unknown_columns or ()) for file in files}
    before = staging(store, "activity_logs")
    assert "app_version" not in before.columns
    wider = activity_with(app_version={})
    replayed(store, wider, "activity_logs", Selection())
    after = staging(store, "activity_logs", wider)
    assert after.height == before.height
    versions = {
        record["event_id"]: record.get("app_version")
        for file in files
        if file.name.startswith("activity_logs/")
        for record in read(file.name, file.content).good
    }
    assert dict(after.select("event_id", "app_version").iter_rows()) == versions
    assert {version is None for version in versions.values()} == {True, False}


def days_arrived(store: Store, files: list[SampleFile]) -> Dataset:
    """Run each day of plans and customers on its own; the dataset of customers."""
    days: dict[date, list[SampleFile]] = {}
    for file in files:
        if not file.name.startswith("activity_logs/"):
            days.setdefault(day_of_file(file), []).append(file)
    for day, some in days.items():
        for file in some:
            arrive(store, file, day)
        run(store)
    return telco().dataset("customers")


def digests(store: Store, dataset: Dataset) -> dict[str, list[str]]:
    """Of each date, the checksums of the files of its current snapshot."""
    return {one.date: [file.sha256 for file in one.files] for one in manifests(store, dataset)}


def test_past_days_are_made_again(store: Store, files: list[SampleFile]) -> None:
    customers = days_arrived(store, files)
    activity = telco().dataset("activity_logs")
    drop(store, files[2:])
    run(store)
    sums = digests(store, activity)
    rebuild_dates(store, activity, ENGINE, audited_dates(store, activity)[3:6])
    compact(store, activity, ENGINE)
    assert digests(store, activity) == sums  # the same input, the same bytes

    before = contents(store, "staging/")
    dates = audited_dates(store, customers)
    made = {day: len(history(store, customers, day)) for day in dates}
    rule = {"name": "no_third_mail", "expression": "email NOT LIKE '%.2@example.com'"}
    stricter = changed("customers", contract_version="2", rules=[rule])
    second = date.fromisoformat(dates[1])
    replayed(store, stricter, "customers", Selection(arrivals=(second, second)))
    after = contents(store, "staging/")
    assert {key: after[key] for key in before} == before  # the earlier snapshots stay
    dataset = stricter.dataset("customers")
    more = {day: len(history(store, dataset, day)) - made[day] for day in dates}
    assert more == {day: 0 if day < dates[1] else 1 for day in dates}


def test_a_bad_file_holds_up_nothing(store: Store, tmp_path: Path) -> None:
    files = list(telco_files(**SCALE, refused=7))
    good = [file for file in files if not file.truth.system_reject]
    drop(store, files)
    outcomes = run(store)
    assert {name for name, item in inputs(outcomes)} >= {file.name for file in good}
    alone = open_lake(tmp_path / "alone")
    drop(alone, good)
    run(alone)
    for name in FOLDERS:
        ours, theirs = staging(store, name), staging(alone, name)
        own = telco().dataset(name).columns
        names = [column.name for column in own]
        assert ours.select(names).sort(names[0]).equals(theirs.select(names).sort(names[0]))
    bad = next(file for file in files if file.truth.system_reject == "invalid_ndjson_format")
    corrected = "".join(f"{json.dumps(one)}\n" for one in json.loads(bad.content))
    store.put(f"raw/{bad.name}", corrected.encode())
    run(store)
    found = set(staging(store, "activity_logs")["event_id"])
    assert found >= {one["event_id"] for one in json.loads(bad.content)}
    assert any("reason.json" in key for key in keys(store, "rejected/activity_logs/"))


def test_the_warehouse_needs_none_of_it(store: Store, files: list[SampleFile], tmp_path: Path):
    half = [file for file in files if day_of_file(file) < date(2024, 1, 7)]
    drop(store, half)
    run(store)
    seen: dict[str, bytes] = {}
    for name in FOLDERS:
        for manifest in manifests(store, telco().dataset(name)):
            seen |= {file.key: store.read(file.key) for file in manifest.files}
    drop(store, [file for file in files if file not in half])
    run(store)
    assert {key: store.read(key) for key in seen} == seen  # what a loader was reading stays
    # A loader's view: staging/ alone, and in it what the manifests name.
    exported = open_lake(tmp_path / "exported")
    for key, data in contents(store, "staging/").items():
        exported.put(key, data)
    latest: dict[str, Manifest] = {}
    for key in sorted(keys(exported, "staging/activity/")):
        if key.endswith("_manifest.json"):
            manifest = Manifest.model_validate_json(exported.read(key))
            latest[manifest.date] = manifest
    rows = parquet(exported, [file.key for one in latest.values() for file in one.files])
    assert rows.height == sum(one.rows for one in latest.values())
    events = telco_truth(**SCALE).events
    assert {date.fromisoformat(day): one.rows for day, one in latest.items()} == events
