"""Amounts of money of a retail sample, in the spellings of real tills."""

from functools import lru_cache
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, pick

MOST_UNITS: Final = 18_100
"""Amounts stay below this many whole units: 12 pieces at 1,499.99, and what a defect adds."""

_PLAIN, _GROUPED, _DOLLAR, _CODE, _SHORT, _CONTINENTAL = range(6)
_WEIGHTS: Final = (70, 10, 11, 5, 2, 2)
_STYLES = pl.Series(
    [style for style, weight in enumerate(_WEIGHTS) for _ in range(weight)], dtype=pl.UInt64
)
_PREFIXES = pl.Series(["", "", "$", "USD ", "", ""])
# By style, which spelling of the table is meant.
_WHOLE = pl.Series([0, 1, 1, 0, 0, 2], dtype=pl.UInt64)
_FRACTION = pl.Series([0, 0, 0, 0, 1, 2], dtype=pl.UInt64)


def money(cents: pl.Expr, stream: int, row: pl.Expr, plain: pl.Expr, delimiter: str) -> pl.Expr:
    """Return the cell for each amount of `cents` (UInt64), quoted where it has to be.

    Spellings: 1040.00, 1,040.00, $1,040.00, USD 1040.00, 12.3, and 1.234,56 where no comma
    separates the cells. Where `plain` (Boolean) is true, the text has no comma, dollar or quote.
    """
    units = cents // 100
    large = units >= 1000
    style = pick(_STYLES, draw(stream, row, len(_STYLES)))
    # Only with a dot for the thousands too is a decimal comma beyond doubt.
    odd = plain | ((style == _CONTINENTAL) & (~large if delimiter != "," else pl.lit(True)))
    style = pl.when(odd).then(pl.lit(_PLAIN, dtype=pl.UInt64)).otherwise(style)
    grouped = (style == _GROUPED) | (style == _DOLLAR)
    quoted = grouped & large if delimiter == "," else pl.lit(False)
    quote = pl.when(quoted).then(pl.lit('"')).otherwise(pl.lit(""))
    return pl.concat_str(
        quote,
        pick(_PREFIXES, style),
        pick(_whole_texts(), pick(_WHOLE, style) * MOST_UNITS + units),
        pick(_fraction_texts(), pick(_FRACTION, style) * 100 + cents % 100),
        quote,
    )


def bare_money(cents: pl.Expr) -> pl.Expr:
    """Return each amount of `cents` (UInt64) as 1040.00."""
    return pl.concat_str(pick(_whole_texts(), cents // 100), pick(_fraction_texts(), cents % 100))


@lru_cache(maxsize=1)
def _whole_texts() -> pl.Series:
    plain = [str(units) for units in range(MOST_UNITS)]
    grouped = [f"{units:,}" for units in range(MOST_UNITS)]
    return pl.Series(plain + grouped + [text.replace(",", ".") for text in grouped])


@lru_cache(maxsize=1)
def _fraction_texts() -> pl.Series:
    two = [f".{cents:02d}" for cents in range(100)]
    short = [text[:-1] if text.endswith("0") else text for text in two]
    return pl.Series(two + short + [text.replace(".", ",") for text in two])
