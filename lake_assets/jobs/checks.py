"""What must be true after a step, found from the objects that are really there.

Each function looks again at what was written, in another way than the step wrote it, so that it
can fail. The Dagster checks show what these return.
"""

import hashlib
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.compaction.metrics import Metrics
from lake_assets.jobs.compaction.processed_rows import left_out
from lake_assets.jobs.repair.restate import Restated
from lake_assets.jobs.validate import Verdict, refused, sentence_of_stuck, stuck
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.evolution import evolve, sources
from lake_assets.kernels.gold import processed_schema, without_files
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.ledger import Commit
from lake_assets.storage.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        passed: whether it holds.
        sentence: what was found, and if it does not hold, what to do.
        figures: numbers worth plotting.
        table: rows worth showing, such as the files or dates at fault.
    """

    passed: bool
    sentence: str
    figures: dict[str, float] = field(default_factory=dict)
    table: list[dict[str, str | int | float]] = field(default_factory=list)


def header_contract(verdicts: Sequence[Verdict]) -> Finding:
    """Every file was let in; a refused one has a header or a form that breaks the contract.

    One that is stuck is not let in either.
    """
    out, held = refused(verdicts), stuck(verdicts)
    table: list[dict[str, str | int | float]] = [
        {"file": v.source_file, "reason": v.reason or "", "detail": v.detail or "", "now at": v.key}
        for v in [*out, *held]
    ]
    sentence = f"{len(verdicts):,} files looked at, {len(out):,} refused."
    if out:
        sentence += " Mend them at the source and drop them in raw/ again, or extend the contract."
    figures: dict[str, float] = {"files": len(verdicts), "refused": len(out)}
    if held:
        sentence += f" {sentence_of_stuck(held)}"
        figures["stuck"] = len(held)
    return Finding(not (out or held), sentence, figures, table)


def conservation(store: Store, records: Sequence[Commit]) -> Finding:
    """Rows read = good + rejected + duplicate + skipped, and the published objects hold them.

    Good rows are counted again in the Parquet files, rejects in the JSON lines, and every object
    has the bytes that its task wrote.
    """
    table: list[dict[str, str | int | float]] = []
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
            "Gold is held back. Rebuild the dates from archive/ (materialize `processed`)."
        )
    return Finding(not table, sentence, _figures(books), table)


def reject_rate(dataset: Dataset, records: Sequence[Commit]) -> Finding:
    """The share of rejected rows is within the contract's limit."""
    books = sum((record.books for record in records), Accounting())
    rows = books.rows_read - books.skipped
    rate = books.rejected / rows if rows else 0.0
    limit = dataset.quality.max_reject_rate
    table: list[dict[str, str | int | float]] = [
        {"reason": reason, "rows": count}
        for reason, count in sorted(books.reasons.items(), key=lambda pair: -pair[1])
    ]
    share = f"{rate:.2%}; the contract allows {limit:.2%}"
    sentence = f"{books.rejected:,} of {rows:,} rows rejected ({share})."
    if rate > limit:
        sentence += f" See {dataset.zones.rejected_rows}; `lake rejects` lists them by reason."
    return Finding(rate <= limit, sentence, {"reject_rate": rate}, table)


def gold_conservation(store: Store, metrics: Sequence[Metrics]) -> Finding:
    """Rows in gold = rows in processed - superseded, counted again in the Parquet files."""
    table: list[dict[str, str | int | float]] = []
    for day in metrics:
        source = count_rows(store, day.input_partition)
        gold = count_rows(store, day.output_partition)
        if gold != day.rows_after_dedup or gold != source - day.removed:
            table.append(
                {
                    "date": day.target_date,
                    "rows in processed": source,
                    "superseded": day.removed,
                    "rows in gold": gold,
                }
            )
    source = sum(day.total_rows_in_source_partition for day in metrics)
    gold = sum(day.rows_after_dedup for day in metrics)
    sentence = f"{gold:,} rows in gold = {source:,} processed - {source - gold:,} superseded."
    if table:
        sentence = (
            "Gold does not match processed. If rows arrived meanwhile, gold follows by itself."
        )
        sentence += " Otherwise materialize the dates again."
    return Finding(not table, sentence, {"rows_in": source, "rows_out": gold}, table)


def gold_against_processed(store: Store, dataset: Dataset, metrics: Sequence[Metrics]) -> Finding:
    """Gold has each key of processed exactly once, and of each the latest arrival."""
    table: list[dict[str, str | int | float]] = []
    for day in metrics:
        columns = [*dataset.key, "ingest_ts"]
        gold = _columns(store, day.output_partition, columns, dataset)
        columns += ["source_file", "ingest_run_id"]
        processed = without_files(
            _columns(store, day.input_partition, columns, dataset),
            left_out(store, dataset, day.target_date),
        )
        latest = processed.group_by(dataset.key).agg(pl.col("ingest_ts").max())
        faults = {
            "keys twice": gold.height - gold.select(dataset.key).n_unique(),
            "missing": latest.join(gold, on=dataset.key, how="anti").height,
            "not in processed": gold.join(latest, on=dataset.key, how="anti").height,
            "not the latest": gold.join(latest, on=dataset.key)
            .filter(pl.col("ingest_ts") != pl.col("ingest_ts_right"))
            .height,
        }
        if any(faults.values()):
            table.append({"date": day.target_date, **faults})
    sentence = f"{len(metrics)} dates: each key once, the latest arrival of each."
    if table:
        sentence = "Gold differs from the latest rows of processed. Materialize the dates again."
    return Finding(not table, sentence, {"dates": len(metrics)}, table)


def readable(restated: Sequence[Restated]) -> Finding:
    """Every file that a replay meant could be read under the contract as it is now."""
    refused = {name: why for one in restated for name, why in one.refused.items()}
    files = sum(one.files for one in restated)
    sentence = f"{files:,} files read again."
    if refused:
        sentence = (
            f"{len(refused)} files cannot be read any more; what they gave still stands. Mend the "
            "contract and replay again."
        )
    table: list[dict[str, str | int | float]] = [
        {"file": name, "why": why} for name, why in sorted(refused.items())
    ]
    return Finding(not refused, sentence, {"files": files}, table)


def duplicate_rate(dataset: Dataset, metrics: Sequence[Metrics]) -> Finding:
    """The share of superseded rows is within the contract's limit, on every date."""
    limit = dataset.quality.max_duplicate_rate
    rates = {
        day.target_date: day.duplicate_rows_removed / day.total_rows_in_source_partition
        for day in metrics
        if day.total_rows_in_source_partition
    }
    return _rates("superseded rows", rates, dict.fromkeys(rates, limit))


def null_rates(dataset: Dataset, metrics: Sequence[Metrics]) -> Finding:
    """The share of nulls in each column is within the contract's limit, on every date."""
    rates: dict[str, float] = {}
    limits: dict[str, float] = {}
    for day in metrics:
        for column in dataset.columns:
            name = f"{column.name} on {day.target_date}"
            limits[name] = dataset.quality.max_null_rate.get(
                column.name, 0 if column.required else 1
            )
            if day.rows_after_dedup:
                rates[name] = day.null_counts.get(column.name, 0) / day.rows_after_dedup
    return _rates("nulls", rates, limits)


def _rates(what: str, rates: dict[str, float], limits: dict[str, float]) -> Finding:
    table: list[dict[str, str | int | float]] = [
        {"where": name, "share": round(rate, 4), "allowed": limits[name]}
        for name, rate in rates.items()
        if rate > limits[name]
    ]
    worst = max(rates.values(), default=0.0)
    sentence = f"The largest share of {what} is {worst:.2%}."
    if table:
        sentence += (
            f" {len(table)} are over the contract's limit: look into the source files, or mend the "
            "limit under `quality`."
        )
    return Finding(not table, sentence, {"largest_share": worst}, table)


def _published(
    store: Store, record: Commit, ending: str, table: list[dict[str, str | int | float]]
) -> int:
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
        rows = _rows(staged.key, data)
        if rows is None:
            table.append(_fault(staged.key, "object unreadable, rows", staged.rows))
        elif rows != staged.rows:
            table.append(_fault(staged.key, "rows missing in the object", staged.rows - rows))
        elif hashlib.sha256(data).hexdigest() != staged.sha256:
            table.append(_fault(staged.key, "object changed, rows", staged.rows))
        total += rows or 0
    return total


def _rows(key: str, data: bytes) -> int | None:
    """Rows in an object; None if it cannot be read."""
    if not key.endswith(".parquet"):
        return data.count(b"\n")
    try:
        return int(pl.scan_parquet(data).select(pl.len()).collect().item())
    except pl.exceptions.PolarsError:
        return None


def count_rows(store: Store, prefix: str) -> int:
    """Rows of a partition, those in what cannot be read not counted."""
    return sum(_rows(info.key, store.read(info.key)) or 0 for info in store.list(prefix))


def _columns(store: Store, prefix: str, columns: list[str], dataset: Dataset) -> pl.DataFrame:
    """Columns of a partition; none of the rows in what cannot be read."""
    like = processed_schema(dataset)
    frames = [pl.DataFrame(schema={name: like[name] for name in columns})]
    for info in store.list(prefix):
        data = store.read(info.key)
        with suppress(pl.exceptions.PolarsError):
            places = sources(pl.Schema(pl.read_parquet_schema(data)), dataset)
            wanted = [places[name] for name in columns if name in places]
            rows = pl.read_parquet(io.BytesIO(data), columns=wanted)
            frames.append(evolve(rows, dataset).select(columns))
    return pl.concat(frames)


def _fault(where: str, what: str, rows: int) -> dict[str, str | int | float]:
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
