"""Manifests of snapshots: read, refused, and written anew where a compaction has died."""

import polars as pl
import pytest

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.compact import compact
from lake_assets.jobs.compaction.metrics import TableVersion
from lake_assets.jobs.tables.current import current_snapshot
from lake_assets.jobs.tables.manifest import (
    Manifest,
    ManifestDamaged,
    current_manifest,
    history,
    manifest_columns,
    manifests,
)
from lake_assets.storage import Store
from lake_assets.storage.zones import manifest_key
from lake_assets_tests.jobs.club import ARRIVED, DAYS, ENGINE, arrive, lake, run

FIRST, SECOND = DAYS[:2]
CLUB = lake(visits={})
MEMBERS = CLUB.dataset("members")


@pytest.fixture
def filled(local_store: Store) -> Store:
    rows = f"m1,{FIRST},a,Lyon", f"m2,{SECOND},a,Nice"
    arrive(local_store, MEMBERS, "a.csv", *rows, arrived=ARRIVED)
    run(local_store, CLUB)
    return local_store


def key_of(store: Store, dataset: Dataset, day: str) -> str:
    name = current_snapshot(store, dataset, day)
    assert name
    return manifest_key(dataset, day, name)


def test_a_manifest_is_read_as_it_was_written(filled: Store):
    found = current_manifest(filled, MEMBERS, SECOND)
    assert found
    assert Manifest.model_validate_json(found.to_bytes()) == found
    assert found.carried == TableVersion("members", FIRST, current_snapshot(filled, MEMBERS, FIRST))
    assert found.lookups == (TableVersion("tariffs"),), "there was none to look up yet"
    types = {column.name: column.type for column in found.columns}
    assert (types["fee"], types["tariff"]) == ("decimal(18,2)", "string")


def test_manifests_are_those_of_the_current_snapshots_by_date(filled: Store):
    newer = MEMBERS.model_copy(update={"contract_version": "2"})
    compact(filled, newer, ENGINE, force_dates=[FIRST])
    found = list(manifests(filled, MEMBERS))
    assert [(one.date, one.snapshot[:4]) for one in found] == [(FIRST, "0002"), (SECOND, "0001")]
    assert [one.snapshot[:4] for one in history(filled, MEMBERS, FIRST)] == ["0001", "0002"]


def test_a_dataset_in_place_has_none(local_store: Store):
    visits = CLUB.dataset("visits")
    arrive(local_store, visits, "v.csv", f"v1,{FIRST},m1", arrived=ARRIVED)
    run(local_store, CLUB)
    assert list(manifests(local_store, visits)) == []


def test_what_is_no_manifest_is_refused_by_name(filled: Store):
    key = key_of(filled, MEMBERS, FIRST)
    filled.put(key, b'{"table": 1}')
    with pytest.raises(ManifestDamaged, match=key):
        current_manifest(filled, MEMBERS, FIRST)


def test_a_manifest_that_was_never_written_is_what_it_would_have_been(filled: Store):
    """The next compaction writes it of the files, under whatever contract it has."""
    key = key_of(filled, MEMBERS, SECOND)
    before = filled.read(key)
    filled.delete(key)
    assert current_manifest(filled, MEMBERS, SECOND) is None
    compact(filled, MEMBERS, ENGINE, force_dates=[SECOND])
    assert filled.read(key) == before


def test_columns_that_the_contract_does_not_know_have_the_types_of_the_file():
    schema = pl.Schema(
        {
            "town": pl.Int64(),
            "fee": pl.Decimal(18, 2),
            "old": pl.Decimal(9, 1),
            "at": pl.Datetime("us"),
            "line_number": pl.UInt32(),
            "flag": pl.Boolean(),
        }
    )
    assert [(one.name, one.type) for one in manifest_columns(MEMBERS, schema)] == [
        ("town", "integer"),
        ("fee", "decimal(18,2)"),
        ("old", "decimal(9,1)"),
        ("at", "timestamp"),
        ("line_number", "integer"),
        ("flag", "boolean"),
    ]
