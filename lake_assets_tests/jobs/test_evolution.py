"""A contract that changes while the lake has rows of it: ingest, compact, rebuild, check, read."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from lake_assets.contracts.column import Column
from lake_assets.contracts.dataset import Gold
from lake_assets.contracts.evolution import compare_datasets
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.quality import Quality
from lake_assets.jobs import checks
from lake_assets.jobs.compaction.compact import CompactionError, compact
from lake_assets.jobs.ingest import ingest
from lake_assets.jobs.repair.rebuild import rebuild_dates
from lake_assets.kernels.gold import gold_schema
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import (
    ARRIVED,
    ENGINE,
    HEADER,
    contents,
    contract,
    csv,
    dataset_of,
    ledger,
    place,
    run,
    sale,
    sales,
    table,
)

OLD_DAY, DAY = "2025-05-29", "2025-05-30"
V1_HEADER, V2_HEADER = f"{HEADER},customer_id", f"{HEADER},client_id,note"


def changed(*more: Column, version: str = "2", **changes: dict[str, object]) -> Lake:
    """Retail's contract with some columns changed, and some more."""
    columns = [
        Column.model_validate(column.model_dump() | changes.get(column.name, {}))
        for column in dataset_of(contract()).columns
    ]
    gold = dataset_of(contract()).gold.model_dump()
    names = {name: str(each["name"]) for name, each in changes.items() if "name" in each}
    gold["row_hash"] = [names.get(name, name) for name in gold["row_hash"]]
    return contract(
        columns=[*columns, *more], gold=Gold.model_validate(gold), contract_version=version
    )


V2 = changed(
    Column(name="note"),
    quantity={"type": "decimal", "scale": 3},
    customer_id={"name": "client_id", "aliases": ["customer_id"]},
)
NARROW = changed(unit_price={"scale": 1})


@pytest.fixture
def mixed(store: Store, lake: Lake) -> Store:
    """Two dates read under the first version, then one of them under the second, too."""
    rows = [f"{sale('T1', OLD_DAY, 2)},C1", f"{sale('T2', DAY, 3)},C2", f"{sale('T3', DAY)},C3"]
    place(store, "a.csv", csv(*rows, header=V1_HEADER))
    run(store, lake)
    late = sale("T4", DAY).replace(",1,2.50,2.50", ",0.500,2.50,1.25")
    place(
        store,
        "b.csv",
        csv(f"{sale('T3', DAY, 5)},C9,again", f"{late},C4,half", header=V2_HEADER),
        ARRIVED + timedelta(hours=1),
    )
    return store


def test_gold_of_a_date_with_rows_of_two_versions_is_of_the_new_one(mixed: Store) -> None:
    untouched = contents(mixed, f"gold/fact_sales/date={OLD_DAY}/")
    outcome = run(mixed, V2)
    gold = table(mixed, f"gold/fact_sales/date={DAY}/")
    assert gold.schema == gold_schema(dataset_of(V2))
    names = ["transaction_id", "quantity", "client_id", "note", "contract_version"]
    assert gold.select(names).rows() == [
        ("T2", Decimal("3.000"), "C2", None, "1"),
        ("T3", Decimal("5.000"), "C9", "again", "2"),
        ("T4", Decimal("0.500"), "C4", "half", "2"),
    ]
    assert [metrics.status for metrics in outcome.metrics] == ["written"]
    assert contents(mixed, f"gold/fact_sales/date={OLD_DAY}/") == untouched
    assert checks.conservation(mixed, ledger(mixed)).passed
    found = checks.gold_against_processed(mixed, dataset_of(V2), outcome.metrics)
    assert found.passed, found.table


def test_an_old_date_is_rebuilt_under_the_new_version(mixed: Store) -> None:
    run(mixed, V2)
    dataset = dataset_of(V2)
    before = table(mixed, f"gold/fact_sales/date={DAY}/")
    rebuild_dates(mixed, dataset, ENGINE, [OLD_DAY, DAY])
    compact(mixed, dataset, ENGINE)
    gold = table(mixed, "gold/")
    assert gold.schema == gold_schema(dataset)
    assert gold["contract_version"].to_list() == ["2"] * 4
    assert gold["client_id"].to_list() == ["C1", "C2", "C9", "C4"]
    apart = ["contract_version"]
    assert table(mixed, f"gold/fact_sales/date={DAY}/").drop(apart).equals(before.drop(apart))


def test_a_renamed_key_is_the_same_key(local_store: Store, lake: Lake) -> None:
    place(local_store, "a.csv", csv(sale("T1"), sale("T2")))
    run(local_store, lake)
    columns = [
        Column(name="sale_id", aliases=["transaction_id"], required=True),
        *dataset_of(lake).columns[1:],
    ]
    new = contract(columns=columns, key=["sale_id"], contract_version="2")
    late = ARRIVED + timedelta(hours=1)
    place(local_store, "b.csv", csv(sale("T1", quantity=4)), late)
    outcome = run(local_store, new)
    (data,) = contents(local_store, "gold/").values()
    assert pl.read_parquet(data).select("sale_id", "quantity").rows() == [("T1", 4), ("T2", 1)]
    found = checks.gold_against_processed(local_store, dataset_of(new), outcome.metrics)
    assert found.passed, found.table


def test_a_narrower_type_is_told_in_the_audit_and_gold_stays(mixed: Store, lake: Lake) -> None:
    run(mixed, lake)
    before = contents(mixed, "gold/")
    with pytest.raises(CompactionError) as error:
        compact(mixed, dataset_of(NARROW), ENGINE, force_dates=[DAY])
    told = str(error.value)
    assert f"read_failed: EvolutionError: processed/date={DAY}/part-" in told
    assert "its column unit_price is decimal(18,2), and decimal(18,1) in the contract" in told
    assert "Rebuild the date from the archive" in told
    assert contents(mixed, "gold/") == before
    # As the message says.
    rebuild_dates(mixed, dataset_of(NARROW), ENGINE, [DAY])
    compact(mixed, dataset_of(NARROW), ENGINE)
    (_, now) = contents(mixed, "gold/").values()
    assert pl.read_parquet(now).schema == gold_schema(dataset_of(NARROW))


def test_gold_is_the_same_to_the_byte_if_no_contract_changed(
    local_store: Store, lake: Lake
) -> None:
    place(local_store, "a.csv", csv(sale("T1"), sale("T2")))
    run(local_store, lake)
    before = contents(local_store, "gold/")
    other = contract(quality=Quality(max_reject_rate=0.5))
    compact(local_store, dataset_of(other), ENGINE, reprocess=True)
    assert contents(local_store, "gold/") == before


def test_what_the_comparison_calls_compatible_is_compacted_as_it_is() -> None:
    effects = {c.effect.value for c in compare_datasets(dataset_of(contract()), dataset_of(V2))}
    assert effects == {"compatible"}
    (narrow,) = compare_datasets(dataset_of(contract()), dataset_of(NARROW))
    assert narrow.effect.value == "needs replay"


class TestReadersOfGold:
    """What docs/how-to/change-a-contract.md says of readers over partitions of two versions."""

    @pytest.fixture
    def gold(self, local_store: Store, lake: Lake, tmp_path: Path) -> Path:
        place(local_store, "a.csv", csv(f"{sale('T1', OLD_DAY, 2)},C1", header=V1_HEADER))
        run(local_store, lake)
        place(local_store, "b.csv", csv(f"{sale('T2', DAY)},C2,n", header=V2_HEADER))
        ingest(local_store, V2, dataset_of(V2), ENGINE)
        compact(local_store, dataset_of(V2), ENGINE)
        return tmp_path / "lake/gold/fact_sales"

    def test_duckdb_unites_columns_by_name(self, gold: Path) -> None:
        names = "transaction_id, quantity, customer_id, client_id, note"
        found = duckdb.sql(
            f"select {names} from read_parquet('{gold}/*/*.parquet', union_by_name = true) "
            "order by 1"
        ).fetchall()
        assert found == [
            ("T1", Decimal("2.000"), "C1", None, None),
            ("T2", Decimal("1.000"), None, "C2", "n"),
        ]

    def test_duckdb_without_it_takes_the_columns_of_the_first_file(self, gold: Path) -> None:
        with pytest.raises(duckdb.Error, match="customer_id"):
            duckdb.sql(f"select * from read_parquet('{gold}/*/*.parquet')").fetchall()

    def test_polars_inserts_new_columns_but_does_not_widen(self, gold: Path) -> None:
        schema = pl.Schema({**gold_schema(dataset_of(V2)), "date": pl.Date()})
        scan = pl.scan_parquet(
            gold, schema=schema, missing_columns="insert", extra_columns="ignore"
        )
        assert scan.select("transaction_id", "note").collect().height == 2
        with pytest.raises(pl.exceptions.SchemaError, match="quantity"):
            scan.collect()

    def test_all_read_it_once_gold_was_made_again(self, gold: Path, local_store: Store) -> None:
        compact(local_store, dataset_of(V2), ENGINE, reprocess=True)
        found = duckdb.sql(f"select client_id from '{gold}/*/*.parquet' order by 1").fetchall()
        assert found == [("C1",), ("C2",)]
        assert pl.read_parquet(gold)["quantity"].to_list() == [2, 1]
        assert sales(local_store, "gold/") == ["T1", "T2"]
