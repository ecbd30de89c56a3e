"""A column of type json keeps objects and arrays, as they stand."""

import polars as pl
import pytest

from lake_assets.kernels.values.json_texts import DEPTH, read_json


def read(*texts: str | None) -> list[str | None]:
    return read_json(pl.Series(texts, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    "text",
    [
        "{}", "[]", "{ }", '{"a": 1, "b" :[ 1.10 , true,null ] }', r'{"a":"\"}\\\u00e9"}',
        "[[1],[2,{}]]", '{"a":{"b":{"c":{"d":[[[[1]]]]}}}}', r'{"a":"\ud83d\ude00"}',
        "[" * DEPTH + "]" * DEPTH, '{"a":12345678901234567890.10}', '["\x7f\u2028"]',
    ],
)  # fmt: skip
def test_an_object_or_array_stays_as_it_stands(text: str) -> None:
    assert read(text, None) == [text, None]
    assert read(*[text] * 300) == [text] * 300


@pytest.mark.parametrize(
    "text",
    [
        "1", '"a"', "true", "null", "abc", "{", '{"a":1,}', "{'a':1}", '{"a":NaN}', "[1 2]",
        '{"a":1}x', '{"a":01}', '{"a":"\t"}', "[" * (DEPTH + 1) + "]" * (DEPTH + 1), "[1][2]",
        '{"a":{"b":{"c":}}}',
    ],
)  # fmt: skip
def test_all_else_is_no_value(text: str) -> None:
    assert read(text, "[1]") == [None, "[1]"]
    assert read(*[text] * 300) == [None] * 300


def test_what_is_given_is_left_as_it_was() -> None:
    texts = pl.Series(["[1]", "x"])
    read_json(texts)
    assert texts.to_list() == ["[1]", "x"]
