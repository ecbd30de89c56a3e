"""A line of NDJSON is taken apart as RFC 8259 has it, and each value keeps its text."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.parsing.ndjson_lines import (
    MALFORMED,
    NO_OBJECT,
    TOO_DEEP,
    LineError,
    find_members,
    text_of,
)
from lake_assets.kernels.values.json_texts import DEPTH


def members(line: str) -> list[tuple[str, str]]:
    return [(name, line[start:end]) for name, start, end in find_members(line)]


def fault(line: str) -> str:
    with pytest.raises(LineError) as caught:
        find_members(line)
    return caught.value.what


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{}", []),
        (" { } ", []),
        ('{"a":1}', [("a", "1")]),
        ('\t{ "a" : 1.10 , "b" : "x" } ', [("a", "1.10"), ("b", '"x"')]),
        ('{"a":12345678901234567890.10}', [("a", "12345678901234567890.10")]),
        ('{"a":-0.0e+5,"a":null}', [("a", "-0.0e+5"), ("a", "null")]),
        ('{"a":{"b": [1, "}"]},"c":[ ]}', [("a", '{"b": [1, "}"]}'), ("c", "[ ]")]),
        (r'{"\u0061\"":"\u00e9\n"}', [('a"', r'"\u00e9\n"')]),
    ],
)
def test_values_keep_the_text_that_stands_in_the_line(
    line: str, found: list[tuple[str, str]]
) -> None:
    assert members(line) == found


def test_figures_may_be_longer_than_python_reads() -> None:
    digits = "1" * 5000
    assert members(f'{{"a":{digits},"b":-{digits}.5}}') == [("a", digits), ("b", f"-{digits}.5")]


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "}", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}', '{"a":1}x',
        '{"a":1}{"b":2}', '{"a":01}', '{"a":1.}', '{"a":.5}', '{"a":+1}', '{"a":NaN}',
        '{"a":-Infinity}', "{'a':1}", '{a:1}', '{"a":"x}', '{"a":"\t"}', r'{"a":"\x41"}',
        r'{"a":"\u12g4"}', '{"a":tru}', '{"a":1},', '[{"a":1}', '{"a":[1,2}', '{"a":1};',
        "id,at", '"a":1', '{"a":1]', '{"a":[1}]}', '{"a" 1}', '{"a":1,,"b":2}',
    ],
)  # fmt: skip
def test_what_is_no_json_is_malformed(line: str) -> None:
    assert fault(line) == MALFORMED


@pytest.mark.parametrize("line", ["[]", ' [{"a":1}] ', "1", '"a"', "null", "true", "-1.5e3"])
def test_a_value_that_is_no_object_is_told_apart(line: str) -> None:
    assert fault(line) == NO_OBJECT


def test_objects_nest_only_so_deep() -> None:
    def nested(levels: int) -> str:
        return '{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"

    assert members(nested(DEPTH)) == [("a", nested(DEPTH)[5:-1])]
    assert fault(nested(DEPTH + 1)) == TOO_DEEP
    assert fault(nested(100_000)) == TOO_DEEP
    assert members('{"a":"' + "[" * 1000 + '"}') == [("a", '"' + "[" * 1000 + '"')]
    flat = '{"a":[' + ",".join(["[]"] * 1000) + "]}"
    assert members(flat) == [("a", flat[5:-1])]


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    assert text_of(r'"\ud83d\ude00\u00e9"') == "😀é"
    for token in (r'"\ud83d"', r'"\ude00\ud83d"', r'"a\uD800b"'):
        with pytest.raises(LineError) as caught:
            text_of(token)
        assert caught.value.what == MALFORMED


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=5), st.sampled_from([None, 0, 1]), st.booleans())
def test_every_object_is_taken_apart_into_the_texts_of_its_values(
    value: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    line = json.dumps(value, ensure_ascii=ascii_only, indent=indent).replace("\n", " ")
    assert {name: json.loads(token) for name, token in members(line)} == value


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(st.sampled_from('{}[]":,\\u0a1-.eE \tntf"'), max_size=30))
def test_any_line_is_read_as_the_standard_library_reads_it(line: str) -> None:
    try:
        expected: Any = json.loads(line.strip(" \t"), parse_constant=_refuse)
    except ValueError:
        assert fault(line) == MALFORMED
        return
    if isinstance(expected, dict):
        found = {name: json.loads(token) for name, token in members(line)}
        assert found == expected
    else:
        assert fault(line) == NO_OBJECT


def _refuse(name: str) -> Any:
    raise ValueError(name)
