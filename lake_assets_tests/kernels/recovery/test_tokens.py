"""Records to tokens and back to text."""

import polars as pl
import pytest

from lake_assets.kernels.recovery.tokens import divide, heavy, is_empty, is_quoted, token, unquoted


def tokens(row: str, delimiter: str = ",") -> list[str] | None:
    divided = divide(pl.DataFrame({"record": [0], "text": [row]}), delimiter, token(delimiter))
    return None if divided.is_empty() else divided["tokens"].item().to_list()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a,b", ["a", "b"]),
        ("", [""]),
        (",", ["", ""]),
        ('"a,b",c', ['"a,b"', "c"]),
        ('"a ""b""",""', ['"a ""b"""', '""']),
        (' "a"\t,b ', [' "a"\t', "b "]),
        ('"a\r\nb",c', ['"a\r\nb"', "c"]),
        ('a"b,c', None),
        ('"a,b', None),
        ('"a"b,c', None),
    ],
)
def test_a_record_is_divided_where_its_quotes_are_in_order(
    row: str, expected: list[str] | None
) -> None:
    assert tokens(row) == expected


@pytest.mark.parametrize("delimiter", list(";|\t .^-]\\'"))
def test_any_delimiter_is_taken_literally(delimiter: str) -> None:
    row = delimiter.join(["a", f'"b{delimiter}c"', "", "d"])
    assert tokens(row, delimiter) == ["a", f'"b{delimiter}c"', "", "d"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a", "a"),
        (" a ", " a "),
        ('"a"', "a"),
        (' "a" ', "a"),
        ('""', ""),
        ('" a ""b"""', ' a "b"'),
    ],
)
def test_a_token_is_unquoted(written: str, text: str) -> None:
    assert pl.select(unquoted(pl.lit(written))).item() == text


def test_an_empty_token_is_not_a_quoted_one() -> None:
    frame = pl.DataFrame({"token": ["", " ", '""', ' "a"', 'a"']})
    assert frame.select(is_empty(pl.col("token"))).to_series().to_list() == [
        True,
        True,
        *[False] * 3,
    ]
    quoted = frame.select(is_quoted(pl.col("token"))).to_series().to_list()
    assert quoted == [False, False, True, True, False]


def test_records_are_weighed_by_all_their_rows() -> None:
    frame = pl.DataFrame({"record": [0, 0, 1], "n": [2, 3, 4]})
    assert heavy(frame, pl.col("n").sum(), 4).to_list() == [0]
    assert heavy(frame, pl.col("n").sum(), 5).to_list() == []
    assert heavy(frame, pl.len(), 1).to_list() == [0]
