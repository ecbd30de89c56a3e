"""How the files of a dataset are written: CSV, or one JSON object a line."""

import codecs
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from lake_assets.contracts.model import ContractModel
from lake_assets.contracts.regex import check_regex

DETECT = "detect"
"""Among the encodings: whatever the bytes look most like."""


class Undecodable(StrEnum):
    """What bytes that are not in the file's encoding cost."""

    REJECT = "reject"  # the row that they stand in
    REFUSE = "refuse"  # the whole file


class TextFormat(ContractModel):
    """What all files of text have, and the limits that keep a bad one from doing harm."""

    encodings: list[str] = Field(
        default=["utf-8", DETECT],
        min_length=1,
        description="Tried in order on a file without a byte order mark. `detect` is what the "
        "bytes look most like.",
    )
    undecodable: Undecodable = Field(
        default=Undecodable.REJECT,
        description="Bytes that are not in the file's encoding `reject` their row, or `refuse` "
        "the whole file.",
    )
    nulls: list[str] = Field(
        default=["", "-", "n/a", "na", "null", "none", "nan"],
        description="Texts that mean 'no value', compared trimmed and in lower case.",
    )
    max_file_mb: int = Field(default=10_240, ge=1, description="A larger file is refused.")
    max_expanded_mb: int = Field(
        default=10_240, ge=1, description="A compressed file that expands to more is refused."
    )
    max_expansion_ratio: int = Field(
        default=200,
        ge=1,
        description="A compressed file that expands to more than so many times its size is "
        "refused. Its first 16 MB are free.",
    )
    max_line_kb: int = Field(
        default=2048, ge=1, description="A file with a longer physical line is refused."
    )
    max_field_kb: int = Field(
        default=1024, ge=1, description="How long one cell, or one value of an object, may be."
    )

    @property
    def record_lines(self) -> int:
        """Physical lines that a record may span."""
        return 1

    @field_validator("encodings")
    @classmethod
    def _encodings_are_known(cls, encodings: list[str]) -> list[str]:
        for name in encodings:
            if name == DETECT:
                continue
            try:
                "a".encode(name)
            except LookupError as error:
                raise ValueError(
                    f"{error}; use a name such as utf-8 or windows-1252, or {DETECT}"
                ) from error
        known = [name if name == DETECT else codecs.lookup(name).name for name in encodings]
        if len(set(known)) < len(known):
            raise ValueError(f"encodings {encodings} name one twice; drop it")
        return encodings


class CsvFormat(TextFormat):
    """Files of delimited text with a header."""

    type: Literal["csv"] = Field(default="csv", description="Delimited text with a header.")
    delimiters: list[str] = Field(default=[",", ";", "\t", "|"], min_length=1)
    preamble_lines: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Up to so many lines before the header may be text that is no header.",
    )
    totals: str | None = Field(
        default=None,
        description="A regular expression. Records at the very end of a file that match it are "
        "totals, skipped and counted as skipped.",
    )
    max_record_lines: int = Field(default=50, ge=1, description="Lines one record may span.")
    max_columns: int = Field(
        default=16_384, ge=1, description="How many cells a header may have; Excel has so many."
    )

    @property
    def record_lines(self) -> int:
        """Physical lines that a record may span."""
        return self.max_record_lines

    @field_validator("delimiters")
    @classmethod
    def _delimiters_can_divide(cls, delimiters: list[str]) -> list[str]:
        for text in delimiters:
            if len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n\0':
                raise ValueError(
                    f"delimiter {text!r} must be one ASCII sign: no letter, digit, quote, line end"
                )
        if len(set(delimiters)) < len(delimiters):
            raise ValueError(f"delimiters {delimiters} name one twice; drop it")
        return delimiters

    @field_validator("totals")
    @classmethod
    def _totals_can_be_found(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            check_regex(pattern)
            if re.search(pattern, ""):
                raise ValueError(
                    f"totals {pattern!r} matches every record, even an empty one; say more of what "
                    "a total looks like"
                )
        return pattern


CSV_ONLY = frozenset(CsvFormat.model_fields) - frozenset(TextFormat.model_fields) - {"type"}
"""Options that say something of cells and headers."""


class NdjsonFormat(TextFormat):
    """Files with one JSON object a line, also known as JSON Lines."""

    type: Literal["ndjson"] = Field(description="One JSON object a line (JSON Lines).")

    @model_validator(mode="before")
    @classmethod
    def _options_are_not_of_csv(cls, options: Any) -> Any:
        if isinstance(options, Mapping) and (wrong := sorted(CSV_ONLY & options.keys())):
            raise ValueError(
                f"{', '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} for CSV, and a line of "
                "JSON has no use for it; take it out, or write `type: csv`"
            )
        return options


def _type_of(options: Any) -> Any:
    if isinstance(options, Mapping):
        return options.get("type", "csv")
    return getattr(options, "type", "csv")


Format = Annotated[
    Annotated[CsvFormat, Tag("csv")] | Annotated[NdjsonFormat, Tag("ndjson")],
    Discriminator(
        _type_of,
        custom_error_type="format_type",
        custom_error_message="`type` is csv, which need not be said, or ndjson",
    ),
]
"""How a dataset's files are written; ``type`` tells which, and is csv where it is not there."""

TAGS = ("csv", "ndjson")
"""Pydantic puts these into the places of mistakes, behind ``format``."""
