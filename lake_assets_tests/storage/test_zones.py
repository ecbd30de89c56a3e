"""Keys: the layout of the specification, and names that find their way back."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.zones import Zones
from lake_assets.storage import InvalidKey, validate_key
from lake_assets.storage import zones as z
from lake_assets_tests.jobs.lakes import contract

DATASET: Dataset = contract().datasets[0]
ARRIVED = datetime(2025, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
RUN = "0123456789abcdef"

# What may stand in raw/ and be let in.
NAMES = st.lists(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/"), min_size=1)
    .filter(lambda segment: segment not in {".", ".."})
    .filter(lambda segment: len(segment.encode()) < 150),
    min_size=1,
    max_size=3,
).map("/".join)


def test_the_layout_is_that_of_the_specification():
    assert [
        z.processed_prefix(DATASET, "2025-01-31"),
        z.processed_key(DATASET, "2025-01-31", z.part_name(RUN, 3)),
        z.rejects_key(DATASET, "json", z.part_name(RUN, 0)),
        z.rejects_key(DATASET, "csv", z.part_name(RUN, 12)),
        z.archive_key(DATASET, "sales.csv", ARRIVED, RUN),
        z.gold_prefix(DATASET),
        z.gold_key(DATASET, "2025-01-31", 0),
        z.metrics_key(DATASET, "2025-01-31"),
        z.summary_key(DATASET),
        z.reason_key("rejected/system/sales.csv"),
        z.commit_key(DATASET, date(2025, 2, 3), RUN),
        z.stale_key(DATASET, "2025-01-31", RUN),
    ] == [
        "processed/date=2025-01-31/",
        f"processed/date=2025-01-31/part-{RUN}-0003.snappy.parquet",
        f"rejected/data_quality/json/part-{RUN}-0000.json",
        f"rejected/data_quality/csv/part-{RUN}-0012.csv",
        f"archive/validated/sales.csv_20250203T040506_{RUN}",
        "gold/fact_sales/",
        "gold/fact_sales/date=2025-01-31/part-0000.snappy.parquet",
        "audit/gold_compaction/date=2025-01-31/metrics.json",
        "audit/gold_compaction/last_run_summary.json",
        "rejected/system/sales.csv_reason.json",
        f"audit/ingest/date=2025-02-03/{RUN}.json",
        f"audit/gold_compaction/stale/date=2025-01-31/{RUN}",
    ]


def test_a_contract_with_zones_of_its_own_gets_keys_in_them():
    zones = Zones(processed="silver/", gold="curated/", ledger="log/runs/")
    dataset = DATASET.model_copy(update={"zones": zones})
    assert z.processed_key(dataset, "2025-01-31", "part-x").startswith(
        "silver/date=2025-01-31/part-"
    )
    assert z.gold_prefix(dataset, "2025-01-31") == "curated/fact_sales/date=2025-01-31/"
    assert z.ledger_prefix(dataset, date(2025, 1, 31)) == "log/runs/date=2025-01-31/"


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("processed/date=2025-01-31/part-0.parquet", "2025-01-31"),
        ("date=2025-01-31/x", "2025-01-31"),
        ("audit/gold_compaction/stale/date=2025-01-31/run", "2025-01-31"),
        ("audit/gold_compaction/last_run_summary.json", None),
        ("processed/update=2025-01-31/x", None),
        ("processed/date=2025-01-31", None),
        ("processed/date=2025-1-31/x", None),
        ("processed/date=__HIVE_DEFAULT_PARTITION__/x", None),
    ],
)
def test_the_date_of_a_key_is_that_of_its_folder(key: str, day: str | None):
    assert z.day_of(key) == day


def test_a_mark_stands_before_the_ending_and_is_the_identity_s_own():
    one, other = z.apart("validated/a/sales.csv.gz", "1"), z.apart("validated/a/sales.csv.gz", "2")
    assert one != other
    assert one == z.apart("validated/a/sales.csv.gz", "1")
    assert one.startswith("validated/a/sales~")
    assert one.endswith(".csv.gz")
    assert z.apart("validated/noending", "1").startswith("validated/noending~")


@given(NAMES, st.text())
def test_the_name_of_a_file_comes_back_from_its_key_in_validated(name: str, identity: str):
    key = z.validated_key(DATASET, name, identity)
    assert z.source_file(DATASET.zones, key) == name
    assert z.source_file(DATASET.zones, z.apart(DATASET.zones.validated + name, identity)) == name


@pytest.mark.parametrize(
    "name", ["a~0123456789ab.csv", "a~0123456789ab", "a.b~0123456789ab.csv", "~0123456789ab.csv"]
)
def test_a_name_with_a_mark_in_it_comes_back_whole(name: str):
    key = z.validated_key(DATASET, name, "identity")
    assert key != DATASET.zones.validated + name
    assert z.source_file(DATASET.zones, key) == name


@given(NAMES)
def test_a_name_that_is_let_in_can_get_every_key_on_its_way(name: str):
    z.validate_name(DATASET, name, ARRIVED)
    identity = "identity"
    for key in (
        z.validated_key(DATASET, name, identity),
        z.apart(z.archive_key(DATASET, name, ARRIVED, RUN), identity),
        z.reason_key(z.apart(DATASET.zones.rejected_system + name, identity)),
    ):
        validate_key(key)
        assert all(len(segment.encode()) <= 255 for segment in key.split("/"))


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/../b", "/a", "a//b", "a/", "a\nb", "\udcff", "n" * 210, "d/" * 510]
)
def test_a_name_that_could_not_go_all_the_way_is_refused(name: str):
    with pytest.raises(InvalidKey):
        z.validate_name(DATASET, name, ARRIVED)


def test_a_refused_file_keeps_its_own_name():
    for name in ("sales.csv", "müller (1)+2.csv", "2025/a b.csv"):
        key = z.rejected_key(DATASET, name, ARRIVED, "identity")
        assert key == f"rejected/system/{name}"


@given(st.text(st.characters(blacklist_categories=[]) | st.sampled_from("./\n\0%")))
def test_a_refused_file_gets_a_key_whatever_its_name(name: str):
    name = name.encode("utf-8", "replace").decode()
    key = z.rejected_key(DATASET, name, ARRIVED, "identity")
    for made in (key, z.reason_key(key), z.reason_key(z.apart(key, "identity"))):
        validate_key(made)
        assert all(len(segment.encode()) <= 255 for segment in made.split("/"))
        assert made.startswith("rejected/system/")


def test_a_refused_file_never_stands_where_the_reason_of_another_would():
    name = "sales.csv_reason.json"
    assert z.rejected_key(DATASET, name, ARRIVED, "i") != z.reason_key("rejected/system/sales.csv")


DATED = DATASET.model_copy(update={"zones": DATASET.zones.model_copy(update={"dated": True})})


def test_in_dated_folders_files_keep_their_names():
    assert z.archive_key(DATED, "in/a.csv", ARRIVED, RUN) == (
        "archive/validated/2025-02-03/in/a.csv"
    )
    assert z.rejected_key(DATED, "a.csv", ARRIVED, "i") == "rejected/system/2025-02-03/a.csv"
    later = z.refused_later_key(DATED, "a.csv", ARRIVED, "i")
    assert later == z.apart("rejected/system/2025-02-03/a.csv", "i")
    flat = z.refused_later_key(DATASET, "a.csv", ARRIVED, "i")
    assert flat == z.apart("rejected/system/a.csv", "i")


def refused_name(dataset: Dataset, key: str) -> str:
    return z.refused_name(dataset.zones.rejected_system, key, dated=dataset.zones.dated)


@given(NAMES)
def test_the_name_of_a_refused_file_comes_back_from_its_key(name: str):
    for dataset in (DATASET, DATED):
        assert refused_name(dataset, z.rejected_key(dataset, name, ARRIVED, "i")) == name


def test_a_folder_that_looks_like_a_date_is_part_of_the_name():
    name = "2024-01-01/a.csv"
    for dataset in (DATASET, DATED):
        assert refused_name(dataset, z.rejected_key(dataset, name, ARRIVED, "i")) == name


@given(NAMES)
def test_a_name_that_is_let_in_can_get_every_dated_key_too(name: str):
    z.validate_name(DATED, name, ARRIVED)
    for key in (
        z.apart(z.archive_key(DATED, name, ARRIVED, RUN), "identity"),
        z.reason_key(z.refused_later_key(DATED, name, ARRIVED, "identity")),
    ):
        validate_key(key)
        assert all(len(segment.encode()) <= 255 for segment in key.split("/"))


def test_a_snapshot_stands_below_its_date_and_its_name_is_found_in_its_keys():
    name = z.snapshot_name(7, "0123456789abcdef")
    assert name == "0007-0123456789abcdef"
    key = z.snapshot_key(DATASET, "2025-01-31", name, 3)
    assert key == f"gold/fact_sales/date=2025-01-31/snapshot={name}/part-0003.snappy.parquet"
    assert z.manifest_key(DATASET, "2025-01-31", name).endswith(f"snapshot={name}/_manifest.json")
    assert (z.snapshot_of(key), z.day_of(key)) == (name, "2025-01-31")
    assert z.snapshot_number(z.snapshot_name(12345, "0123456789abcdef")) == 12345


@pytest.mark.parametrize(
    "key",
    [
        "gold/t/date=2025-01-31/part-0000.snappy.parquet",
        "gold/t/date=2025-01-31/snapshot=7-0123456789abcdef/x",
        "gold/t/date=2025-01-31/snapshot=0007-short/x",
        "gold/t/date=2025-01-31/snapshot=0007-0123456789abcdef/deeper/x",
    ],
)
def test_what_is_in_no_snapshot_has_no_name_of_one(key: str):
    assert z.snapshot_of(key) is None
