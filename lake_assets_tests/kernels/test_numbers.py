"""Text to exact numbers."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.numbers import parse_decimal, parse_integer

DETERMINISTIC = settings(derandomize=True, max_examples=30, deadline=None)
NO_BREAK, NARROW = "\u00a0", "\u202f"


def decimal(text: str, precision: int = 18, scale: int = 2) -> Decimal | None:
    value: Decimal | None = parse_decimal(pl.Series([text]), precision, scale).item()
    return value


def integer(text: str) -> int | None:
    value: int | None = parse_integer(pl.Series([text])).item()
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.5", "12.50"),
        ("12", "12.00"),
        ("12.", "12.00"),
        (".5", "0.50"),
        ("-.5", "-0.50"),
        ("+3", "3.00"),
        ("0", "0.00"),
        ("00012.5", "12.50"),
        ("12.340", "12.34"),
        ("$1,040", "1040.00"),
        ("$1,040.00", "1040.00"),
        ("-$5.00", "-5.00"),
        ("$-5.00", "-5.00"),
        ("€ 12,50", "12.50"),
        ("12,50 €", "12.50"),
        ("EUR 12.50", "12.50"),
        ("12.50 EUR", "12.50"),
        ("12,50", "12.50"),
        ("1.234,56", "1234.56"),
        ("1.234.567", "1234567.00"),
        ("1,234,567.89", "1234567.89"),
        ("1 234.50", "1234.50"),
        (f"1{NO_BREAK}234,50", "1234.50"),
        (f"1{NARROW}234{NARROW}567,5", "1234567.50"),
        ("1'234.50", "1234.50"),
        ("(12.50)", "-12.50"),
        ("($1,040.00)", "-1040.00"),
        ("12.50-", "-12.50"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_money_is_read_as_tills_and_people_write_it(text: str, value: str) -> None:
    assert decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "12.345", "0.001", "1.234", "1,2345", "1,23,456", "12,34.5", "1.23.4", "1..2", "--5", "+-5",
        "1e3", "1E-2", "0x10", "inf", "NaN", "١٢", "１２", "½", "12%", "5 pcs", "pcs 5", "abc 5",
        "$", "€5€$", "(", "()", ".", ",", "1 2", "10000000000000000", "9" * 40, "1_000", "12.50 -x",
        "1\n2", "=1+1",
    ],
)  # fmt: skip
def test_what_is_no_number_of_that_type_is_null_and_never_near_it(text: str) -> None:
    assert decimal(text) is None


@pytest.mark.parametrize("text", ["12.345", "12.349", "0.005", "-0.005", "1,040.999"])
def test_a_decimal_is_never_rounded(text: str) -> None:
    assert decimal(text) is None


@pytest.mark.parametrize(
    ("text", "precision", "scale", "value"),
    [
        ("0.25", 2, 2, "0.25"),
        (".25", 2, 2, "0.25"),
        ("1.25", 2, 2, None),
        ("5", 1, 0, "5"),
        ("5.0", 1, 0, "5"),
        ("5.5", 1, 0, None),
        ("1.234", 18, 3, "1.234"),
        ("9" * 38, 38, 0, "9" * 38),
        ("9" * 39, 38, 0, None),
    ],
)
def test_the_contract_says_how_many_digits_there_may_be(
    text: str, precision: int, scale: int, value: str | None
) -> None:
    assert decimal(text, precision, scale) == (Decimal(value) if value else None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-5", -5),
        ("5-", -5),
        ("(5)", -5),
        ("1,200", 1200),
        ("1 200", 1200),
        ("12.00", 12),
        ("12.", 12),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
    ],
)
def test_a_whole_number_is_read_in_any_grouping(text: str, value: int) -> None:
    assert integer(text) == value


@pytest.mark.parametrize(
    "text", ["2.5", "2,5", "-2.5", "2.05", "(2.5)", "1,200.5", "1 200,5", "2.50"]
)
def test_two_and_a_half_never_becomes_twenty_five(text: str) -> None:
    assert integer(text) is None


@pytest.mark.parametrize(
    "text",
    ["1e3", "1E3", "$5", "5 EUR", "١٢", "１２", "twelve", "9" * 19, "12a", "0x1f", "1-2", "=1"],
)
def test_what_is_no_whole_number_is_null(text: str) -> None:
    assert integer(text) is None


def test_null_stays_null_beside_numbers_and_words() -> None:
    text = pl.Series(["1", None, "x", "$2"], dtype=pl.String)
    assert parse_integer(text).to_list() == [1, None, None, None]
    assert parse_decimal(text, 18, 2).to_list() == [Decimal(1), None, None, Decimal(2)]
    nothing = pl.Series([None, None], dtype=pl.String)
    assert parse_integer(nothing).to_list() == parse_decimal(nothing, 5, 1).to_list() == [None] * 2
    assert text.to_list() == ["1", None, "x", "$2"], "the argument is not changed"


def test_a_binary_float_is_nowhere_on_the_way() -> None:
    values = ["0.1", "0.2", "1234567890123456.78", "9007199254740993"]
    assert [str(decimal(value, 20, 2)) for value in values] == [
        "0.10", "0.20", "1234567890123456.78", "9007199254740993.00",
    ]  # fmt: skip


MONEY = st.decimals(min_value=-(10**15), max_value=10**15, places=2)


@DETERMINISTIC
@given(st.lists(MONEY, min_size=1, max_size=20))
def test_every_notation_of_an_amount_reads_as_the_amount(amounts: list[Decimal]) -> None:
    for write in (
        "{:f}".format,
        "{:,f}".format,
        "${:,f}".format,
        "USD {:,f}".format,
        lambda amount: f"{amount:,f}".replace(",", " "),
        lambda amount: f"{amount:,f}".translate(str.maketrans(",.", ".,")),
        lambda amount: f"({-amount:,f})" if amount < 0 else f"{amount:,f}",
        lambda amount: f"{-amount:f}-" if amount < 0 else f"{amount:f}",
    ):
        texts = [write(amount) for amount in amounts]
        assert parse_decimal(pl.Series(texts), 18, 2).to_list() == amounts, texts


@DETERMINISTIC
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=20))
def test_every_notation_of_a_whole_number_reads_as_the_number(numbers: list[int]) -> None:
    for write in (str, "{:,}".format, "{}.00".format):
        assert parse_integer(pl.Series([write(number) for number in numbers])).to_list() == numbers


@DETERMINISTIC
@given(st.lists(st.text("0123456789.,-+()$€ eE'x٣", max_size=8), min_size=1, max_size=30))
def test_a_number_is_read_from_its_digits_or_not_at_all(texts: list[str]) -> None:
    values = parse_decimal(pl.Series(texts), 18, 2)
    for text, value in zip(texts, values, strict=True):
        if value is not None:
            digits = "".join(c for c in text if c in "0123456789").strip("0")
            assert str(abs(value)).replace(".", "").strip("0") == digits, text


@pytest.mark.parametrize("text", ["12.5", "12.345", "$5", "x", None])
def test_numbers_keep_the_name_of_their_column(text: str | None) -> None:
    column = pl.Series("price", [text], pl.String)
    assert parse_decimal(column, 18, 2).name == "price"
    assert parse_integer(column).name == "price"
