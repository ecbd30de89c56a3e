"""JSON lines of a telco sample, in the spellings of several producers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from lake_assets.samples.chance import chosen, key, one_of_every, shuffled

STYLES: Final = 4
"""How many producers there are."""
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Style:
    """How one producer writes an object: `keys` are columns with their spelling, in order."""

    keys: tuple[tuple[str, str], ...]
    colon: str
    comma: str


@dataclass(frozen=True, slots=True)
class Form:
    """How the lines of one file are joined."""

    newline: str
    bom: bool
    final_newline: bool


def styles(stream: int, columns: Sequence[str]) -> list[Style]:
    """Return the `STYLES` ways to write objects of these columns."""
    mixed = shuffled(key(stream, "columns"), columns)
    return [
        Style(tuple((name, name) for name in columns), ":", ","),
        Style(tuple((name, name) for name in mixed), ": ", ", "),
        Style(tuple((name, camel_case(name)) for name in columns), ":", ","),
        Style(tuple((name, title_case(name)) for name in mixed), ": ", ", "),
    ]


def camel_case(column: str) -> str:
    """customer_id -> customerId."""
    return re.sub("_(.)", lambda found: found[1].upper(), column)


def title_case(column: str) -> str:
    """customer_id -> Customer-Id."""
    return column.replace("_", " ").title().replace(" ", "-")


def style_of(stream: int, file: int) -> int:
    """Choose the producer of a file: the contract's own names in half of the files."""
    turn = chosen(key(stream, "style"), file, 2 * STYLES)
    return turn if turn < STYLES else turn % 2


def line(style: Style, values: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return the object (String) of each row.

    `values` are the JSON texts of the columns; an empty text leaves the key out.
    """
    parts = []
    for name, spelled in style.keys:
        value = values[name]
        pair = pl.concat_str(pl.lit(f'{style.comma}"{spelled}"{style.colon}'), value)
        parts.append(pl.when(value == "").then(pl.lit("")).otherwise(pair))
    return pl.concat_str(
        pl.lit("{"), pl.concat_str(parts).str.strip_prefix(style.comma), pl.lit("}")
    )


def quoted(text: pl.Expr) -> pl.Expr:
    """Return plain ASCII text without quotes or backslashes as JSON; null as null."""
    return pl.concat_str(pl.lit('"'), text, pl.lit('"')).fill_null("null")


def form_of(stream: int, file: int) -> Form:
    """Choose how the lines of a file are joined."""
    return Form(
        newline="\r\n" if one_of_every(key(stream, "newline"), file, 3) else "\n",
        bom=one_of_every(key(stream, "bom"), file, 5),
        final_newline=not one_of_every(key(stream, "final newline"), file, 4),
    )


def joined(lines: Iterable[str], form: Form) -> bytes:
    """Return the bytes of a file; the last of its lines is not blank."""
    text = form.newline.join(lines) + (form.newline if form.final_newline else "")
    return (_BOM if form.bom else b"") + text.encode()
