"""The demo's star schema: loaded where DuckDB is installed, and a command that looks at it."""

import shlex
from importlib.util import find_spec
from pathlib import Path

from lake_assets.contracts.lake import Lake
from lake_assets.storage.store import Store
from lake_assets.warehouse.star import Star, star_of


def star_step(store: Store, lake: Lake, directory: str, python: str) -> tuple[str, str]:
    """Load the star schema, if that is possible here.

    Args:
        store: of the lake.
        lake: with a warehouse.
        directory: of the lake, as one types it; the file gets into it.
        python: the interpreter, as one types it.

    Returns:
        A command that looks at it, or that loads it, and what it shows.

    Raises:
        WarehouseError: it cannot be loaded.
    """
    path = Path(directory) / "warehouse.duckdb"
    if find_spec("duckdb"):
        _load(store, star_of(lake), path)
        code = f"import duckdb; duckdb.connect({str(path)!r}).sql({_query(star_of(lake))!r}).show()"
        return f"{shlex.quote(python)} -c {shlex.quote(code)}", "the star schema, in DuckDB"
    to, uri = shlex.quote(f"duckdb:{path}"), shlex.quote(directory)
    return (
        f"lake warehouse load {lake.lake} --to {to} --uri {uri}",
        "a star schema, once pip install 'lake-assets[duckdb]' is done",
    )


def _load(store: Store, star: Star, path: Path) -> None:
    from lake_assets.warehouse.duckdb_session import open_duckdb
    from lake_assets.warehouse.load import load

    with open_duckdb(path, star) as session:
        load(star, store, session)


def _query(star: Star) -> str:
    """Facts by the last dimension that they lead to; where none does so, rows as they are."""
    schema = star.declared.star_schema
    for fact in star.facts:
        for link in reversed(fact.links):
            dimension = link.dimension.declared
            return (
                f"SELECT d.{dimension.key}, count(*) AS facts "
                f"FROM {schema}.{fact.declared.table} f JOIN {schema}.{dimension.table} d "
                f"ON f.{link.name} = d.{dimension.surrogate} GROUP BY ALL ORDER BY ALL LIMIT 5"
            )
    made = [
        *(one.declared.table for one in star.facts),
        *(d.declared.table for d in star.dimensions),
    ]
    return f"FROM {schema}.{made[0]} LIMIT 5" if made else "SHOW ALL TABLES"
