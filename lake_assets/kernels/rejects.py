"""Reject records, and how they are written for machines and for analysts."""

from io import BytesIO

import polars as pl

from lake_assets.contracts.column import TIMES
from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.rows import RAW
from lake_assets.kernels.values.types import LINEAGE

INSTANT_TEXT = "%Y-%m-%dT%H:%M:%S%.6fZ"


def to_rejects(bad: pl.DataFrame, reasons: list[str], dataset: Dataset) -> pl.DataFrame:
    """Make reject records of the rows that are not good.

    Args:
        bad: rows as ``rows.judge`` gives them, with the columns of ``types.LINEAGE``.
        reasons: the names of its reason columns, in order.
        dataset: the contract.

    Returns:
        ``raw_row`` (the exact text; undecodable bytes one for one as Latin-1), the contract's
        columns as far as they were read (a timestamp or a date as ``<name>_raw`` String and
        ``<name>_parsed``), ``reject_reason`` (the first), ``reject_reasons`` (List(String), all),
        and the columns of ``types.LINEAGE``.
    """
    broken = pl.concat_list(
        pl.when(pl.col(reason)).then(pl.lit(reason[1:])) for reason in reasons
    ).list.drop_nulls()
    columns: list[pl.Expr] = []
    for column in dataset.columns:
        if column.type in TIMES:
            columns.append(pl.col(column.name + RAW))
            columns.append(pl.col(column.name).alias(f"{column.name}_parsed"))
        else:
            columns.append(pl.col(column.name))
    return bad.with_columns(broken.alias("reject_reasons")).select(
        "raw_row",
        *columns,
        pl.col("reject_reasons").list.first().alias("reject_reason"),
        "reject_reasons",
        *LINEAGE.names(),
    )


def to_ndjson(rejects: pl.DataFrame) -> bytes:
    """One JSON object a line, byte-faithful; decimals as text, instants in ISO 8601 (UTC)."""
    return (_instants(rejects).write_ndjson() or "").encode()


def to_csv(rejects: pl.DataFrame) -> bytes:
    """For analysts, and safe to open in a spreadsheet.

    Every cell is quoted, and text that a spreadsheet would run as a formula is preceded by ``'``
    (OWASP, CSV injection). Numbers are numbers, negative ones too.
    """
    texts = [name for name, kind in rejects.schema.items() if kind == pl.String]
    flat = _instants(rejects).with_columns(
        pl.col("reject_reasons").list.join("; "), *(_defused(name) for name in texts)
    )
    buffer = BytesIO()
    flat.write_csv(buffer, quote_style="always")
    return buffer.getvalue()


def _defused(name: str) -> pl.Expr:
    text = pl.col(name)
    risky = text.str.contains(r"^[=+\-@\t\r\n]") & ~text.str.contains(r"^-?[0-9]+(?:\.[0-9]+)?$")
    return pl.when(risky).then("'" + text).otherwise(text).alias(name)


def _instants(rejects: pl.DataFrame) -> pl.DataFrame:
    return rejects.with_columns(pl.col(pl.Datetime("us")).dt.strftime(INSTANT_TEXT))
