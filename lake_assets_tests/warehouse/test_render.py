"""What an administrator runs in Snowflake, by what it says when parsed."""

import sqlglot
from sqlglot import exp

from lake_assets.contracts.lake import Lake
from lake_assets.warehouse.masking import personal_fields
from lake_assets.warehouse.render import as_script, render_files, render_tables
from lake_assets.warehouse.staging import copy_files
from lake_assets.warehouse.star import star_of
from lake_assets_tests.warehouse.house import club

STAR = star_of(club())
ARN = "arn:aws:iam::123456789012:role/reader"
OWN = ('"LOAD_LEDGER"', '"TOUCHED_KEYS"', '"LOADER_TURN"')
TABLES = render_tables(STAR)
FILES = render_files(STAR, "s3://bucket/club", ARN)["60_files.sql"]


def created() -> dict[str, dict[str, str]]:
    """Table -> column -> its type, with NOT NULL where it says so."""
    found = {}
    for name in ("20_staging_tables.sql", "21_loader_tables.sql", "30_star_tables.sql"):
        for text in TABLES[name]:
            tree = sqlglot.parse_one(text, dialect="snowflake")
            if isinstance(tree, exp.Create):
                found[tree.find_all(exp.Table).__next__().sql(dialect="snowflake")] = {
                    column.name: " ".join(
                        [
                            column.args["kind"].sql(dialect="snowflake"),
                            *(one.sql(dialect="snowflake") for one in column.constraints),
                        ]
                    )
                    for column in tree.find_all(exp.ColumnDef)
                }
    return found


def test_a_staging_table_has_the_columns_of_gold_with_their_types() -> None:
    found = created()['"CLUB_DB"."STAGING"."STG_TARIFFS"']
    assert found == {
        "LAKE_DATE": "DATE NOT NULL",
        "TARIFF_ID": "VARCHAR NOT NULL",
        "SEEN_ON": "TIMESTAMPNTZ(6) NOT NULL",
        "TITLE": "VARCHAR",
        "FEE": "DECIMAL(18, 2)",
        "ROW_HASH": "VARCHAR NOT NULL",
        "SOURCE_FILE": "VARCHAR NOT NULL",
        "LINE_NUMBER": "BIGINT NOT NULL",
        "INGEST_RUN_ID": "VARCHAR NOT NULL",
        "INGEST_TS": "TIMESTAMPNTZ(6) NOT NULL",
        "CONTRACT_VERSION": "VARCHAR NOT NULL",
    }


def test_dimensions_and_facts_have_lineage_and_surrogate_keys() -> None:
    tables = created()
    member = tables['"CLUB_DB"."DW"."DIM_MEMBER"']
    assert member["MEMBER_SK"] == "VARCHAR NOT NULL"
    assert (member["EFFECTIVE_FROM"], member["EFFECTIVE_TO"]) == (
        "TIMESTAMPNTZ(6) NOT NULL",
        "TIMESTAMPNTZ(6)",
    )
    assert "EFFECTIVE_FROM" not in tables['"CLUB_DB"."DW"."DIM_TARIFF"']
    visit = tables['"CLUB_DB"."DW"."FACT_VISIT"']
    assert [visit[name] for name in ("MEMBER_SK", "TARIFF_SK")] == ["VARCHAR", "VARCHAR"]
    for table in (member, visit):
        assert {"SOURCE_FILE", "LINE_NUMBER", "INGEST_RUN_ID", "INGEST_TS"} <= table.keys()


def test_the_ledger_knows_file_and_etag() -> None:
    ledger = created()['"CLUB_DB"."STAGING"."LOAD_LEDGER"']
    assert list(ledger) == [
        "DATASET", "LAKE_DATE", "SNAPSHOT", "FILE", "ETAG", "ROW_COUNT", "LOADED_AT",
    ]  # fmt: skip


def test_each_column_that_may_be_null_is_added_where_a_table_lacks_it() -> None:
    added = set()
    for text in TABLES["35_new_columns.sql"]:
        assert " ADD COLUMN IF NOT EXISTS " in text
        tree = sqlglot.parse_one(text, dialect="snowflake")
        assert isinstance(tree, exp.Alter)
        (column,) = tree.find_all(exp.ColumnDef)
        assert not column.constraints
        added.add((tree.this.sql(dialect="snowflake"), column.name, column.args["kind"].sql()))
    assert added == {
        (table, column, kind)
        for table, columns in created().items()
        for column, kind in columns.items()
        if not kind.endswith("NOT NULL") and table.split(".")[-1] not in OWN
    }


def test_every_personal_column_is_masked_for_all_but_the_loader() -> None:
    text = "\n".join(TABLES["50_masking.sql"])
    personal = personal_fields(STAR)
    assert {(table.split(".")[-1], field.name) for table, field in personal} == {
        ('"DIM_MEMBER"', "member_id"),
        ('"FACT_VISIT"', "member_id"),
    }
    for table, field in personal:
        assert f'ALTER TABLE {table} MODIFY COLUMN "{field.name.upper()}" SET MASKING' in text
    assert text.count("CREATE MASKING POLICY") == 1
    assert "IS_ROLE_IN_SESSION('CLUB_DB_LOADER') THEN VALUE ELSE '***'" in text


def test_readers_see_the_star_and_nothing_of_staging() -> None:
    grants = [text for text in TABLES["40_roles.sql"] if text.startswith("GRANT")]
    reader = [text for text in grants if text.endswith('TO ROLE "CLUB_DB_READER"')]
    assert reader
    assert not any("STAGING" in text for text in reader)
    assert {text.split(" ON ")[0] for text in reader} == {"GRANT USAGE", "GRANT SELECT"}
    loader = [text for text in grants if text.endswith('TO ROLE "CLUB_DB_LOADER"')]
    assert not any(word in text for text in loader for word in ("CREATE", "OWNERSHIP", " ALL TO"))


def test_the_integration_sees_published_files_and_no_other_zone() -> None:
    integration = next(text for text in FILES if "STORAGE INTEGRATION" in text)
    (places,) = [line for line in integration.splitlines() if "ALLOWED" in line]
    assert places.strip() == (
        "STORAGE_ALLOWED_LOCATIONS = ('s3://bucket/club/staging/tariffs/', "
        "'s3://bucket/club/staging/visits/', 's3://bucket/club/staging/members/')"
    )
    assert f"STORAGE_AWS_ROLE_ARN = '{ARN}'" in integration
    assert sum(text.startswith("CREATE STAGE") for text in FILES) == 3


def test_a_copy_names_its_files_and_never_skips_one() -> None:
    stage = STAR.stages[0]
    key = "staging/tariffs/date=2025-06-01/snapshot=0001-aa/part-0000.snappy.parquet"
    text = copy_files(stage, [key], "2025-06-01")
    assert "FILES = ('date=2025-06-01/snapshot=0001-aa/part-0000.snappy.parquet')" in text
    assert "FORCE = TRUE" in text
    assert "ON_ERROR = ABORT_STATEMENT" in text
    tree = sqlglot.parse_one(text, dialect="snowflake")
    assert isinstance(tree, exp.Copy)
    select = tree.find(exp.Select)
    assert select
    assert len(select.expressions) == len(stage.fields)


def test_a_script_says_where_it_is_from_and_ends_each_statement() -> None:
    for name, statements in TABLES.items():
        text = as_script(STAR, name, statements)
        assert text.startswith("-- ")
        assert text.count(";\n") == len(statements)


def test_a_lake_without_personal_columns_has_nothing_to_mask() -> None:
    lake: Lake = club()
    dataset = lake.datasets[0]
    assert not any(column.personal for column in dataset.columns)
    assert "nothing to do" in as_script(STAR, "50_masking.sql", [])
