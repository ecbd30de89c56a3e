"""Lines that are read at once, and lines that are read one by one, say the same."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

from lake_assets.kernels.parsing import ndjson_tokens
from lake_assets.kernels.parsing.ndjson_shapes import Shape, divide, learn_shapes
from lake_assets.kernels.parsing.ndjson_tokens import (
    DIFFERING,
    MOST_UNKNOWN,
    Tokens,
    find_tokens,
    first_names,
)
from lake_assets_tests.kernels.objects import line, objects

DATASET = objects({"name": "more", "type": "json", "aliases": ["extra"]})


def tokens(lines: list[str]) -> Tokens:
    raw = pl.Series(lines, dtype=pl.String)
    return find_tokens(raw, pl.repeat(0, raw.len(), dtype=pl.UInt32, eager=True), 1, DATASET)


def compared(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> Tokens:
    """Read with shapes wherever they fit, and without any."""
    with monkeypatch.context() as patch:
        patch.setattr(ndjson_tokens, "FEW", 0)
        fast = tokens(lines)
    with monkeypatch.context() as patch:
        patch.setattr(ndjson_tokens, "FEW", len(lines))
        exact = tokens(lines)
    assert_frame_equal(fast.values, exact.values)
    assert_series_equal(fast.damage, exact.damage)
    assert fast.unknown == exact.unknown
    return exact


def one_by_one(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines were read one by one, call by call."""
    counts: list[int] = []
    read = ndjson_tokens._one_by_one

    def counted(lines: pl.Series, *arguments: Any) -> Any:
        counts.append(lines.len())
        return read(lines, *arguments)

    monkeypatch.setattr(ndjson_tokens, "_one_by_one", counted)
    return counts


def test_lines_written_alike_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = one_by_one(monkeypatch)
    lines = [line(f"r{n}", n=n, note="a\\b\n", more={"x": [n]}, zz=n) for n in range(1000)]
    lines[500] = lines[500].replace(":500", ":5e2")
    found = tokens(lines)
    assert counts == []
    assert found.unknown == [{"zz"}]
    assert found.values["n"].to_list()[499:502] == ["499", "5e2", "501"]
    assert found.values["more"][7] == '{"x":[7]}'


def test_odd_lines_among_them_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = one_by_one(monkeypatch)
    lines = [line(f"r{n}", n=n) for n in range(1000)]
    lines[3], lines[700] = "oops", '{"n":1,"n":2}'
    found = tokens(lines)
    assert counts == [2]
    assert found.damage.to_list()[3] == "malformed line"
    assert found.damage.to_list()[700] == DIFFERING
    assert found.values["id"].null_count() == 2
    assert found.values["id"].to_list()[699:702] == ['"r699"', None, '"r701"']


def test_each_way_to_write_has_a_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = one_by_one(monkeypatch)
    lines = [line(f"r{n}", **({"n": n} if n % 2 else {"note": "x", "n": None})) for n in range(600)]
    lines[::3] = [text.replace(":", " : ") for text in lines[::3]]
    found = compared(lines, monkeypatch)
    assert counts == [600]
    assert found.values["n"].null_count() == 0
    assert found.values["note"].null_count() == 300


ODD = [
    "", "{}", "[]", "1", "{oops", '{"id":"a"}x', '{"id":"a",}', '\ufeff{"id":"a"}', ' {"id":"a"}',
    '{"id":"a","id":"a"}', '{"id":"a","id":"b"}', '{"id":null,"id":"b"}', '{"id":"-","ID":1}',
    '{"id":"1","id":1}', r'{"id":"a\u0062"}', r'{"\u0069d":"a"}', r'{"id":"\ud83d\ude00"}',
    r'{"id":"\ud83d"}', '{"id":{"id":[{"id":[1]}]}}', '{"id":"a","n":1e400}', '{"n":01}',
    '{"id":"a","at":"2025-01-02","n":{"n":1},"note":"x"}', '{"id":"a\x01"}', '{"id":"a\\u0001"}',
    '{"id":"a","at":",\\"n\\":","n":1,"note":"x"}', '{"more":{"a":{"b":{"c":{}}}}}', '{"x\\"y":1}',
    '{"id":1.10,"at":true,"n":"1","note":false}', '{"extra":[1],"more":[1]}',
    '{"extra":1,"more":2}',
]  # fmt: skip


def test_odd_lines_read_alike_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    compared(ODD, monkeypatch)
    compared([each for odd in ODD for each in (odd, line("b", n=1), odd)], monkeypatch)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.sampled_from([1.5, -0.25, 1e300]),
    st.text(max_size=5), st.sampled_from(['","n":', '{"id":', "}", '"', "\\", "\x01", "é", "😀"]),
)  # fmt: skip
NESTED = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "n", "zz", 'a"b']), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = ("id", "at", "n", "note", "more", "Extra", "zz", 'a"b', "N")


@st.composite
def some_lines(draw: st.DrawFn) -> list[str]:
    """Lines of a few shapes, with odd ones between them."""
    shapes = draw(
        st.lists(st.lists(st.sampled_from(KEYS), unique=True, max_size=5), min_size=1, max_size=2)
    )
    found = []
    for shape in draw(st.lists(st.sampled_from(shapes), max_size=12)):
        row = {key: draw(NESTED) for key in shape}
        blanks = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
        ascii_only = draw(st.booleans())
        text = json.dumps(row, separators=blanks, ensure_ascii=ascii_only)
        if draw(st.integers(0, 9)) == 0:
            at = draw(st.integers(0, len(text)))
            text = text[:at] + draw(st.sampled_from(["", '"', ",", "}", "x"])) + text[at + 1 :]
        found.append(draw(st.sampled_from([text] * 9 + ODD)))
    return found


@settings(derandomize=True, max_examples=300, deadline=None)
@given(some_lines())
def test_whatever_the_lines_both_ways_say_the_same(lines: list[str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        found = compared(lines, monkeypatch)
    assert found.values.height == found.damage.len() == len(lines)
    for text, damage in zip(lines, found.damage, strict=True):
        try:
            is_object = isinstance(json.loads(text.removeprefix("\ufeff")), dict)
        except ValueError:
            is_object = False
        assert is_object or damage


def test_a_nested_object_that_looks_like_a_line_is_no_divider() -> None:
    lines = pl.Series(
        [
            '{"id":{"at":1,"n":2},"at":3,"n":4}',
            '{"id":0,"at":3,"n":4}',
            '{"id":[{"n":1}],"at":3,"n":4}',
        ]
    )
    shape = Shape(("id", "at", "n"), ('{"id":', ',"at":', ',"n":'), "}", (2, 0, 0))
    fits, found = divide(lines, shape, [0, 1, 2])
    assert fits.to_list() == [False, True, True]
    assert found.rows() == [("0", "3", "4"), ('[{"n":1}]', "3", "4")]
    assert divide(lines.head(1), shape, [2])[1].shape == (0, 1)


def test_shapes_are_learnt_from_all_of_a_block() -> None:
    lines = pl.Series([*[line()] * 2000, *[line(n=1)] * 2000, "oops"])
    shapes = learn_shapes(lines, lambda _: True)
    assert [shape.names for shape in shapes] == [("id", "at"), ("id", "at", "n")]
    assert learn_shapes(lines, lambda keys: "n" not in keys)[0].names == ("id", "at")


def test_objects_of_very_many_keys_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = one_by_one(monkeypatch)
    wide = line(n=1, **{f"k{number}": {"a": 1} for number in range(500)})
    found = compared([wide] * 300, monkeypatch)
    assert counts == [300, 300]
    assert found.values["n"].to_list() == ["1"] * 300


def test_a_name_that_is_no_text_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared([r'{"\ud83d":1,"id":"a"}'] * 300, monkeypatch)
    assert found.unknown == [{r"\ud83d"}]


def test_unknown_keys_are_kept_up_to_a_number_of_them() -> None:
    lines = [f'{{"k{n:05d}":1}}' for n in range(3000)]
    (unknown,) = tokens(lines).unknown
    assert len(unknown) <= 2 * MOST_UNKNOWN
    assert first_names(unknown) == tuple(f"k{n:05d}" for n in range(MOST_UNKNOWN))
    halves = [tokens(lines[:1500]).unknown[0], tokens(lines[1500:]).unknown[0]]
    assert first_names([*first_names(halves[0]), *first_names(halves[1])]) == first_names(unknown)
