"""How a text is written, found out without a contract."""

import csv
import io
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_assets.kernels.inference.dialect import HEAD_CHARACTERS, sniff_dialect

WORDS = ["amber", "cobalt", "finch", "harbour", "lantern", "meadow", "quartz", "ridge", "signal"]
DELIMITERS = ",;\t|:#^~ \x01\x1f"


def table(seed: int) -> tuple[str, str, bool, int]:
    """A table of mixed columns: its text, delimiter, whether it has a header, preamble lines."""
    chance = random.Random(seed)
    number = chance.randint
    kinds: dict[str, Callable[[], str]] = {
        "id": lambda: f"{chance.choice('ABT')}{number(1000, 9999)}",
        "count": lambda: str(number(0, 9999)),
        "amount": lambda: f"{number(0, 500000) / 100:.2f}",
        "price": lambda: f"{number(0, 500000) / 100:.2f}".replace(".", ","),
        "dollars": lambda: f"${number(1000, 90000):,}.50",
        "at": lambda: f"2025-0{number(1, 9)}-{number(10, 28)} {number(10, 23)}:{number(10, 59)}:00",
        "day": lambda: f"{number(10, 28)}.{number(10, 12)}.2025",
        "word": lambda: chance.choice(WORDS),
        "person": lambda: f"{chance.choice(WORDS).title()}, {chance.choice(WORDS).title()}",
        "note": lambda: " ".join(chance.choices(WORDS, k=5)) + chance.choice([".", ": see", ""]),
        "two lines": lambda: "\n".join(chance.choices(WORDS, k=2)),
        "quoted": lambda: f'the "{chance.choice(WORDS)}" one',
        "gap": lambda: chance.choice(["", "", "x"]),
    }
    delimiter = chance.choice(DELIMITERS)
    chosen = chance.choices(list(kinds), k=number(3, 10))
    has_header, preamble = chance.random() < 0.8, number(1, 3) * (chance.random() < 0.2)
    buffer = io.StringIO("Report of the month\r\n" * preamble)
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(
        buffer, delimiter=delimiter, quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    )
    if has_header:
        writer.writerow(f"{kind} {at}" for at, kind in enumerate(chosen))
    writer.writerows([kinds[kind]() for kind in chosen] for _ in range(chance.choice([5, 30, 300])))
    return buffer.getvalue(), delimiter, has_header, preamble


def test_tables_of_all_kinds_are_read_rightly_nearly_always() -> None:
    delimiters = headers = preambles = 0
    for seed in range(200):
        text, delimiter, has_header, preamble = table(seed)
        found = sniff_dialect(text, whole=True)
        delimiters += found.delimiter == delimiter
        headers += found.has_header == has_header
        preambles += found.preamble == preamble
    assert delimiters >= 196
    assert headers >= 190
    assert preambles >= 190


@given(st.text(), st.booleans())
def test_any_text_has_a_dialect(text: str, whole: bool) -> None:
    found = sniff_dialect(text, whole=whole)
    assert 0 <= found.score <= 1
    assert found.preamble <= text.count("\n") + text.count("\r")


@given(st.text(alphabet=",;\t|\"'\\\r\n #/a1é", max_size=60), st.booleans())
def test_any_mess_of_signs_has_a_dialect(text: str, whole: bool) -> None:
    found = sniff_dialect(text, whole=whole)
    assert found.delimiter is None or found.delimiter in text


@pytest.mark.parametrize("sign", [" ", "\n", '"', "',", '"\n', '\\"', "1,", "a@", "\0", '   "x"\n'])
def test_a_long_run_of_one_sign_takes_no_time(sign: str) -> None:
    text = sign * (HEAD_CHARACTERS // len(sign))
    assert sniff_dialect(text, whole=False).width >= 0  # the time limit is that of the test


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_numbers_in_columns_show_any_delimiter(delimiter: str) -> None:
    text = "".join(f"{n}{delimiter}{n * 7}{delimiter}{n}.50\n" for n in range(100, 120))
    assert sniff_dialect(text, whole=True).delimiter == delimiter


def test_a_decimal_comma_does_not_divide() -> None:
    text = "item;price\nlamp;12,50\nrope;3,20\nnail;0,15\n"
    found = sniff_dialect(text, whole=True)
    assert found.delimiter == ";"
    assert found.runner_up is not None
    assert found.runner_up[0] == ","
    assert found.runner_up[1] < found.score


def test_a_delimiter_within_quotes_does_not_divide() -> None:
    text = 'id;name\n1;"Finch, A"\n2;"Umber, B; junior"\n3;"Ridge, C"\n'
    found = sniff_dialect(text, whole=True)
    assert (found.delimiter, found.quote, found.width) == (";", '"', 2)


@pytest.mark.parametrize(
    ("cell", "quote", "escape"),
    [
        ('"a ""b"" c"', '"', "doubled"),
        (r'"a \"b\" c"', '"', "backslash"),
        ("'a, b'", "'", None),
        ('"a, b"', '"', None),
        ("it's", None, None),
        ("plain", None, None),
    ],
)
def test_quotes_are_known_by_where_they_stand(
    cell: str, quote: str | None, escape: str | None
) -> None:
    text = "id,text,n\n" + "".join(f"{n},{cell},{n}\n" for n in range(9))
    found = sniff_dialect(text, whole=True)
    assert (found.delimiter, found.quote, found.escape) == (",", quote, escape)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_are_those_of_most_lines(line_end: str) -> None:
    text = line_end.join(["a,b", "1,2", "3,4", "5,6", ""])
    found = sniff_dialect(text, whole=True)
    assert (found.line_end, found.delimiter, found.has_header) == (line_end, ",", True)


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("id,amount\n1,2.50\n2,3.50\n", True),
        ("7,2.50\n1,2.50\n2,3.50\n", False),
        ("AC,Amber Isle\nAD,Cobalt Isle\nAE,Finch\n", False),
        ("code,isle\nAC,Amber Isle\nAD,Cobalt Isle\n", True),
        ("red,amber\nred,finch\nred,umber\n", False),
        ("id,amount\n1,2.50\nid,amount\n2,3.50\n", True),  # the header is repeated
        ("id,id\n1,2\n3,4\n", False),
        ("id,amount\n", True),
        (",,\n", False),
    ],
)
def test_a_header_differs_from_what_is_below_it(text: str, has_header: bool) -> None:
    assert sniff_dialect(text, whole=True).has_header == has_header


@pytest.mark.parametrize(
    ("above", "preamble"),
    [
        ("", 0),
        ("\n\n", 2),
        ("Sales of March\n\n", 2),
        ("# made by a till, at night\n# not checked\n", 2),
        ("Sales of March,,,\n", 1),
        ("sep=,\n", 1),
        ("\ufeff", 0),
    ],
)
def test_lines_above_the_header_are_its_preamble(above: str, preamble: int) -> None:
    text = f"{above}id,day,n,amount\n1,2025-01-02,5,2.50\n2,2025-01-03,6,3.50\n"
    found = sniff_dialect(text, whole=True)
    assert (found.preamble, found.has_header, found.delimiter) == (preamble, True, ",")


def test_a_header_behind_a_hash_is_a_header() -> None:
    text = "# id;day;amount\n1;2025-01-02;2.50\n2;2025-01-03;3.50\n"
    found = sniff_dialect(text, whole=True)
    assert (found.preamble, found.has_header, found.delimiter) == (0, True, ";")


def test_excel_is_told_the_delimiter_in_the_first_line() -> None:
    text = "sep=|\na|b,c\n1|2,3\n"
    assert sniff_dialect(text, whole=True).delimiter == "|"


@pytest.mark.parametrize(
    "text",
    ["", "\n", "name\nAnna Umber\nBo Ridge\n", "at\n2025-01-02 10:00:00\n2025-01-03 11:00:00\n"],
)
def test_one_column_has_no_delimiter(text: str) -> None:
    assert sniff_dialect(text, whole=True).delimiter is None


def test_a_line_cut_in_two_does_not_count() -> None:
    text = "a;b\n1;2\n3"
    assert sniff_dialect(text, whole=False).score == sniff_dialect("a;b\n1;2\n", whole=True).score
    assert sniff_dialect(text, whole=True).score < sniff_dialect(text, whole=False).score
