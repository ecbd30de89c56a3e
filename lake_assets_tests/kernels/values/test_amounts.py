"""The one amount in a price text."""

import polars as pl
import pytest

from lake_assets.kernels.values.amounts import amount_in_text


def amount(text: str | None) -> str | None:
    found: str | None = amount_in_text(pl.Series([text], dtype=pl.String)).item()
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("From $109.90", "$109.90"),
        ("Cena 14,79 EUR", "EUR14,79"),
        ("Preis: 1 030 р.", "р.1 030"),
        ("34,50 € *", "€34,50"),
        ("only US $7 today", "$7"),
        ("(99.50)", "99.50"),
        ("price 12.50!", "12.50"),
        ("$30.50/month", "$30.50"),
        ("back -$5.00 now", "-$5.00"),
        ("17€95", "€17.95"),
        ("17 € 95", "€17.95"),
        ("$ 8. 25", "$8.25"),
        ("only kr ,50 each", "kr0,50"),
        ("12,-", "12,00"),
        ("2.450,- kr", "kr2.450,00"),
        ("12.– Fr.", "Fr.12.00"),
    ],
)
def test_the_words_around_an_amount_are_left_out(text: str, found: str) -> None:
    assert amount(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3 for $2", "$2"),
        ("was $9 now $7", "$9"),
        ("12.40 (14.88 with tax)", "12.40"),
        ("$5 - $8", "$5"),
        ("from 5 to 8 €", "5"),
        ("2 kg 7.20", "7.20"),
        ("20% off 8.00", "8.00"),
        ("A5 paper 3.10", "3.10"),
    ],
)
def test_of_several_numbers_the_first_with_a_currency_is_the_amount(text: str, found: str) -> None:
    assert amount(text) == found


@pytest.mark.parametrize(
    "text", [None, "", "Free!", "ask us", "40 % off", "5 kg", "on 01.02.2024", "1.2.3", "SKU-77"]
)
def test_a_text_without_an_amount_has_none(text: str | None) -> None:
    assert amount(text) is None


def test_rows_keep_their_places() -> None:
    text = pl.Series(["x", "$1 a", None, "$2 $3", "y"])
    assert amount_in_text(text).to_list() == [None, "$1", None, "$2", None]
    assert amount_in_text(pl.Series(["x", None])).to_list() == [None, None]
