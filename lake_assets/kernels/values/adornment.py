"""What may stand around a number: a sign, parentheses, a currency, a percent sign."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import polars as pl

from lake_assets.kernels.values.currency import usage

_SIGNS: Final = {"|": False, "+|": False, "-|": True, "|-": True, "(|)": True}
"""Signs before and behind a number -> whether it is negative."""
_LONGEST: Final = 24
"""Characters; more are no currency, and not worth remembering."""


@dataclass(frozen=True, slots=True)
class Adornment:
    """What the text around a number says.

    Attributes:
        negative: the number is.
        percent: it is followed by a percent sign.
        usage: how amounts in its currency are written (``currency.usage``); None without one.
    """

    negative: bool
    percent: bool
    usage: str | None


def adornment(before: str, after: str) -> Adornment | None:
    """What stands around a number; None where it has no meaning.

    ``-5``, ``- 5``, ``5-``, ``(5)``, ``$5``, ``-$5``, ``$-5``, ``($5)``, ``5 €``, ``5- EUR``,
    ``5 %``; not ``--5``, ``€5€``, ``5 pcs``.
    """
    if len(before) + len(after) > _LONGEST:
        return None
    before, after = before.replace(" ", ""), after.replace(" ", "")
    mark, mark_behind = before.strip("+-("), after.strip("-)")
    signs = f"{before.replace(mark, '', 1)}|{after.replace(mark_behind, '', 1)}"
    if signs not in _SIGNS or (mark and mark_behind):
        return None
    name = mark or mark_behind
    if name == "%" and not mark:
        return Adornment(_SIGNS[signs], True, None)
    written = usage(name) if name else None
    if name and written is None:
        return None
    return Adornment(_SIGNS[signs], False, written)


def read_adornments(before: pl.Series, after: pl.Series) -> pl.DataFrame:
    """The same for each row; each pair of texts is looked at once.

    Returns:
        ``known`` Boolean, ``negative`` Boolean, ``percent`` Boolean, ``usage`` String.
    """
    pairs = (before + _BETWEEN + after).fill_null(_BETWEEN)
    distinct = pairs.unique()
    found = [_of_pair(pair) for pair in distinct.to_list()]
    table = pl.DataFrame(
        {
            "known": [one is not None for one in found],
            "negative": [one is not None and one.negative for one in found],
            "percent": [one is not None and one.percent for one in found],
            "usage": [one.usage if one else None for one in found],
        },
        schema_overrides={"usage": pl.String},
    )
    if table.height == 1:
        return table.select(pl.all().repeat_by(pairs.len()).explode())
    number = pl.int_range(table.height, dtype=pl.UInt32, eager=True)
    return table[pairs.replace_strict(distinct, number)]


_BETWEEN: Final = "\n"


@lru_cache(maxsize=4096)
def _of_pair(pair: str) -> Adornment | None:
    before, _, after = pair.partition(_BETWEEN)
    return adornment(before, after)
