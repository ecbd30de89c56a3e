"""The physical schema of gold: the files have the contract's columns and types, and no others."""

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks.finding import Finding, Row
from lake_assets.jobs.checks.footers import footer_schema
from lake_assets.jobs.tables.current import gold_files
from lake_assets.kernels.gold import gold_schema
from lake_assets.storage.store import Store


def schema(store: Store, dataset: Dataset, day: str) -> Finding:
    """Each gold file of a date (ISO) has the contract's columns in the contract's types.

    Nothing but the files' footers is read.
    """
    wanted = gold_schema(dataset)
    table: list[Row] = []
    files = gold_files(store, dataset, day)
    for info in files:
        found = footer_schema(store, info)
        if found is None:
            table.append(_row(info.key, "", "a Parquet file", "no footer that can be read"))
            continue
        table += [
            _row(info.key, name, str(wanted.get(name, "no such column")), str(found.get(name, "")))
            for name in dict.fromkeys([*wanted, *found])
            if wanted.get(name) != found.get(name)
        ]
    sentence = f"{len(files):,} files have the {len(wanted)} columns of the contract."
    if table:
        sentence = f"{len(table):,} columns or files are not as the contract says."
    return Finding(
        not table,
        sentence,
        {"files": len(files), "columns": len(wanted)},
        table,
        recover="Materialize the date again: gold is then written under the contract of today. A "
        "file that is not of this lake has to go: `lake reconcile` names those.",
    )


def _row(file: str, column: str, wanted: str, found: str) -> Row:
    return {"file": file, "column": column, "contract": wanted, "file has": found or "none"}
