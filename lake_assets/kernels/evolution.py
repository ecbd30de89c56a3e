"""Rows that were written under another version of a contract, as rows of today's."""

import polars as pl

from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.types import Typed
from lake_assets.contracts.widening import Widening, type_name, typed, widening
from lake_assets.kernels.gold import processed_schema
from lake_assets.kernels.values.types import INSTANT, LINEAGE

REBUILD = "Rebuild the date from the archive, which reads its files anew under this contract"


class EvolutionError(pl.exceptions.SchemaError):
    """Rows cannot be read under the contract of today without a guess or a loss."""


def sources(schema: pl.Schema, dataset: Dataset) -> dict[str, str]:
    """Where the values of each column stand in a file.

    The column of the same name, whatever else is there; without one, the column that has one of
    the contract's aliases as its name: the name that it had under an older contract.

    Args:
        schema: of the file.
        dataset: the contract of today.

    Returns:
        Column of the processed zone -> column of the file. A column is not in it that the file
        does not have.

    Raises:
        EvolutionError: several aliases of one column are there, or the types say that values
            could be lost.
    """
    found = {name: name for name in LINEAGE if name in schema}
    for name, source in found.items():
        if schema[source] != LINEAGE[name]:
            raise EvolutionError(
                f"its column {name} is {schema[source]}, and not {LINEAGE[name]} as in every file "
                f"of the lake. {REBUILD}."
            )
    for column in dataset.columns:
        names = [column.name] if column.name in schema else column.aliases
        there = [name for name in names if name in schema]
        if len(there) > 1:
            raise EvolutionError(
                f"it has the columns {' and '.join(there)}, and the contract (version "
                f"{dataset.contract_version}) has both as aliases of {column.name}: one of them "
                f"would be a guess. {REBUILD}, or drop an alias."
            )
        if there:
            _check(schema[there[0]], there[0], dataset, column.name)
            found[column.name] = there[0]
    return found


def evolve(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Rows as they are in a file, under the contract of today.

    Args:
        rows: columns of any version of the contract, with the lineage columns as far as they are
            there. Others are left out.
        dataset: the contract of today.

    Returns:
        The columns of :func:`~lake_assets.kernels.gold.processed_schema`, null where ``rows`` has
        none. No value is changed: a cast that cannot keep one is refused.

    Raises:
        EvolutionError: see :func:`sources`; or a value has no room in its new type.
    """
    found = sources(rows.schema, dataset)
    schema = processed_schema(dataset)
    columns = [
        _cast(rows, found[name], name, kind, dataset)
        if name in found
        else pl.lit(None, kind).alias(name)
        for name, kind in schema.items()
    ]
    return rows.with_columns(columns).select(schema.names())


def _check(kind: pl.DataType, source: str, dataset: Dataset, name: str) -> None:
    old, new = _type_of(kind), typed(dataset.column(name))
    if new.type is ColumnType.JSON and kind == pl.String():
        return  # which of the two types wrote it, Parquet does not say
    change = widening(old, new) if old else Widening.LOSSY
    where = f"its column {source}" + ("" if source == name else f", now {name},")
    types = (
        f"is {type_name(old) if old else kind}, and {type_name(new)} in the contract (version "
        f"{dataset.contract_version})"
    )
    if change is Widening.LOSSY:
        raise EvolutionError(
            f"{where} {types}: values could be lost. {REBUILD}, or give the column a type that "
            "holds both."
        )
    if change is Widening.TEXT and name in dataset.key:
        raise EvolutionError(
            f"{where} {types}, and it is of the key: 7 may have been 007 in the file, which would "
            f"be another key. {REBUILD}."
        )


def _cast(
    rows: pl.DataFrame, source: str, name: str, kind: pl.DataType, dataset: Dataset
) -> pl.Series:
    old = rows[source]
    if old.dtype == kind:
        return old.alias(name)
    # Decimals only ever get a larger scale here, so that none is rounded.
    new = old.cast(kind, strict=False)
    lost = new.is_null() & old.is_not_null()
    if lost.any():
        at = lost.arg_max() or 0
        origin = [str(rows[column][at]) for column in LINEAGE.names()[:2] if column in rows.columns]
        raise EvolutionError(
            f"the value {old[at]} of its column {source} has no room in "
            f"{type_name(typed(dataset.column(name)))}, the type of {name} in the contract "
            f"(version {dataset.contract_version}); it came from {' line '.join(origin)}, and "
            f"{int(lost.sum()):,} in all have none. Give the column a larger precision. Or rebuild "
            "the date from the archive: that rejects these rows."
        )
    return new.alias(name)


def _type_of(kind: pl.DataType) -> Typed | None:
    """The contract's type that is kept so in Parquet; None if there is none."""
    if isinstance(kind, pl.Decimal):
        return Typed(ColumnType.DECIMAL, kind.precision or 38, kind.scale)
    if kind == INSTANT:
        return Typed(ColumnType.TIMESTAMP)
    if kind == pl.Date():
        return Typed(ColumnType.DATE)
    # Smaller integers: as other engines may write them.
    if kind.is_integer() and kind not in (pl.UInt64(), pl.Int128(), pl.UInt128()):
        return Typed(ColumnType.INTEGER)
    names = {pl.String(): ColumnType.STRING, pl.Boolean(): ColumnType.BOOLEAN}
    return Typed(names[kind]) if kind in names else None
