"""The tables of a lake's warehouse as assets: one step loads what gold has published."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import dagster as dg

from lake_assets.components.names import LAKE_TAG, ZONE_TAG, asset_key, snowflake_key, store_key
from lake_assets.components.resources import store_of
from lake_assets.components.runs.retries import retried
from lake_assets.contracts.lake import Lake
from lake_assets.settings import load_settings
from lake_assets.warehouse.choice import DUCKDB, LAKE, SNOWFLAKE, chosen, duckdb_path, why_none
from lake_assets.warehouse.snowflake_resource import snowflake_resource
from lake_assets.warehouse.sql import Dialect, Field, sql_type
from lake_assets.warehouse.star import Star, star_of

if TYPE_CHECKING:
    from lake_assets.warehouse.session import Session

AC = dg.AutomationCondition
ZONE = "warehouse"


def warehouse_assets(lake: Lake) -> list[dg.AssetsDefinition]:
    """The assets; none where the contract has no warehouse, or the environment chooses none."""
    if lake.warehouse is None:
        return []
    to = _chosen()
    if to is None:
        dg.get_dagster_logger().info(why_none(lake.lake))
        return []
    return [_assets(star_of(lake), to)]


def warehouse_resources(lake: Lake) -> dict[str, Any]:
    """What those assets connect with, besides the lake's store: dagster-snowflake's resource.

    Raises:
        WarehouseError: dagster-snowflake is not installed, or a setting has no variable.
    """
    options = load_settings().snowflake
    if lake.warehouse is None or options is None or _chosen() != SNOWFLAKE:
        return {}
    return {snowflake_key(lake): snowflake_resource(options, star_of(lake))}


def when_published() -> "dg.AutomationCondition[Any]":
    """As soon as gold of any date is new, and nothing is under way.

    Dates without gold do not matter here: there are always some. For ``newly_requested``, see
    :func:`lake_assets.components.assets.automation.when_touched`.
    """
    published = AC.any_deps_match(AC.newly_updated()).since(AC.newly_requested())
    return (published & ~AC.any_deps_in_progress() & ~AC.in_progress()).with_label("gold is new")


def _assets(star: Star, to: str) -> dg.AssetsDefinition:
    lake = star.lake
    in_a_file = to.startswith(DUCKDB)
    keys = {store_key(lake)} if in_a_file else {store_key(lake), snowflake_key(lake)}

    @dg.multi_asset(
        name=f"{lake.lake}_warehouse",
        specs=_specs(star, Dialect.DUCKDB if in_a_file else Dialect.SNOWFLAKE),
        required_resource_keys=keys,
        pool=_pool(lake, to),
    )
    @retried
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        from lake_assets.warehouse.load import load

        store = store_of(context, lake)
        with _opened(context, star, to) as session:
            done = load(star, store, session)
            counts = {
                name: session.execute(f"SELECT COUNT(*) FROM {full}")[0][0]
                for name, full, _, _ in _made(star)
            }
        for one in done:
            context.log.info(f"{one.table}: {len(one.dates)} dates, {one.rows} rows.")
            yield dg.MaterializeResult(
                _key(lake, one.table),
                metadata={"dates": list(one.dates), "files": one.files, "rows_loaded": one.rows},
            )
        for name, count in counts.items():
            yield dg.MaterializeResult(_key(lake, name), metadata={"dagster/row_count": int(count)})

    return warehouse


def _opened(
    context: dg.AssetExecutionContext, star: Star, to: str
) -> "AbstractContextManager[Session]":
    from lake_assets.warehouse.duckdb_session import open_duckdb
    from lake_assets.warehouse.snowflake_session import open_snowflake

    if to.startswith(DUCKDB):
        return open_duckdb(duckdb_path(to, star.lake.lake), star)
    return open_snowflake(getattr(context.resources, snowflake_key(star.lake)))


def _chosen() -> str | None:
    settings = load_settings()
    return chosen(settings.warehouse, settings.snowflake)


def _pool(lake: Lake, to: str) -> str:
    """A pool of its own, so that loading takes no turn from the lake's own steps.

    Lakes that share a file of DuckDB share the pool: one process at a time writes it.
    """
    shared = to.startswith(DUCKDB) and LAKE not in to
    return "duckdb_warehouse" if shared else f"{lake.lake}_warehouse"


def _specs(star: Star, dialect: Dialect) -> list[dg.AssetSpec]:
    lake = star.lake
    stages = [
        _spec(
            star,
            dialect,
            stage.declared.table,
            stage.name,
            stage.fields,
            [asset_key(lake, "gold", stage.dataset.gold.table)],
            f"The rows of the current snapshots of {stage.dataset.name}, each once.",
            # Not on the others: they are made in the same step, and would ask for it for ever.
            when_published(),
        )
        for stage in star.stages
    ]
    made = [
        _spec(
            star,
            dialect,
            name,
            full,
            fields,
            [_key(lake, table) for table in tables],
            "A dimension." if len(tables) == 1 else "Facts, with the versions of their own time.",
            None,
        )
        for name, full, fields, tables in _made(star)
    ]
    return [*stages, *made]


def _spec(
    star: Star,
    dialect: Dialect,
    table: str,
    full: str,
    fields: list[Field],
    deps: list[dg.AssetKey],
    description: str,
    condition: "dg.AutomationCondition[Any] | None",
) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(field.name.upper(), sql_type(field.type, dialect)) for field in fields
    ]
    return dg.AssetSpec(
        _key(star.lake, table),
        deps=deps,
        description=description,
        group_name=star.lake.lake,
        kinds={dialect.value, "table"},
        owners=star.lake.owners,
        tags={LAKE_TAG: star.lake.lake, ZONE_TAG: ZONE},
        metadata={
            "dagster/table_name": full.replace('"', ""),
            "dagster/column_schema": dg.TableSchema(columns),
        },
        automation_condition=condition,
    )


def _made(star: Star) -> list[tuple[str, str, list[Field], list[str]]]:
    """(name, full name, columns, tables that it is made from) of dimensions and facts."""
    dimensions = [
        (one.declared.table, one.name, one.fields, [one.stage.declared.table])
        for one in star.dimensions
    ]
    facts = [
        (
            one.declared.table,
            one.name,
            one.fields,
            [one.stage.declared.table, *(link.dimension.declared.table for link in one.links)],
        )
        for one in star.facts
    ]
    return [*dimensions, *facts]


def _key(lake: Lake, table: str) -> dg.AssetKey:
    return dg.AssetKey([lake.lake, ZONE, table])
