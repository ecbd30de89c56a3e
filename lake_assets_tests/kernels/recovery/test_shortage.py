"""Records of one cell too few, and those that may have been cut off."""

import polars as pl
import pytest

from lake_assets.kernels.recovery.quotes import JOINT
from lake_assets.kernels.recovery.shortage import put_in
from lake_assets.kernels.recovery.tokens import Fits
from lake_assets.kernels.recovery.truncated import truncated

NUMBERS = Fits(
    lambda asked: asked.select(
        (pl.col("place") != 1) | pl.col("text").str.contains("^[0-9]+$")
    ).to_series(),
    lambda asked: asked["place"] != 1,
)
"""The second of three cells is a number."""


def put(
    tokens: list[str], most: int = 50, fits: Fits | None = None
) -> list[tuple[str | None, ...]]:
    records = pl.DataFrame(
        {"record": [7], "tokens": [tokens]}, schema_overrides={"record": pl.UInt32}
    )
    found, lost = put_in(records, 3, ",;", most, fits)
    return [] if set(lost) else [(how, *out) for how, out in found.select("how", "tokens").rows()]


def test_a_token_is_divided_anywhere_and_a_cell_may_be_missing_anywhere() -> None:
    assert set(put(["ab", "c"])) == {
        (JOINT, "a", "b", "c"), (None, "", "ab", "c"), (None, "ab", "", "c"), (None, "ab", "c", ""),
    }  # fmt: skip


@pytest.mark.parametrize("token", ["a", "a ", '"ab"', "a;b", "a ; b"])
def test_a_token_is_not_divided_beside_blanks_delimiters_or_within_quotes(token: str) -> None:
    assert [way for way in put([token, "c"]) if way[0]] == []


def test_a_quoted_token_is_divided_where_a_quote_is_doubled() -> None:
    assert (JOINT, '"a,b"', '"c"', "d") in put(['"a,b""c"', "d"])


def test_a_number_divided_at_its_point_is_a_doubt() -> None:
    assert {way[0] for way in put(["2.5", "c"]) if way[1:] == ("2.", "5", "c")} == {None}


def test_only_what_fits_is_put_in() -> None:
    assert set(put(["ab1", "c"], fits=NUMBERS)) == {(JOINT, "ab", "1", "c"), (None, "ab1", "", "c")}
    assert set(put(["a", "12"], fits=NUMBERS)) == {
        (JOINT, "a", "1", "2"), (None, "a", "12", ""), (None, "a", "", "12"),
    }  # fmt: skip


def test_a_record_of_too_many_readings_is_given_up() -> None:
    assert len(put(["abcdef", "c"], most=5)) == 5 + 3
    assert put(["abcdef", "c"], most=4) == []
    assert put(["x" * 100, "c"], most=20) == []


@pytest.mark.parametrize("tokens", [["a"], ["a", "b", "c"], ["a"] * 4])
def test_records_of_another_number_of_cells_are_left_alone(tokens: list[str]) -> None:
    assert put(tokens) == []


def cut(text: str = "", tokens: list[str] | None = None, fits: Fits | None = None) -> list[tuple]:
    misquoted = pl.DataFrame(
        {"record": [7], "text": [text]}, schema_overrides={"record": pl.UInt32}
    )
    short = pl.DataFrame(
        {"record": [7], "tokens": [tokens or [""]]}, schema_overrides={"record": pl.UInt32}
    )
    found = truncated(misquoted, short if tokens else short.clear(), 3, ",", fits)
    assert found["how"].null_count() == found.height
    return found.select("tokens", "unknown").rows()


@pytest.mark.parametrize(
    ("text", "tokens", "unknown"),
    [
        ('a,5,"red', ["a", "5", ""], [2]),
        ('a,"1,04', ["a", "", ""], [1, 2]),
        ('"a,5,red', ["", "", ""], [0, 1, 2]),
        ('a,"b ""c', ["a", "", ""], [1, 2]),
    ],
)
def test_an_open_quote_may_be_where_a_record_was_cut_off(
    text: str, tokens: list[str], unknown: list[int]
) -> None:
    assert cut(text) == [(tokens, unknown)]


@pytest.mark.parametrize("text", ['a,5,"red"x', 'a,b"c,"d', 'a,b,c,"d', 'a"'])
def test_a_record_without_an_open_quote_was_not_cut_off_there(text: str) -> None:
    assert cut(text) == []


def test_a_short_record_may_be_cut_off_in_its_last_token_unless_that_is_closed() -> None:
    assert cut(tokens=["a", "1"]) == [(["a", "", ""], [1, 2])]
    assert cut(tokens=["a", '"1"']) == []


def test_no_number_was_cut_off_after_words() -> None:
    assert cut('a,"5,blue', fits=NUMBERS) == []
    assert len(cut('a,"5,04', fits=NUMBERS)) == 1
    assert len(cut('a,5,"blue', fits=NUMBERS)) == 1
