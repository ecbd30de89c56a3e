"""Text to true or false."""

import polars as pl

from lake_assets.contracts.column import Column


def read_boolean(text: pl.Series, column: Column) -> pl.Series:
    """Read the words that a contract has for true and false.

    Args:
        text: String, null where there is no value.
        column: of the contract; its ``true_values`` and ``false_values`` count, trimmed, in any
            case.

    Returns:
        Boolean; null where the text is none of them.
    """
    words = dict.fromkeys(column.true_values, True)
    words.update((word, False) for word in column.false_values)
    return (
        text.str.strip_chars()
        .str.to_lowercase()
        .replace_strict(words, default=None, return_dtype=pl.Boolean)
    )
