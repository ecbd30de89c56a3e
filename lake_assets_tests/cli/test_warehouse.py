"""`lake warehouse`: files for Snowflake, and a warehouse in a file."""

from pathlib import Path

import pytest

from lake_assets.cli import opening
from lake_assets.storage import open_store
from lake_assets_tests.cli.conftest import Command
from lake_assets_tests.warehouse.house import House, club


@pytest.fixture
def house(lake: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The club, which the command knows, with a member and a visit."""
    root = tmp_path / "club"
    root.mkdir()
    read = opening.contract
    monkeypatch.setattr(opening, "contract", lambda name: club() if name == "club" else read(name))
    monkeypatch.setenv("LAKE_CLUB_URI", str(root))
    house = House(open_store(str(root)), club(), tmp_path / "club.duckdb")
    house.put("members", "m1,2025-06-01,a,Lyon")
    house.put("visits", "v1,2025-06-02,m1")
    house.publish()
    return house


def test_load_says_what_it_read_and_how_to_look_at_it(lake: Command, house: House) -> None:
    ran = lake("warehouse", "load", "club", "--to", f"duckdb:{house.path}")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "STG_TARIFFS           nothing new",
        "STG_MEMBERS           1 dates, 1 files, 1 rows",
        "STG_VISITS            1 dates, 1 files, 1 rows",
        f"Look at it: duckdb {house.path}",
    ]
    assert house.visits() == [("v1", "a", None)]
    again = lake("warehouse", "load", "club", "--to", f"duckdb:{house.path}")
    assert again.out.count("nothing new") == 3


def test_a_lake_in_a_bucket_is_loaded_into_a_file(
    lake: Command, house: House, s3_uri: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    bucket = House(open_store(s3_uri, endpoint=s3_endpoint), house.lake, house.path)
    bucket.put("members", "m2,2025-06-01,a,Nice")
    bucket.put("visits", "v2,2025-06-02,m2")
    bucket.publish()
    command = ("warehouse", "load", "club", "--to", f"duckdb:{house.path}", "--uri", s3_uri)
    assert "STG_VISITS            1 dates, 1 files, 1 rows" in lake(*command).out
    assert bucket.visits() == [("v2", "a", None)]
    bucket.put("visits", "v3,2025-06-03,m2")
    bucket.publish()
    assert lake(*command).out.count("nothing new") == 2
    assert [row[0] for row in bucket.visits()] == ["v2", "v3"]
    assert lake(*command).out.count("nothing new") == 3


def test_without_a_warehouse_it_says_what_to_set(lake: Command, house: House) -> None:
    ran = lake("warehouse", "load", "club")
    assert ran.code == 2
    assert "set LAKE_WAREHOUSE=duckdb:PATH" in ran.err
    assert "has no `warehouse`" in lake("warehouse", "load", "retail").err
    wrong = lake("warehouse", "load", "club", "--to", "postgres")
    assert (wrong.code, "duckdb:PATH or snowflake" in wrong.err) == (1, True)


def test_ddl_writes_numbered_files(lake: Command, house: House, tmp_path: Path) -> None:
    out = tmp_path / "sql"
    ran = lake("warehouse", "ddl", "club", "--out", str(out))
    assert ran.code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "10_database.sql",
        "20_staging_tables.sql",
        "21_loader_tables.sql",
        "30_star_tables.sql",
        "35_new_columns.sql",
        "40_roles.sql",
        "50_masking.sql",
    ]
    assert "they need --role-arn" in ran.out
    local = lake(
        "warehouse", "ddl", "club", "--out", str(out), "--role-arn", "arn:aws:iam::1:role/r"
    )
    assert (local.code, "Snowflake reads a lake in a bucket" in local.err) == (2, True)
    both = lake(
        "warehouse", "ddl", "club", "--out", str(out), "--role-arn", "arn:aws:iam::1:role/r",
        "--uri", "s3://bucket/club",
    )  # fmt: skip
    assert both.code == 0
    assert "s3://bucket/club/staging/visits/" in (out / "60_files.sql").read_text("utf-8")
