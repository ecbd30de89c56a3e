"""Conservation: every row read is in one column of the books, and the objects hold them."""

import hashlib
from collections.abc import Sequence

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.checks.counted import count_in, count_rows, rows_of
from lake_assets.jobs.checks.finding import Finding, Row
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.tables.current import gold_files, version_files
from lake_assets.kernels.accounting import Accounting
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store


def conservation(store: Store, records: Sequence[Commit]) -> Finding:
    """Rows read = good + rejected + duplicate + skipped, and the published objects hold them.

    Good rows are counted again in the Parquet files, rejects in the JSON lines, and every object
    has the bytes that its task wrote.
    """
    table: list[Row] = []
    for record in records:
        for item in record.inputs:
            if item.books.unaccounted:
                table.append(
                    _fault(item.source_file, "rows unaccounted for", item.books.unaccounted)
                )
        books = record.books
        good = _published(store, record, ".parquet", table)
        rejected = _published(store, record, ".json", table)
        if good != books.good:
            table.append(_fault(record.ingest_run_id, "good rows missing", books.good - good))
        if rejected != books.rejected:
            table.append(_fault(record.ingest_run_id, "rejects missing", books.rejected - rejected))
    books = sum((record.books for record in records), Accounting())
    sentence = (
        f"{books.rows_read:,} rows read = {books.good:,} good + {books.rejected:,} rejected "
        f"+ {books.duplicate:,} duplicate + {books.skipped:,} skipped."
    )
    if table:
        sentence = (
            "The books do not balance, or the published objects do not hold what they say. "
            "Gold is held back."
        )
    return Finding(
        not table,
        sentence,
        _figures(books),
        table,
        recover="Rebuild the dates from archive/: materialize `processed` for them, or run "
        "`lake rebuild`. `lake reconcile` tells whether anything else was lost.",
    )


def gold_conservation(store: Store, dataset: Dataset, metrics: Sequence[Metrics]) -> Finding:
    """Rows in gold = rows in processed - superseded, counted again in the Parquet files.

    Where the contract carries, the rows of the table before are among those that came in.
    """
    table: list[Row] = []
    for day in metrics:
        source = count_rows(store, day.input_partition)
        carried = count_in(store, version_files(store, dataset, day.carried)) if day.carried else 0
        gold = count_in(store, gold_files(store, dataset, day.target_date))
        if gold != day.rows_after_dedup or gold != source + carried - day.removed:
            table.append(
                {
                    "date": day.target_date,
                    "rows in processed": source,
                    **({"carried": carried} if dataset.gold.carry else {}),
                    "superseded": day.removed,
                    "rows in gold": gold,
                }
            )
    source = sum(day.total_rows_in_source_partition for day in metrics)
    carried = sum(day.carried_rows or 0 for day in metrics)
    gold = sum(day.rows_after_dedup for day in metrics)
    came = f"{carried:,} carried + {source:,}" if dataset.gold.carry else f"{source:,}"
    superseded = source + carried - gold
    sentence = f"{gold:,} rows in gold = {came} processed - {superseded:,} superseded."
    if table:
        sentence = "Gold does not match processed."
    return Finding(
        not table,
        sentence,
        {"rows_in": source + carried, "rows_out": gold},
        table,
        recover="If rows arrived meanwhile, gold follows by itself. Otherwise materialize the "
        "dates again; if `processed` was damaged, rebuild it first (`lake rebuild`).",
    )


def _published(store: Store, record: Commit, ending: str, table: list[Row]) -> int:
    """Rows of a commit's outputs of one kind, counted in the objects; faults go to ``table``."""
    total = 0
    for staged in record.outputs:
        if not staged.key.endswith(ending):
            continue
        try:
            data = store.read(staged.key)
        except ObjectNotFound:
            table.append(_fault(staged.key, "object missing, rows", staged.rows))
            continue
        rows = rows_of(staged.key, data)
        if rows is None:
            table.append(_fault(staged.key, "object unreadable, rows", staged.rows))
        elif rows != staged.rows:
            table.append(_fault(staged.key, "rows missing in the object", staged.rows - rows))
        elif hashlib.sha256(data).hexdigest() != staged.sha256:
            table.append(_fault(staged.key, "object changed, rows", staged.rows))
        total += rows or 0
    return total


def _fault(where: str, what: str, rows: int) -> Row:
    return {"where": where, "what": what, "rows": rows}


def _figures(books: Accounting) -> dict[str, float]:
    return {
        "rows_read": books.rows_read,
        "good": books.good,
        "rejected": books.rejected,
        "duplicate": books.duplicate,
        "skipped": books.skipped,
        "unaccounted": books.unaccounted,
    }
