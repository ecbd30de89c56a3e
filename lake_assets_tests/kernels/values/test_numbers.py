"""Text to exact numbers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.contracts import Column
from lake_assets.contracts.column import DecimalMark
from lake_assets.kernels.values.evidence import Evidence, settle, weigh
from lake_assets.kernels.values.numbers import read_decimal, read_integer

DETERMINISTIC = settings(derandomize=True, max_examples=30, deadline=None)
NO_BREAK, NARROW, THIN = "\u00a0", "\u202f", "\u2009"
MINUS, APOSTROPHE = "\u2212", "\u2019"


def money(precision: int = 18, scale: int = 2, **options: Any) -> Column:
    return Column(name="price", type="decimal", precision=precision, scale=scale, **options)


def decimals(texts: Sequence[str | None], column: Column | None = None) -> list[Decimal | None]:
    """The texts as one column of one file."""
    readings = read_decimal(pl.Series(texts, dtype=pl.String), column or money())
    values: list[Decimal | None] = settle(readings, weigh("n", readings)[0].reading("n"))[
        0
    ].to_list()
    return values


def integers(texts: Sequence[str | None], mark: DecimalMark = DecimalMark.AUTO) -> list[int | None]:
    readings = read_integer(pl.Series(texts, dtype=pl.String), mark)
    values: list[int | None] = settle(readings, weigh("n", readings)[0].reading("n"))[0].to_list()
    return values


def decimal(text: str, precision: int = 18, scale: int = 2, **options: Any) -> Decimal | None:
    return decimals([text], money(precision, scale, **options))[0]


def integer(text: str) -> int | None:
    return integers([text])[0]


def ambiguous(texts: Sequence[str], column: Column | None = None) -> list[bool]:
    readings = read_decimal(pl.Series(texts), column or money())
    found: list[bool] = settle(readings, weigh("n", readings)[0].reading("n"))[1].to_list()
    return found


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
        ("12.3400", "12.34"),
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
        (f"1{THIN}234,50", "1234.50"),
        (f"1{APOSTROPHE}234.50", "1234.50"),
        ("1'234,50", "1234.50"),
        ("12,34,567.89", "1234567.89"),
        ("1,23,456", "123456.00"),
        (f"{MINUS}12.50", "-12.50"),
        ("- 12.50", "-12.50"),
        ("12.50- EUR", "-12.50"),
        ("45,00 zł", "45.00"),
        ("169,00 Kč", "169.00"),
        ("R$ 260,50", "260.50"),
        ("7 990 kr", "7990.00"),
        ("kr. 99,50", "99.50"),
        ("₪370", "370.00"),
        ("Rp 31.500", "31500.00"),
        ("9 472 Ft", "9472.00"),
        ("1 030 р.", "1030.00"),
        ("419 руб.", "419.00"),
        ("6 300 Р", "6300.00"),
        ("US$ 5.25", "5.25"),
        ("C$1.23", "1.23"),
        ("Rs. 500", "500.00"),
        ("Rs.500", "500.00"),
        ("12.500 ₫", "12500.00"),
        ("880,000 ₫", "880000.00"),
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
        "0.001", "0.123", "1,2345", "12,34.5", "1.23.4", "1..2", "--5", "+-5", "(-5)", "-5-",
        "0,123.45", "1,234,56", "12,345,6", "1 234 5", "1,234 567", "12.-", "12,-", "16.00 ft",
        "1e3", "1E-2", "0x10", "inf", "NaN", "١٢", "１２", "½", "12%", "5 pcs", "pcs 5", "abc 5",
        "$", "€5€$", "(", "()", ".", ",", "1 2", "10000000000000000", "9" * 40, "1_000", "12.50 -x",
        "1\n2", "=1+1",
    ],
)  # fmt: skip
def test_what_is_no_number_of_that_type_is_null_and_never_near_it(text: str) -> None:
    assert decimal(text) is None


@pytest.mark.parametrize(
    "text", ["1234.567", "0.345", "0.005", "-0.005", "1,040.999", "12.3450001", "1,0401"]
)
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
        ("0.234", 18, 3, "0.234"),
        ("1234.567", 18, 3, "1234.567"),
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
    assert read_integer(text).value.to_list() == [1, None, None, None]
    assert read_decimal(text, money()).value.to_list() == [Decimal(1), None, None, Decimal(2)]
    assert integers([None, None]) == decimals([None, None], money(5, 1)) == [None] * 2
    assert integers([]) == decimals([]) == []
    assert text.to_list() == ["1", None, "x", "$2"], "the argument is not changed"


def test_a_binary_float_is_nowhere_on_the_way() -> None:
    values = ["0.1", "0.2", "1234567890123456.78", "9007199254740993"]
    assert [str(decimal(value, 20, 2)) for value in values] == [
        "0.10", "0.20", "1234567890123456.78", "9007199254740993.00",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["1.234", "1,234", "12.345", "999,999", "-1.234", "(1.234)"])
def test_three_digits_that_are_no_decimals_of_the_type_are_a_group(text: str) -> None:
    digits = Decimal("".join(character for character in text if character.isdigit()))
    assert decimal(text) == (digits if text[0].isdigit() else -digits)
    assert ambiguous([text]) == [False]
    assert integer(text) == decimal(text)


@pytest.mark.parametrize("text", ["1.500", "1,500", "1.000", "120,000", "12.340"])
def test_three_digits_that_are_either_are_ambiguous(text: str) -> None:
    assert decimal(text) is None
    assert ambiguous([text]) == [True]
    assert ambiguous(["1.234", text], money(scale=4)) == [True, True]


def test_a_thousand_in_a_column_of_whole_numbers_may_be_one() -> None:
    assert integers(["1.000"]) == [None]
    assert integers(["1.000", "12.00"]) == [1, 12]
    assert integers(["1.000", "2.345"]) == [1000, 2345]
    assert integers(["1.000"], DecimalMark.POINT) == [1]
    assert integers(["1.000"], DecimalMark.COMMA) == [1000]


@pytest.mark.parametrize(
    ("clue", "texts", "values"),
    [
        ("12.5", ["1.500", "1,500"], ["1.50", "1500"]),
        ("0.250", ["1.500", "1,500"], ["1.50", "1500"]),
        ("1234.5", ["1.500", "1,500"], ["1.50", "1500"]),
        ("1,234.5", ["1.500", "1,500"], ["1.50", "1500"]),
        ("1,234,567", ["1.500", "1,500"], ["1.50", "1500"]),
        ("12,5", ["1.500", "1,500"], ["1500", "1.50"]),
        ("0,250", ["1.500", "1,500"], ["1500", "1.50"]),
        ("1.234,5", ["1.500", "1,500"], ["1500", "1.50"]),
        ("1.234.567", ["1.500", "1,500"], ["1500", "1.50"]),
        ("1,5 €", ["1.500", "$1,500"], ["1500", "1.50"]),
    ],
)
def test_one_text_with_one_reading_settles_its_column(
    clue: str, texts: list[str], values: list[str]
) -> None:
    assert decimals([*texts, clue])[:2] == [Decimal(value) for value in values]


@pytest.mark.parametrize("clue", ["5", "1 234", "", "x", "1234"])
def test_a_text_that_shows_no_mark_settles_nothing(clue: str) -> None:
    assert decimals(["1.500", clue])[0] is None


def test_a_group_by_type_alone_speaks_for_its_column_but_more_faintly() -> None:
    assert decimals(["1,500", "1,234"]) == [Decimal(1500), Decimal(1234)]
    assert decimals(["1,500", "1,234", "1,2"])[:2] == [Decimal("1.50"), None]


def test_a_number_that_fits_under_no_mark_speaks_for_none() -> None:
    column = money(4, 2)
    assert read_decimal(pl.Series(["123.456"]), column).hints == {}
    assert ambiguous(["123.456"], column) == [False]
    assert decimals(["123.456", "1.500"], column) == [None, Decimal("1.50")]


def test_a_column_with_a_decimal_point_never_has_it_taken_for_a_group() -> None:
    assert decimals(["12.50", "1.234"]) == [Decimal("12.50"), None]
    assert ambiguous(["12.50", "1.234"]) == [False, False], "it is wrong, not ambiguous"
    assert decimals(["12,50", "1.234"]) == [Decimal("12.50"), Decimal(1234)]


def test_contradictory_clues_settle_nothing() -> None:
    assert decimals(["1.500", "12.5", "12,5"]) == [None, Decimal("12.50"), Decimal("12.50")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,500", "1500"),
        ("1.500 zł", "1500"),
        ("1,500 ₫", "1500"),
        ("1.500 ₫", "1500"),
        ("KD 1.500", "1.5"),
        ("$1.500", None),
        ("1,500 zł", None),
        ("1.500 €", None),
        ("1,500 €", None),
    ],
)
def test_the_usage_of_a_currency_speaks_for_a_reading(text: str, value: str | None) -> None:
    assert decimal(text) == (Decimal(value) if value else None)
    assert decimal(text, scale=4) == (Decimal(value) if value else None)


def test_a_clue_outranks_the_usage_of_a_currency() -> None:
    assert decimals(["$1,500", "$2,5"]) == [Decimal("1.50"), Decimal("2.50")]


@pytest.mark.parametrize(
    ("mark", "values"),
    [("point", ["1.5", "1500", "12.5", None]), ("comma", ["1500", "1.5", None, "12.5"])],
)
def test_a_contract_that_declares_the_mark_leaves_nothing_open(
    mark: str, values: list[str | None]
) -> None:
    column = money(decimal_mark=mark)
    texts = ["1.500", "1,500", "12.5", "12,5"]
    assert decimals(texts, column) == [Decimal(value) if value else None for value in values]
    readings = read_decimal(pl.Series(texts), column, survey=True)
    assert (readings.alternatives, readings.clues, readings.hints) == ({}, {}, {})


def test_machine_written_numbers_need_neither_alternatives_nor_clues() -> None:
    text = pl.Series(["12.34", "5", "-0.5", None])
    readings = read_decimal(text, money())
    assert (readings.alternatives, readings.clues, readings.hints) == ({}, {}, {})
    assert weigh("n", readings, None, 1) == [Evidence()]


def test_a_survey_counts_the_clues_for_pieces_that_have_open_texts() -> None:
    plain, open_ = pl.Series(["12.34", "5"]), pl.Series(["1.500", "7"])
    clear = weigh("n", read_decimal(plain, money(), survey=True))[0]
    readings = read_decimal(open_, money())
    file = clear + weigh("n", readings)[0]
    assert file == Evidence(clues={"n .": 1}, unsettled={"n": 1})
    assert settle(readings, file.reading("n"))[0].to_list() == [Decimal("1.50"), Decimal(7)]


@pytest.mark.parametrize(
    ("percent", "values"),
    [
        ("fraction", ["0.125", "0.5", "-0.03", "12.345", "1", None]),
        ("points", ["12.5", "50", "-3", "1234.5", "100", None]),
        ("reject", [None] * 6),
    ],
)
def test_a_contract_says_what_a_percentage_is(percent: str, values: list[str | None]) -> None:
    texts = ["12.5%", "50 %", "-3%", "1,234.5%", "100%", "5%%"]
    assert decimals(texts, money(scale=3, percent=percent)) == [
        Decimal(value) if value else None for value in values
    ]


def test_a_percentage_is_not_rounded_either() -> None:
    assert decimal("12.5%", scale=2, percent="fraction") is None
    assert decimals(["0.25", "7%"], money(percent="fraction")) == [Decimal("0.25"), Decimal("0.07")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("From $109.90", "109.90"),
        ("Cena 14,79 EUR", "14.79"),
        ("34,50 € *", "34.50"),
        ("ab 2.99 €", "2.99"),
        ("Sale -$5.00 each", "-5.00"),
        ("12.50", "12.50"),
        ("3 for $2", "2.00"),
        ("Free!", None),
        ("call us", None),
        ("20% off", None),
        ("on 01.02.2024", None),
    ],
)
def test_an_amount_within_words_is_read_only_if_the_contract_says_so(
    text: str, value: str | None
) -> None:
    assert decimal(text, within_text=True) == (Decimal(value) if value else None)
    assert decimal(text) == (Decimal(text) if text == "12.50" else None)


MONEY = st.decimals(min_value=-(10**15), max_value=10**15, places=2)


def _indian(amount: Decimal) -> str:
    whole, _, cents = f"{amount:f}".lstrip("-").partition(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(0, at - 2) : at] for at in range(len(head), 0, -2)][::-1]
    return ("-" if amount < 0 else "") + ",".join([*pairs, tail]) + "." + cents


def _european(amount: Decimal) -> str:
    return f"{amount:,f}".translate(str.maketrans(",.", ".,"))


@DETERMINISTIC
@given(st.lists(MONEY, min_size=1, max_size=20))
def test_every_notation_of_an_amount_reads_as_the_amount(amounts: list[Decimal]) -> None:
    for write in (
        "{:f}".format,
        "{:,f}".format,
        "${:,f}".format,
        "USD {:,f}".format,
        "{:,f} $".format,
        "{:+f}".format,
        _indian,
        _european,
        lambda amount: f"{_european(amount)} zł",
        lambda amount: f"R$ {_european(amount)}",
        lambda amount: f"{amount:,f}".replace(",", " "),
        lambda amount: _european(amount).replace(".", NARROW),
        lambda amount: f"{amount:,f}".replace(",", APOSTROPHE),
        lambda amount: f"{amount:,f}".replace("-", MINUS),
        lambda amount: f"({-amount:,f})" if amount < 0 else f"{amount:,f}",
        lambda amount: f"{-amount:f}-" if amount < 0 else f"{amount:f}",
    ):
        texts = [write(amount) for amount in amounts]
        assert decimals(texts) == amounts, texts


@DETERMINISTIC
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=20))
def test_every_notation_of_a_whole_number_reads_as_the_number(numbers: list[int]) -> None:
    for write in (str, "{:,}.0".format, "{}.00".format):
        assert integers([write(number) for number in numbers]) == numbers
    assert integers([f"{number:,}" for number in [*numbers, 1234567]])[:-1] == numbers


@DETERMINISTIC
@given(st.lists(st.text("0123456789.,-+()$€ eE'x٣%", max_size=8), min_size=1, max_size=30))
def test_a_number_is_read_from_its_digits_or_not_at_all(texts: list[str]) -> None:
    for column in (money(), money(scale=6), money(within_text=True)):
        for text, value in zip(texts, decimals(texts, column), strict=True):
            if value is not None:
                digits = "".join(c for c in text if c in "0123456789")
                read = str(abs(value)).replace(".", "").strip("0")
                if column.within_text:
                    assert read in digits
                else:
                    assert read == digits.strip("0"), text
