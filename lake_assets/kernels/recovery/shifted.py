"""Records of the right number of cells that do not fit: they moved, or are in single quotes."""

from collections.abc import Sequence

import polars as pl

from lake_assets.kernels.recovery.candidates import LONGEST, once
from lake_assets.kernels.recovery.quotes import SINGLE
from lake_assets.kernels.recovery.tokens import Fits, divide, token, unquoted

SHIFTED = "shifted cells"


def moved(records: pl.DataFrame, width: int, delimiter: str, fits: Fits) -> pl.DataFrame:
    """:func:`shifted` for the records that may have moved.

    Args:
        records: ``record``, ``raw_row``; each of the right number of cells.
        width: cells of the header.
        delimiter: of the file.
        fits: says which texts can stand in a cell.
    """
    cells = [pl.col("tokens").list.get(at).alias(f"cell_{at}") for at in range(width)]
    texts = records.select("record", text="raw_row").filter(
        pl.col("text").str.len_bytes() <= LONGEST
    )
    divided = divide(texts, delimiter, token(delimiter))
    found = divided.filter(pl.col("tokens").list.len() == width).select(
        "record", pl.col("tokens").list.eval(unquoted(pl.element()))
    )
    trimmed = pl.element().str.strip_chars()
    quoted = (trimmed == "") | trimmed.str.contains(r"^'(?s:.*)'$")
    single = found.filter(pl.col("tokens").list.eval(quoted).list.all())
    ends = (pl.col("tokens").list.first(), pl.col("tokens").list.last())
    first, last = (found.filter(end.str.strip_chars() == "") for end in ends)
    some = pl.concat(
        [single, _could_move(first, width, 1, fits), _could_move(last, width, -1, fits)]
    )
    return shifted(some.unique("record").sort("record").select("record", *cells))


def _could_move(records: pl.DataFrame, width: int, by: int, fits: Fits) -> pl.DataFrame:
    """The records of which each cell fits where the cell ``by`` places on fits now.

    Only where all of them do, the record could be recovered. Cell by cell, for most of them fail
    soon.
    """
    for place in range(width):
        if records.is_empty():
            break
        inside = 0 <= place + by < width
        text = pl.col("tokens").list.get(place + by) if inside else pl.lit("")
        asked = records.select("record", place=pl.lit(place, pl.Int64), text=text)
        records = records.filter(fits.judge(asked))
    return records


def shifted(cells: pl.DataFrame) -> pl.DataFrame:
    """The ways to read records of the right number of cells that do not fit the contract.

    An empty cell too many at the start and one too few at the end, or the other way round, or
    single quotes around every cell. The cell that is too few is taken to be empty.

    Args:
        cells: ``record`` and the texts ``cell_<n>``.

    Returns:
        The same form as :func:`recovery.candidates`. That the empty cell at one end is too many,
        and one within the row too few, only casts doubt.
    """
    names = [name for name in cells.columns if name != "record"]
    texts = cells.select("record", pl.col(names).fill_null(""))
    last = len(names) - 1
    parts = [_moved(texts, names, 0, to, SHIFTED if to == last else None) for to in range(last + 1)]
    parts += [_moved(texts, names, last, to, None if to else SHIFTED) for to in range(last)]
    found = once(pl.concat([*parts, _unwrapped(texts, names)]), names)
    return found.join(texts, on=["record", *names], how="anti", maintain_order="left")


def _moved(
    texts: pl.DataFrame, names: Sequence[str], at: int, to: int, how: str | None
) -> pl.DataFrame:
    """The records whose cell ``at`` is empty, with that cell taken out and put in at ``to``."""
    order = [name for name in names if name != names[at]]
    order.insert(to, names[at])
    return texts.filter(pl.col(names[at]).str.strip_chars() == "").select(
        "record",
        pl.lit(how, pl.String).alias("how"),
        pl.lit(None, pl.List(pl.Int64)).alias("unknown"),
        *(pl.col(old).alias(new) for old, new in zip(order, names, strict=True)),
    )


def _unwrapped(texts: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The records of which every cell that is not empty stands in single quotes."""
    trimmed = [pl.col(name).str.strip_chars() for name in names]
    wrapped = [text.str.contains(r"^'(?s:.*)'$") & (text != "'") for text in trimmed]
    empty = [text == "" for text in trimmed]
    return texts.filter(
        pl.all_horizontal(a | b for a, b in zip(wrapped, empty, strict=True))
    ).select(
        "record",
        pl.lit(SINGLE).alias("how"),
        pl.lit(None, pl.List(pl.Int64)).alias("unknown"),
        *(
            text.str.strip_prefix("'")
            .str.strip_suffix("'")
            .str.replace_all("''", "'", literal=True)
            for text in trimmed
        ),
    )
