"""JSON values to the texts that columns are read from, as those of CSV cells are."""

from decimal import Decimal
from typing import Final

import polars as pl

from lake_assets.contracts.column import NUMBERS, Column, ColumnType, DecimalMark
from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.parsing.columns import valued
from lake_assets.kernels.values.json_texts import DECODER

MOST_ZEROS: Final = 60
"""A number written with an exponent beyond this fits no column."""


def column_texts(values: pl.DataFrame, dataset: Dataset) -> tuple[pl.DataFrame, list[pl.Series]]:
    """The texts of the contract's columns.

    A string is its text. A number keeps the digits that stand in the line, and so does a truth
    value its word; in a column of their own type they are put as that column reads them for sure,
    whatever the strings among them look like. An object or array in a column of type json is kept
    as it stands; elsewhere it is no value of the type.

    Args:
        values: a String column a contract column, JSON or null.
        dataset: the contract.

    Returns:
        Trimmed String columns, null where there is no value; and a Boolean series, named
        ``INVALID_TYPE:<column>``, for each column that has an object or array and cannot.
    """
    seen = values.select(
        expression.alias(f"{what} {column.name}")
        for column in dataset.columns
        for what, expression in _facts(column)
    ).row(0, named=True)
    texts: list[pl.Series] = []
    wrong: list[pl.Series] = []
    for column in dataset.columns:
        token = values[column.name]
        text = token.str.strip_prefix('"').str.strip_suffix('"')
        if seen[f"escaped {column.name}"]:
            text = _unescaped(token, text)
        if not seen[f"strings {column.name}"]:
            text = _without_strings(token, text, column)
            nested = token.str.contains(r"^[{\[]").fill_null(False)
            if column.type is not ColumnType.JSON and nested.any():
                wrong.append(nested.alias(f"INVALID_TYPE:{column.name}"))
        texts.append(text.alias(column.name))
    trimmed = pl.DataFrame(texts).select(pl.all().str.strip_chars())
    return trimmed.select(valued(name, dataset).alias(name) for name in trimmed.columns), wrong


def _facts(column: Column) -> tuple[tuple[str, pl.Expr], ...]:
    """Of a column: are all values strings, and is anything in them escaped?"""
    token = pl.col(column.name)
    return (
        ("strings", token.str.starts_with('"').all()),
        ("escaped", token.str.contains("\\", literal=True).any()),
    )


def _unescaped(token: pl.Series, text: pl.Series) -> pl.Series:
    r"""The texts of strings with a backslash: ``\n``, ``\u00e9``. One array of all is parsed."""
    is_escaped = token.str.starts_with('"') & token.str.contains("\\", literal=True)
    at = is_escaped.fill_null(False).arg_true()
    if at.is_empty():
        return text
    strings, _ = DECODER.raw_decode(f"[{token.gather(at).str.join(',')[0]}]")
    return text.clone().scatter(at, strings)


def _without_strings(token: pl.Series, text: pl.Series, column: Column) -> pl.Series:
    """The texts of a column that has other values than strings."""
    word = pl.DataFrame({"token": token, "text": text})
    bare = pl.col("token")
    by_word: dict[str, str | None] = {"null": None}
    if column.type is ColumnType.BOOLEAN:
        by_word["true"], by_word["false"] = column.true_values[0], column.false_values[0]
    chosen = pl.col("text")
    if column.type in NUMBERS:
        number = bare.str.contains("^[-0-9]")
        chosen = pl.when(number).then(_number(bare, column)).otherwise(chosen)
    for name, meaning in by_word.items():
        chosen = pl.when(bare == name).then(pl.lit(meaning, pl.String)).otherwise(chosen)
    found = word.select(chosen.alias("text")).to_series()
    return _without_exponents(token, found, column) if column.type in NUMBERS else found


def _number(token: pl.Expr, column: Column) -> pl.Expr:
    """A number as its column reads it: JSON knows one decimal mark, and none that groups."""
    match column.decimal_mark:
        case DecimalMark.COMMA:
            return token.str.replace(".", ",", literal=True)
        case DecimalMark.AUTO:  # 1.234 could be grouped, 1.2340 cannot
            return token.str.replace(r"^(-?[0-9]+\.[0-9]{3})$", "${1}0")
        case _:
            return token


def _without_exponents(token: pl.Series, text: pl.Series, column: Column) -> pl.Series:
    """``1.5e3`` as 1500: exact, and seldom, so one by one."""
    at = token.str.contains(r"^[-0-9].*[eE]").fill_null(False).arg_true()
    if at.is_empty():
        return text
    mark = "," if column.decimal_mark is DecimalMark.COMMA else "."
    plain = [plain_number(each).replace(".", mark) for each in token.gather(at)]
    return text.clone().scatter(at, plain)


def plain_number(number: str) -> str:
    """A number of JSON without its exponent; then a zero more, so that no mark groups.

    One whose exponent fits no column stays as it is.
    """
    exponent = number.lower().partition("e")[2]
    if not exponent or len(exponent) > len("+999") or abs(int(exponent)) > MOST_ZEROS:
        return number
    plain = f"{Decimal(number):f}"
    return f"{plain}0" if "." in plain else plain
