"""Damaged records: the ways in which each could be read, and the one that its contract allows.

A record is recovered where all readings that fit the contract give the same values, and rejected
where they differ: a guess is never made. That holds only as far as the true reading is among the
candidates, so they are complete for one cause of damage at a time, or none are given:

- the row is written in another delimiter of the contract;
- one to three cells are too many: delimiters were doubled, or stand at the end of the row, or in
  text that is not quoted;
- one delimiter is missing;
- one quote is too many, or one at the edge of a cell is missing;
- pairs of quotes within quotes are not doubled; quotes are escaped by a backslash, have blanks
  beside them, or are single.

What cannot be mended, because a value may be lost with it, is a candidate that only casts doubt: a
missing cell, a row that was cut off, a stray quote as text.
"""

from collections.abc import Sequence

import polars as pl

from lake_assets.kernels.chart import MOST_SURPLUS
from lake_assets.kernels.quotes import SINGLE, SPACED, requote, single_quoted
from lake_assets.kernels.shortage import put_in
from lake_assets.kernels.surplus import take_out
from lake_assets.kernels.tokens import Fits, as_readings, divide, token, unquoted
from lake_assets.kernels.truncated import truncated

OTHER_DELIMITER = "another delimiter"
SHIFTED = "shifted cells"

LONGEST = 16 * 1024
"""Bytes of a record; a longer one has no candidates."""

BATCH = 256 * 1024
"""Bytes of records that are looked at together: candidates take some hundred times as much."""


def most_candidates(width: int) -> int:
    """How many candidates a record may have; one with more could be nearly anything."""
    return 4 * width + 10


def candidates(
    records: pl.DataFrame,
    width: int,
    delimiter: str,
    fits: Fits | None = None,
    *,
    delimiters: Sequence[str],
) -> pl.DataFrame:
    """The ways in which damaged records could be read.

    What a record becomes does not depend on the others.

    Args:
        records: ``record`` (UInt32), ``raw_row`` (String, without its line end), each with the
            wrong number of cells or with quotes where RFC 4180 does not allow them.
        width: cells of the header.
        delimiter: of the file.
        fits: says which texts can stand in a cell. Without it candidates that cannot be are
            given, too, and records with many of them are given up.
        delimiters: the contract's.

    Returns:
        ``record``, ``how`` (String: the kind of recovery; null if the reading only casts doubt),
        ``unknown`` (List of Int64: the places of cells of which nothing is known, else null),
        ``cell_0`` to ``cell_<width - 1>`` (String, never null), one row a candidate, in the order
        of the records; none twice. At most :func:`most_candidates` a record; of a record that
        could have more, none.
    """
    names = [f"cell_{n}" for n in range(width)]
    texts = records.select("record", text="raw_row").filter(
        pl.col("text").str.len_bytes() <= LONGEST
    )
    batch = pl.col("text").str.len_bytes().cast(pl.Int64).cum_sum() // BATCH
    parts = [
        _wide(_readings(part, width, delimiter, delimiters, fits), names)
        for part in texts.with_columns(batch=batch).partition_by(
            "batch", include_key=False, maintain_order=True
        )
    ]
    return pl.concat([_wide(as_readings(texts.clear()), names), *parts])


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
        The same form as :func:`candidates`. That the empty cell at one end is too many, and one
        within the row too few, only casts doubt.
    """
    names = [name for name in cells.columns if name != "record"]
    texts = cells.select("record", pl.col(names).fill_null(""))
    last = len(names) - 1
    parts = [_moved(texts, names, 0, to, SHIFTED if to == last else None) for to in range(last + 1)]
    parts += [_moved(texts, names, last, to, None if to else SHIFTED) for to in range(last)]
    found = _once(pl.concat([*parts, _unwrapped(texts, names)]), names)
    return found.join(texts, on=["record", *names], how="anti", maintain_order="left")


def choose(typed: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The records of which all readings that fit say the same.

    Args:
        typed: candidates, typed by the contract: ``record``, ``how``, ``fits`` (Boolean: no
            required value is missing, all texts are read, all rules hold; what comes of an
            ``unknown`` cell does not count, see :func:`fitting.holds`), and the columns
            ``names``; others may be there.
        names: the columns in which readings must agree; null agrees with null alone.

    Returns:
        The first fitting row of each record whose fitting rows all have a ``how`` and agree; in
        the order of ``typed``.
    """
    fitting = typed.filter(pl.col("fits"))
    agree = pl.struct(names).n_unique() == 1 if names else pl.lit(True)
    certain = fitting.group_by("record").agg(
        (agree & pl.col("how").is_not_null().all()).alias("certain")
    )
    recovered = certain.filter("certain")["record"]
    return fitting.filter(pl.col("record").is_in(recovered.implode())).unique(
        "record", keep="first", maintain_order=True
    )


def _readings(
    texts: pl.DataFrame, width: int, delimiter: str, delimiters: Sequence[str], fits: Fits | None
) -> pl.DataFrame:
    """Readings of all kinds, in the form of ``tokens.READING``."""
    most = most_candidates(width)
    parts = [
        as_readings(_whole(texts, width, other).with_columns(pl.lit(OTHER_DELIMITER).alias("how")))
        for other in delimiters
        if other != delimiter
    ]
    text = pl.col("text")
    # What has far too many cells is not taken apart.
    some = texts.filter(
        text.str.count_matches(delimiter, literal=True) < width + MOST_SURPLUS + most
    )
    divided = divide(some, delimiter, token(delimiter))
    off = pl.col("tokens").list.len().cast(pl.Int64) - width
    misquoted = some.join(divided, on="record", how="anti")
    too_many, lost = take_out(divided, width, delimiter, most, fits)
    too_few, lost_too = put_in(divided, width, delimiters, most, fits)
    parts += [
        as_readings(divided.filter(off == 0).with_columns(pl.lit(SPACED).alias("how"))),
        too_many,
        too_few,
        truncated(misquoted, divided.filter(off == -1), width, delimiter, fits),
        requote(misquoted, width, delimiter, 2 * most),
        single_quoted(some, width, delimiter),
    ]
    # Where not all readings were looked at, those that were prove nothing.
    return pl.concat(parts).filter(~pl.col("record").is_in(pl.concat([lost, lost_too]).implode()))


def _whole(texts: pl.DataFrame, width: int, delimiter: str) -> pl.DataFrame:
    """The records that a delimiter divides into just as many cells as wanted."""
    count = pl.col("text").str.count_matches(delimiter, literal=True)
    enough = texts.filter(count.is_between(width - 1, width + LONGEST))
    divided = divide(enough, delimiter, token(delimiter))
    return divided.filter(pl.col("tokens").list.len() == width)


def _wide(readings: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Tokens as cells, and records of too many readings left out."""
    texts = readings.with_columns(pl.col("tokens").list.eval(unquoted(pl.element())))
    cells = [
        pl.col("tokens").list.get(at, null_on_oob=True).alias(name) for at, name in enumerate(names)
    ]
    once = _once(texts.select("record", "how", "unknown", *cells), names)
    return once.filter(pl.len().over("record") <= most_candidates(len(names)))


def _once(found: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Of equal readings the first; one that recovers goes before one that casts doubt."""
    key = pl.col("unknown").cast(pl.List(pl.String)).list.join(",").alias("key")
    ordered = found.with_columns(key).sort("record", pl.col("how").is_null(), maintain_order=True)
    return ordered.unique(["record", "key", *names], keep="first", maintain_order=True).drop("key")


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
