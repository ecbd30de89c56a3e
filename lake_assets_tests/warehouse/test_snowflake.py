"""The same loader on Snowflake, as fakesnow plays it: what DuckDB has, it has."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partialmethod
from pathlib import Path
from typing import Any

import dagster as dg
import fakesnow
import pytest
import snowflake.connector
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster_snowflake import SnowflakeResource
from fakesnow import info_schema
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot.expressions.core import Expr

from lake_assets.components.assets.warehouse import warehouse_assets, warehouse_resources
from lake_assets.components.lake import LakeComponent
from lake_assets.settings import SettingsError, load_settings
from lake_assets.warehouse.access import create_stages
from lake_assets.warehouse.choice import chosen
from lake_assets.warehouse.errors import ColumnMismatch, WarehouseError
from lake_assets.warehouse.load import load
from lake_assets.warehouse.options import SnowflakeOptions
from lake_assets.warehouse.render import render_tables
from lake_assets.warehouse.session import Session
from lake_assets.warehouse.snowflake_resource import snowflake_resource
from lake_assets.warehouse.snowflake_session import SnowflakeSession
from lake_assets.warehouse.target import open_warehouse
from lake_assets_tests.components.conftest import definitions
from lake_assets_tests.warehouse.house import NOW, VISITS, Death, Dying, House, members, wider

SECRET = "not-to-be-shown"
OPTIONS = SnowflakeOptions(account="org-acc", user="loader", password=SECRET)
PLAYED = ("10_database.sql", "20_staging_tables.sql", "21_loader_tables.sql", "30_star_tables.sql")
"""Roles, policies and integrations are not emulated."""

DIM = members("member_sk", "member_id", "version", "tariff_id", "town", "effective_from")
FACT = (
    "SELECT visit_id, seen_on, member_id, member_sk, tariff_sk "
    "FROM CLUB_DB.DW.FACT_VISIT ORDER BY 1"
)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of ``OPTIONS``."""
    monkeypatch.setenv("LAKE_SNOWFLAKE__ACCOUNT", "org-acc")
    monkeypatch.setenv("LAKE_SNOWFLAKE__USER", "loader")
    monkeypatch.setenv("LAKE_SNOWFLAKE__PASSWORD", SECRET)


@pytest.fixture
def session(account: None, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """An account with the tables and stages of the club, connected to by the settings.

    fakesnow plays a MERGE with a table of its own, whose comment it notes in another database:
    that DuckDB does not allow within a transaction. The comment is left away. And it copies a
    statement's tree in each of its sixty steps, which takes most of the time: once is enough.
    """
    monkeypatch.setattr(info_schema, "insert_table_comment_sql", lambda *_: "SELECT 1")
    steps, step = FakeSnowflakeCursor._transform, Expr.transform
    in_place = partialmethod(step, copy=False)
    monkeypatch.setattr(Expr, "transform", in_place)
    monkeypatch.setattr(FakeSnowflakeCursor, "_transform", lambda c, e, p: steps(c, e.copy(), p))
    with fakesnow.patch(), open_warehouse("snowflake", house.star, OPTIONS) as session:
        tables = render_tables(house.star)
        for name in PLAYED:
            for statement in tables[name]:
                session.execute(statement)
        for statement in create_stages(house.star, house.store.uri, through_integration=False):
            session.execute(statement)
        yield session


@pytest.fixture
def filled(house: House) -> House:
    house.put("tariffs", "a,2025-06-01,Basic,10.50", "b,2025-06-01,Gold,20")
    house.put("members", "m1,2025-06-01,a,Lyon", "m2,2025-06-01,a,Nice")
    house.put("members", "m1,2025-06-03,b,Lyon")
    house.put("visits", "v1,2025-06-01,m1", "v2,2025-06-03,m1", "v3,2025-05-01,m2")
    house.publish()
    return house


def test_a_second_load_does_what_is_new_and_changes_nothing_else(session: Session, filled: House):
    load(filled.star, filled.store, session, now=NOW)
    filled.put("members", "m2,2025-06-05,b,Nice", "m1,2025-06-05,b,Paris")
    filled.put("visits", "v4,2025-06-06,m2", "v1,2025-06-04,m1")
    filled.publish()
    done = load(filled.star, filled.store, session, now=NOW)
    assert [(one.table, one.dates) for one in done] == [
        ("STG_TARIFFS", ()),
        ("STG_MEMBERS", ("2025-06-05",)),
        ("STG_VISITS", ("2025-06-04", "2025-06-06")),
    ]
    filled.load()
    for sql in (DIM, FACT, VISITS):
        assert session.execute(sql) == filled.ask(sql)
    assert [row[0] for row in session.execute(VISITS)] == ["v1", "v2", "v3", "v4"]


@pytest.mark.parametrize("number", [3, 6, 9, 20, 30])
def test_a_load_that_dies_is_finished_by_the_next(session: Session, filled: House, number: int):
    with pytest.raises(Death):
        load(filled.star, filled.store, Dying(session, number, late=True), now=NOW)
    with suppress(WarehouseError):
        session.execute("ROLLBACK")
    load(filled.star, filled.store, session, now=NOW)
    filled.load()
    for sql in (DIM, FACT, VISITS):
        assert session.execute(sql) == filled.ask(sql)


def test_a_column_that_a_file_lacks_is_refused_by_not_null(session: Session):
    with pytest.raises(Exception, match=r"(?i)not null"):  # fakesnow lets DuckDB's own pass
        session.execute("INSERT INTO CLUB_DB.STAGING.STG_VISITS (visit_id) SELECT 'v1'")


def test_a_new_column_waits_for_the_administrators_file(session: Session, house: House):
    house.put("visits", "v1,2025-06-01,m1")
    house.publish()
    load(house.star, house.store, session, now=NOW)
    new = House(house.store, wider(), house.path)
    new.files = house.files
    new.put("visits", "v2,2025-06-06,m2,late")
    new.publish()
    with pytest.raises(ColumnMismatch, match=r"STG_VISITS lacks note.* 35_new_columns\.sql"):
        load(new.star, new.store, session, now=NOW)
    for statement in render_tables(new.star)["35_new_columns.sql"]:
        session.execute(statement)
    load(new.star, new.store, session, now=NOW)
    notes = session.execute("SELECT visit_id, note FROM CLUB_DB.DW.FACT_VISIT ORDER BY 1")
    assert notes == [("v1", None), ("v2", "late")]


class TestSettings:
    def test_secrets_are_in_no_repr_and_no_dump(self):
        assert SECRET not in f"{OPTIONS!r} {OPTIONS} {OPTIONS.model_dump()}"
        assert SECRET not in OPTIONS.model_dump_json()

    def test_they_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch):
        assert load_settings().snowflake is None
        monkeypatch.setenv("LAKE_SNOWFLAKE__ACCOUNT", "org-acc")
        monkeypatch.setenv("LAKE_SNOWFLAKE__USER", "loader")
        monkeypatch.setenv("LAKE_SNOWFLAKE__PASSWORD", SECRET)
        settings = load_settings()
        assert settings.snowflake == OPTIONS
        assert SECRET not in repr(settings)
        assert chosen(settings.warehouse, settings.snowflake) == "snowflake"

    def test_a_wrong_setting_is_told_without_the_secret(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("LAKE_SNOWFLAKE__ACCOUNT", "org-acc")
        monkeypatch.setenv("LAKE_SNOWFLAKE__PASSWORD", SECRET)
        with pytest.raises(SettingsError) as raised:
            load_settings()
        assert "LAKE_SNOWFLAKE__USER" in str(raised.value)
        monkeypatch.setenv("LAKE_SNOWFLAKE__USER", "loader")
        monkeypatch.setenv("LAKE_SNOWFLAKE__PRIVATE_KEY_PATH", "/key.pem")
        with pytest.raises(SettingsError) as both:
            load_settings()
        assert "one of the two" in str(both.value)
        assert SECRET not in f"{raised.value} {both.value}"

    def test_without_settings_it_says_what_to_set(self, house: House):
        with pytest.raises(WarehouseError, match="LAKE_SNOWFLAKE__ACCOUNT"):
            open_warehouse("snowflake", house.star, None)
        with pytest.raises(WarehouseError, match="duckdb:PATH or snowflake"):
            open_warehouse("postgres", house.star, None)


class TestResource:
    def test_it_holds_names_of_variables_and_no_secret(self, account: None, house: House):
        resource = snowflake_resource(OPTIONS, house.star)
        assert resource.password == "LAKE_SNOWFLAKE__PASSWORD"
        config = f"{resource.model_dump()} {type(resource).to_config_schema()}"
        assert SECRET not in f"{resource!r} {resource} {config}"
        assert SECRET in str(given(resource)["password"]), "it is read when a run begins"

    def test_the_role_is_the_loaders_own_unless_told(
        self, account: None, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        found = given(snowflake_resource(OPTIONS, house.star))
        assert (found["role"], found.get("warehouse")) == ("CLUB_DB_LOADER", None)
        monkeypatch.setenv("LAKE_SNOWFLAKE__ROLE", "R")
        monkeypatch.setenv("LAKE_SNOWFLAKE__WAREHOUSE", "W")
        options = OPTIONS.model_copy(update={"role": "R", "warehouse": "W"})
        found = given(snowflake_resource(options, house.star))
        assert (found["role"], found["warehouse"]) == ("R", "W")
        assert (found["database"], found["schema"]) == ("CLUB_DB", "STAGING")
        assert found["session_parameters"]["TIMEZONE"] == "UTC"

    def test_a_key_stands_in_place_of_the_password(
        self, account: None, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        key = rsa.generate_private_key(65537, 2048)
        pem, der = (
            key.private_bytes(form, PrivateFormat.PKCS8, NoEncryption())
            for form in (Encoding.PEM, Encoding.DER)
        )
        (tmp_path / "key.pem").write_bytes(pem)
        monkeypatch.delenv("LAKE_SNOWFLAKE__PASSWORD")
        monkeypatch.setenv("LAKE_SNOWFLAKE__PRIVATE_KEY_PATH", str(tmp_path / "key.pem"))
        options = load_settings().snowflake
        assert options
        found = given(snowflake_resource(options, house.star))
        assert found["private_key"] == der
        assert "password" not in found

    def test_a_setting_that_dagster_could_not_read_is_told(
        self, account: None, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.delenv("LAKE_SNOWFLAKE__PASSWORD")
        monkeypatch.setenv("lake_snowflake__password", SECRET)
        options = load_settings().snowflake
        assert options == OPTIONS
        with pytest.raises(WarehouseError, match="Write the names in capitals") as raised:
            snowflake_resource(OPTIONS, house.star)
        assert "LAKE_SNOWFLAKE__PASSWORD" in str(raised.value)
        assert SECRET not in str(raised.value)

    def test_a_connection_that_fails_says_no_secret(
        self, account: None, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        def fail(**given: str) -> None:
            raise snowflake.connector.errors.DatabaseError(f"wrong: {given}", errno=250001)

        monkeypatch.setattr(snowflake.connector, "connect", fail)
        with (
            pytest.raises(WarehouseError) as raised,
            open_warehouse("snowflake", house.star, OPTIONS),
        ):
            pass
        assert "Cannot connect to Snowflake: DatabaseError 250001. Look at" in str(raised.value)
        assert SECRET not in str(raised.value)
        assert raised.value.__cause__ is None


class TestInDagster:
    @pytest.fixture
    def defs(self, account: None, house: House, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
        monkeypatch.setenv("LAKE_CLUB_URI", house.store.uri)
        return definitions(house.lake)

    def test_a_run_loads_the_star_that_duckdb_has_through_the_resource(
        self, defs: dg.Definitions, session: Session, filled: House
    ):
        job = defs.resolve_implicit_global_asset_job_def()
        tables = ["STG_TARIFFS", "STG_VISITS", "STG_MEMBERS"]
        tables += ["DIM_TARIFF", "DIM_MEMBER", "FACT_VISIT"]
        keys = [dg.AssetKey(["club", "warehouse", name]) for name in tables]
        with dg.DagsterInstance.ephemeral() as instance:
            assert job.execute_in_process(instance=instance, asset_selection=keys).success
            event = instance.get_latest_materialization_event(keys[-1])
        assert event
        assert event.asset_materialization
        assert event.asset_materialization.metadata["dagster/row_count"].value == 3
        filled.load()
        for sql in (DIM, FACT, VISITS):
            found = filled.ask(sql)
            assert len(found) == 3
            assert session.execute(sql) == found

    def test_its_pages_show_the_names_of_variables_and_no_secret(self, defs: dg.Definitions):
        assert isinstance((defs.resources or {})["club_snowflake"], SnowflakeResource)
        assert SECRET not in f"{defs.resources}"
        shown = dg.serialize_value(RepositorySnap.from_def(defs.get_repository_def()))
        assert '"club_snowflake"' in shown
        assert "LAKE_SNOWFLAKE__PASSWORD" in shown
        assert SECRET not in shown

    def test_a_subclass_may_bring_another_resource(self, account: None, house: House):
        other = SnowflakeResource(account="mine", user="me", authenticator="externalbrowser")

        class Mine(LakeComponent):
            def resources(self) -> dict[str, Any]:
                return super().resources() | {"club_snowflake": other}

        defs = Mine(house.lake).build_defs(dg.ComponentTree.for_test().load_context)
        assert (defs.resources or {})["club_snowflake"] is other

    def test_there_are_none_where_snowflake_is_chosen_without_its_settings(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("LAKE_WAREHOUSE", "snowflake")
        assert warehouse_assets(house.lake) == []
        assert warehouse_resources(house.lake) == {}


def given(resource: SnowflakeResource) -> dict[str, Any]:
    """What it would connect with."""
    found: dict[str, Any] = resource.process_config_and_initialize()._connection_args
    return found


def test_the_session_is_a_session(session: Session):
    assert isinstance(session, SnowflakeSession)
