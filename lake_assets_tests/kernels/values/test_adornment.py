"""What may stand around a number."""

import polars as pl
import pytest

from lake_assets.kernels.values.adornment import Adornment, adornment, read_adornments


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("", "", Adornment(False, False, None)),
        ("+", "", Adornment(False, False, None)),
        ("-", "", Adornment(True, False, None)),
        ("", "-", Adornment(True, False, None)),
        ("(", ")", Adornment(True, False, None)),
        ("", " %", Adornment(False, True, None)),
        ("-", "%", Adornment(True, True, None)),
        ("$", "", Adornment(False, False, ".")),
        ("- $ ", "", Adornment(True, False, ".")),
        ("($", ")", Adornment(True, False, ".")),
        ("", " zł", Adornment(False, False, ",")),
        ("", "- EUR", Adornment(True, False, "either")),
        ("kr. ", "", Adornment(False, False, ",")),
    ],
)
def test_signs_and_currencies_have_a_meaning(before: str, after: str, found: Adornment) -> None:
    assert adornment(before, after) == found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("--", ""), ("+-", ""), ("-", "-"), ("(", ""), ("", ")"), ("(-", ")"), (")", "("),
        ("€", "€"), ("$", "%"), ("%", ""), ("", "%%"), ("", " pcs"), ("abc ", ""), ("=", ""),
        ("eur", "x"), ("1", ""), ("$" * 30, ""),
    ],
)  # fmt: skip
def test_anything_else_has_none(before: str, after: str) -> None:
    assert adornment(before, after) is None


def test_rows_have_what_their_own_texts_say() -> None:
    before = pl.Series(["$", "", None, "$", "x"])
    after = pl.Series(["", "%", None, "-", ""])
    assert read_adornments(before, after).rows() == [
        (True, False, False, "."),
        (True, False, True, None),
        (True, False, False, None),
        (True, True, False, "."),
        (False, False, False, None),
    ]
    assert read_adornments(before.head(1), after.head(1)).height == 1
