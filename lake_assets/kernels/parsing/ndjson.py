"""A block of pieces of NDJSON files to the texts of the contract's columns."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.accounting import Accounting
from lake_assets.kernels.parsing.cells import DAMAGED, GOOD, UNDECODABLE
from lake_assets.kernels.parsing.ndjson_lines import MALFORMED, NO_OBJECT, TOO_DEEP
from lake_assets.kernels.parsing.ndjson_tokens import Tokens, find_tokens, first_names
from lake_assets.kernels.parsing.ndjson_values import column_texts
from lake_assets.kernels.parsing.texts import DAMAGE, KIND, Text, body_of, ended, lines_of

TOO_LONG = "a value that is too long"
INVALID = (MALFORMED, NO_OBJECT, TOO_DEEP)
"""Of the damage that a line can have, what is reported as INVALID_JSON; all else is STRUCTURAL."""

BLANK = "^\ufeff?\\s*$"


def read_objects(
    pieces: Sequence[Text], dataset: Dataset
) -> tuple[pl.DataFrame, list[Accounting], list[tuple[str, ...]]]:
    """Read pieces of NDJSON files as text: each line is a record, each blank one is skipped.

    Files of whatever keys are read together: a key names a column by itself, not by its place.

    Args:
        pieces: of one dataset.
        dataset: the contract.

    Returns:
        The rows and the books as ``texts.read_texts`` gives them, with a Boolean column
        ``!INVALID_JSON:<what>`` or ``!INVALID_TYPE:<column>`` more for each such fault in the
        block; and of each piece, the keys that name no column.
    """
    bodies = [body_of(piece) for piece in pieces]
    text = bodies[0].text if len(bodies) == 1 else b"".join(map(ended, bodies))
    lines = lines_of(text, bodies)
    blank = lines["raw_row"].str.contains(BLANK)
    rows = lines.filter(~blank) if blank.any() else lines
    found = _tokens(rows, len(pieces), dataset)
    found = _limited(rows["raw_row"], found, dataset.format.max_field_kb * 1024)
    texts, wrong = column_texts(found.values, dataset)
    damage = found.damage
    sound = damage.is_null()
    invalid = damage.is_in(list(INVALID))
    origin = rows.select(
        "piece",
        "line_number",
        "raw_row",
        pl.when(sound).then(pl.lit(GOOD)).otherwise(pl.lit(DAMAGED)).alias(KIND),
        pl.when(invalid).then(None).otherwise(damage).alias(DAMAGE),
    )
    origin = origin.with_columns(
        *((damage == what).fill_null(False).alias(f"!INVALID_JSON:{what}") for what in INVALID)
        if invalid.any()
        else (),
        *(mask.alias(f"!{mask.name}") for mask in wrong),
    )
    skipped = _count(lines["piece"].filter(blank), len(pieces))
    books = [
        body.books + Accounting(skipped=count) for body, count in zip(bodies, skipped, strict=True)
    ]
    return origin.hstack(texts), books, [first_names(keys) for keys in found.unknown]


def _tokens(rows: pl.DataFrame, pieces: int, dataset: Dataset) -> Tokens:
    """The values in the lines that are text; nothing in the others."""
    undecodable = rows["undecodable"]
    if not undecodable.any():
        return find_tokens(rows["raw_row"], rows["piece"], pieces, dataset)
    readable = (~undecodable).arg_true()
    found = find_tokens(
        rows["raw_row"].gather(readable), rows["piece"].gather(readable), pieces, dataset
    )
    at = pl.repeat(None, rows.height, dtype=pl.UInt32, eager=True).scatter(
        readable, pl.int_range(readable.len(), dtype=pl.UInt32, eager=True)
    )
    damage = found.damage.gather(at).zip_with(
        ~undecodable, pl.Series([UNDECODABLE]).new_from_index(0, rows.height)
    )
    return replace(found, values=found.values.select(pl.all().gather(at)), damage=damage)


def _limited(lines: pl.Series, found: Tokens, most_bytes: int) -> Tokens:
    """A value beyond the contract's limit damages its line."""
    long = lines.str.len_bytes() > most_bytes
    if not long.any():
        return found
    values = found.values
    too_long = (
        long
        & values.select(
            pl.any_horizontal((pl.all().str.len_bytes() > most_bytes).fill_null(False))
        ).to_series()
    )
    return replace(
        found,
        values=values.select(pl.when(~too_long).then(pl.all())),
        damage=found.damage.zip_with(
            ~too_long, pl.Series([TOO_LONG]).new_from_index(0, lines.len())
        ),
    )


def _count(piece: pl.Series, pieces: int) -> list[int]:
    counts = dict(piece.value_counts().iter_rows()) if piece.len() else {}
    return [counts.get(number, 0) for number in range(pieces)]
