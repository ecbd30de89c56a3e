"""Files of NDJSON become rows: every line is accounted for, every digit is kept."""

import json
import random
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.block import read_block
from lake_assets.kernels.decoding.cuts import find_cuts
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.parsing.texts import Text
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.objects import file, line, objects
from lake_assets_tests.kernels.reading import (
    Reading,
    lines,
    provenance,
    read,
    read_files,
    read_pieces,
    reasons,
)

MONEY = {"name": "m", "type": "decimal", "precision": 38, "scale": 2}
DIFFER = "STRUCTURAL:keys that claim one column and differ"


def one(text: str, *columns: dict[str, Any], repeat: int = 1) -> Reading:
    """Read one line, or many that are alike, which are then read at once."""
    return read(file(*[text] * repeat), objects(*columns))


@pytest.fixture(params=[1, 300], ids=["one by one", "at once"])
def repeat(request: pytest.FixtureRequest) -> int:
    """Lines of a file."""
    number: int = request.param
    return number


class TestLines:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_each_line_is_a_record_and_blank_ones_are_skipped(self, end: str) -> None:
        rows = ["", line("a"), " \t", line("b"), line("c"), ""]
        found = read(end.join(rows), objects())
        assert lines(found) == [2, 4, 5]
        assert found.good["id"].to_list() == ["a", "b", "c"]
        books = found.books
        assert (books.rows_read, books.good, books.skipped, books.headers) == (5, 3, 2, 0)

    def test_line_ends_may_be_mixed_and_the_last_one_missing(self) -> None:
        found = read(f"{line('a')}\r\n{line('b')}\n{line('c')}\r{line('d')}", objects())
        assert lines(found) == [1, 2, 3, 4]

    def test_quotes_join_no_lines(self) -> None:
        found = read(file(line("a"), '{"id":"', '"}', line("b")), objects())
        assert lines(found) == [1, 4]
        assert reasons(found) == {n: ["INVALID_JSON:malformed line"] for n in (2, 3)}

    def test_a_bad_line_costs_itself_alone_and_keeps_its_text(self) -> None:
        bad = [
            '{"id": "a", "at"', "[1, 2]", "3", 'null', "{'id': 1}", line("a") + ",", "x\ty",
            '{"id":"a","at":' + "[" * 80 + "]" * 80 + "}",
        ]  # fmt: skip
        found = read(file(line("a"), *bad, line("b")), objects())
        assert lines(found) == [1, 10]
        assert found.rejects["raw_row"].to_list() == bad
        none, broken = ["INVALID_JSON:no object"], ["INVALID_JSON:malformed line"]
        deep = ["INVALID_JSON:nested too deeply"]
        assert list(reasons(found).values()) == [
            broken, none, none, none, broken, broken, broken, deep
        ]  # fmt: skip

    def test_undecodable_bytes_cost_their_line(self) -> None:
        data = file(line("a", note="é"), "?", line("b")).replace(
            b"?", line("\xff").encode("latin-1")
        )
        found = read(data, objects(format={"type": "ndjson", "encodings": ["utf-8"]}))
        assert lines(found) == [1, 3]
        assert reasons(found) == {2: ["STRUCTURAL:undecodable bytes"]}
        assert found.rejects["raw_row"].to_list() == [line("\xff")]
        strict = {"type": "ndjson", "encodings": ["utf-8"], "undecodable": "refuse"}
        with pytest.raises(FileRefusedError, match="undecodable"):
            read(data, objects(format=strict))

    def test_a_value_that_is_too_long_costs_its_line(self) -> None:
        dataset = objects(format={"type": "ndjson", "max_field_kb": 1})
        long = line("b", note="x" * 1023)
        found = read(file(line("a", note="x" * 1022), long, line("c")), dataset)
        assert lines(found) == [1, 3]
        assert reasons(found) == {2: ["STRUCTURAL:a value that is too long"]}
        many = file(*[line(n=1, zz="x" * 2000)] * 2)
        assert read(many, dataset).books.good == 2

    def test_marks_of_files_that_were_appended_are_no_part_of_their_lines(self) -> None:
        found = read(file(f"\ufeff{line('a')}", f"\ufeff{line('b')}", "\ufeff"), objects())
        assert (lines(found), found.books.skipped) == ([1, 2], 1)


class TestKeys:
    def test_keys_name_columns_as_header_cells_do(self) -> None:
        dataset = objects({"name": "unit_price", "aliases": ["cost"]})
        keys = ["unit_price", "Unit-Price", "UNIT_PRICE", "unitPrice", "cost", "Cost"]
        found = read(file(*(line(**{key: "7"}) for key in keys)), dataset)
        assert found.good["unit_price"].to_list() == ["7"] * len(keys)

    def test_unknown_keys_are_told_wherever_they_stand(self) -> None:
        rows = [line(zz=1), *[line()] * 500, line(Aa={"b": 1}, **{'q"x': None})]
        found = read(file(*rows), objects())
        assert found.blocks[0].pieces[0].unknown == ("Aa", 'q"x', "zz")
        assert found.books.good == 502

    def test_a_key_may_stand_twice_if_its_values_agree(self) -> None:
        rows = [
            '{"id":"a","at":"2025-01-02","id":"a"}', '{"id":null,"id":"b","at":"2025-01-02"}',
            '{"id":"c","ID":" c ","at":"2025-01-02","Id":"N/A"}',
            '{"id":"d","at":"2025-01-02","id":"e"}', '{"n":1,"n":1.0,"id":"f","at":"2025-01-02"}',
        ]  # fmt: skip
        found = read(file(*rows), objects())
        assert found.good["id"].to_list() == ["a", "b", "c"]
        assert reasons(found) == {4: [DIFFER], 5: [DIFFER]}

    def test_null_and_absent_are_no_value(self, repeat: int) -> None:
        for text in ('{"id":null,"at":"2025-01-02","n":null}', '{"at":"2025-01-02"}'):
            found = read(file(line(), *[text] * repeat), objects())
            assert reasons(found)[2] == ["MISSING_REQUIRED_COLUMN:id"]
            assert found.books.rejected == repeat

    def test_texts_that_mean_no_value_are_none(self) -> None:
        rows = [line(note=text) for text in ("", "  ", "N/A", "null", "-")]
        assert read(file(*rows), objects()).good["note"].null_count() == 5


class TestNumbers:
    @pytest.mark.parametrize(
        ("token", "value"),
        [
            ("12345678901234567890.10", "12345678901234567890.10"), ("1.1", "1.10"),
            ("1.10", "1.10"), ("-0.05", "-0.05"), ("0", "0.00"), ("1e3", "1000.00"),
            ("1.5E+2", "150.00"), ("-25e-2", "-0.25"), ("1234567", "1234567.00"),
            ("999999999999999999999999999999999999.99", "9" * 36 + ".99"),
            ('"1,040.00"', "1040.00"), ('"$1,040"', "1040.00"), ("1.230", "1.23"),
        ],
    )  # fmt: skip
    def test_decimals_are_exact(self, token: str, value: str, repeat: int) -> None:
        found = one(f'{{"id":"a","at":"2025-01-02","m":{token}}}', MONEY, repeat=repeat)
        assert found.good["m"].to_list() == [Decimal(value)] * repeat

    @pytest.mark.parametrize(
        "token",
        ["1.234", "1e-3", "1e37", "1e999999999", "true", '"abc"', '"1.2.3"', "1234567.891", "1e60"],
    )
    def test_what_does_not_fit_is_rejected_and_never_rounded(self, token: str, repeat: int) -> None:
        found = one(f'{{"id":"a","at":"2025-01-02","m":{token}}}', MONEY, repeat=repeat)
        assert reasons(found)[1] == ["INVALID_NUMBER:m"]
        assert found.books.rejected == repeat

    def test_a_number_has_a_decimal_point_whatever_the_column_says(self, repeat: int) -> None:
        exact = {"name": "e", "type": "decimal", "scale": 3}
        text = '{"id":"a","at":"2025-01-02","e":1.234}'
        for mark in ("auto", "point", "comma"):
            found = one(text, {**exact, "decimal_mark": mark}, repeat=repeat)
            assert found.good["e"].to_list() == [Decimal("1.234")] * repeat
        strings = one(text.replace("1.234", '"1.234"'), exact)
        assert reasons(strings) == {1: ["AMBIGUOUS_NUMBER:e"]}

    @pytest.mark.parametrize(
        ("token", "value"),
        [
            ("7", 7),
            ("-7", -7),
            ("7.0", 7),
            ("7e2", 700),
            ('"1,000,000"', 10**6),
            ("9" * 18, 10**18 - 1),
        ],
    )
    def test_integers(self, token: str, value: int, repeat: int) -> None:
        found = one(f'{{"id":"a","at":"2025-01-02","n":{token}}}', repeat=repeat)
        assert found.good["n"].to_list() == [value] * repeat

    @pytest.mark.parametrize("token", ["2.5", "1.234", "1e30", "1.5e0", "true"])
    def test_what_is_no_integer_is_rejected(self, token: str) -> None:
        found = one(f'{{"id":"a","at":"2025-01-02","n":{token}}}')
        assert reasons(found) == {1: ["INVALID_NUMBER:n"]}


class TestOtherTypes:
    @pytest.mark.parametrize(
        ("token", "text"),
        [
            ("1.10", "1.10"), ("12345678901234567890123", "12345678901234567890123"),
            ("1E5", "1E5"), ("true", "true"), ("-0", "-0"), ('"007"', "007"),
            (r'"a\"b\\c\/\n\u00e9\ud83d\ude00"', 'a"b\\c/\né😀'), ('" x "', "x"),
            (r'"\u0041"', "A"), (r'"null \u0000"', "null \0"), ('"{}"', "{}"),
        ],
    )  # fmt: skip
    def test_a_text_column_keeps_what_stands_in_the_line(
        self, token: str, text: str, repeat: int
    ) -> None:
        found = one(f'{{"id":"a","at":"2025-01-02","note":{token}}}', repeat=repeat)
        assert found.good["note"].to_list() == [text] * repeat

    def test_escapes_are_undone_once(self, repeat: int) -> None:
        chance = random.Random(2)
        for _ in range(20):
            text = "a" + "".join(chance.choices('\\"/\b\f\n\r\tnu0é😀', k=12)) + "z"
            for ascii_only in (True, False):
                token = json.dumps(text, ensure_ascii=ascii_only)
                found = one(f'{{"id":"a","at":"2025-01-02","note":{token}}}', repeat=repeat)
                assert found.good["note"].to_list() == [text] * repeat

    def test_truth_values_are_those_of_json_and_the_contracts_words(self, repeat: int) -> None:
        truth = {
            "name": "t",
            "type": "boolean",
            "true_values": ["ja", "1"],
            "false_values": ["nein"],
        }
        for token, value in (("true", True), ("false", False), ('"Ja"', True), ("1", True)):
            found = one(f'{{"id":"a","at":"2025-01-02","t":{token}}}', truth, repeat=repeat)
            assert found.good["t"].to_list() == [value] * repeat
        found = one('{"id":"a","at":"2025-01-02","t":"true"}', truth)
        assert reasons(found) == {1: ["INVALID_BOOLEAN:t"]}

    def test_a_date_may_be_a_number(self) -> None:
        dataset = objects({"name": "d", "type": "timestamp", "formats": ["yyyyMMdd"]})
        found = read(file(line(d=20250102)), dataset)
        assert str(found.good["d"][0]) == "2025-01-02 00:00:00"

    @pytest.mark.parametrize("token", ['{"x":1}', "[]", '["a"]'])
    @pytest.mark.parametrize(
        ("name", "others"),
        [
            ("note", []),
            ("n", ["INVALID_NUMBER:n"]),
            ("at", ["INVALID_TIMESTAMP_FORMAT:at"]),
        ],
    )
    def test_an_object_or_array_is_of_no_scalar_type(
        self, token: str, name: str, others: list[str], repeat: int
    ) -> None:
        text = json.loads(line(n=1, note="x")) | {name: "?"}
        bad = json.dumps(text).replace('"?"', token)
        found = read(file(line(), *[bad] * repeat), objects())
        assert reasons(found)[2] == [f"INVALID_TYPE:{name}", *others]
        assert found.books.rejected == repeat

    def test_a_required_column_with_an_object_is_not_told_to_be_missing(self) -> None:
        found = read(file(line(), line({"x": 1})), objects())
        assert reasons(found) == {2: ["INVALID_TYPE:id"]}

    def test_a_json_column_keeps_its_text_as_it_stands(self, repeat: int) -> None:
        payload = {"name": "p", "type": "json"}
        for token in ('{"b" : [1.10, {}],  "a":null}', "[]", r'{"x":"\u00e9\""}'):
            found = one(f'{{"id":"a","at":"2025-01-02","p": {token} }}', payload, repeat=repeat)
            assert found.good["p"].to_list() == [token] * repeat
        assert found.good.schema["p"] == pl.String()

    def test_json_within_a_string_is_taken_out_of_it(self, repeat: int) -> None:
        payload = {"name": "p", "type": "json"}
        found = one(line(p='{"a": "b\\n"}'), payload, repeat=repeat)
        assert found.good["p"].to_list() == ['{"a": "b\\n"}'] * repeat

    @pytest.mark.parametrize("token", ["1", "true", '"x"', '"{"', r'"{\"a\":}"'])
    def test_a_scalar_in_a_json_column_is_rejected(self, token: str, repeat: int) -> None:
        found = one(
            f'{{"id":"a","at":"2025-01-02","p":{token}}}',
            {"name": "p", "type": "json"},
            repeat=repeat,
        )
        assert reasons(found)[1] == ["INVALID_JSON:p"]

    def test_every_reason_of_a_line_is_told(self) -> None:
        dataset = objects(
            {"name": "p", "type": "json"}, rules=[{"name": "r", "expression": "n > 0"}]
        )
        found = read(file(line(), '{"at":"2025-13-01","n":"x","note":[],"p":1}'), dataset)
        assert reasons(found)[2] == [
            "INVALID_TYPE:note", "MISSING_REQUIRED_COLUMN:id", "INVALID_TIMESTAMP_FORMAT:at",
            "INVALID_NUMBER:n", "INVALID_JSON:p", "BUSINESS_LOGIC_FAIL:r",
        ]  # fmt: skip


def test_no_key_is_found_across_the_end_of_a_string(repeat: int) -> None:
    found = one('{"id":"a","at":"2025-01-02",",":2,"note":"x,",":k":5}', repeat=repeat)
    assert found.good["note"].to_list() == ["x,"] * repeat


def test_a_json_column_of_csv_takes_objects_and_arrays_only() -> None:
    csv = objects({"name": "p", "type": "json"}, format={})
    found = read('id,at,p\na,2025-01-02,"{""x"": 1.10}"\nb,2025-01-02,7\nc,2025-01-02,\n', csv)
    assert found.good["p"].to_list() == ['{"x": 1.10}', None]
    assert reasons(found) == {3: ["INVALID_JSON:p"]}


def test_dates_that_read_both_ways_are_settled_by_the_file() -> None:
    found = read(file(line("a", "03/04/2025"), line("b", "25/04/2025")), objects())
    assert str(found.good["at"][0])[:10] == "2025-04-03"
    found = read(file(line("a", "03/04/2025")), objects())
    assert reasons(found) == {1: ["AMBIGUOUS_TIMESTAMP:at"]}


def test_files_of_any_keys_are_read_in_one_block() -> None:
    files = {
        f"f{n}.ndjson": file(*[line(f"{n}", **{key: n})] * 3, "oops", "")
        for n, key in enumerate(["n", "N", "note", "zz", "x"])
    }
    found = read_files(files, objects())
    assert [reading.books.good for reading in found] == [3] * 5
    assert [reading.books.skipped for reading in found] == [1] * 5
    unknown = [piece.unknown for piece in found[0].blocks[0].pieces]
    assert unknown == [(), (), (), ("zz",), ("x",)]
    for (name, data), among in zip(files.items(), found, strict=True):
        alone = read(data, objects(), name)
        assert_frame_equal(alone.good, among.good)
        assert_frame_equal(alone.rejects, among.rejects)


def large_file() -> bytes:
    """Lines of several shapes, odd ones among them."""
    chance = random.Random(1)
    rows = []
    for number in range(3000):
        values = {"n": number, "note": 'a "quoted" \u00e9', "zz": 1.5}
        kept = [key for key in values if chance.random() < 0.9]
        text = line(f"r{number}", "03/04/2025", **{key: values[key] for key in kept})
        rows.append(chance.choice(["oops", "", '{"id":{}}', "[1]"]) if number % 50 == 7 else text)
    return file(*rows, line("last", "25/04/2025"))


@pytest.mark.parametrize("piece_bytes", [5_000, 60_000])
def test_a_file_in_pieces_reads_like_the_file_in_one(piece_bytes: int) -> None:
    data, dataset = large_file(), objects()
    cuts, _ = find_cuts([data], piece_bytes, dataset.format.record_lines, 1 << 20)
    assert len(cuts) > 3
    layout = read_layout(data, dataset, whole=True)
    pieces, whole = read_pieces(data, cuts, layout, dataset), read(data, dataset)
    assert pieces.books == whole.books
    assert_frame_equal(pieces.good, whole.good)
    assert_frame_equal(pieces.rejects, whole.rejects)


LINES = st.one_of(
    st.text(st.sampled_from('{}[]":, \\u0a1-.e\t\n\r\ufeff'), max_size=20),
    st.dictionaries(
        st.sampled_from(["id", "at", "n", "note", "ID", "zz"]),
        st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
        | st.sampled_from(["2025-01-02", "03/04/2025", {}, [1], "1,5", True]),
        max_size=5,
    ).map(json.dumps),
)  # fmt: skip


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=20), st.sampled_from(["\n", "\r\n", "\r"]))
def test_whatever_the_lines_none_is_lost(rows: list[str], end: str) -> None:
    dataset: Dataset = objects()
    content = end.join([line("first"), *rows])
    text = Text(
        content.encode(), 1, read_layout(content.encode(), dataset, whole=True), provenance()
    )
    block = read_block([text], dataset)
    books = block.pieces[0].books
    assert books.unaccounted == 0
    assert (block.good.height, block.rejects.height) == (books.good, books.rejected)
    numbers = [*block.good["line_number"], *block.rejects["line_number"]]
    assert len(set(numbers)) == len(numbers)
    physical = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, raw in block.rejects.select("line_number", "raw_row").iter_rows():
        assert physical[number - 1] == raw
    assert sum(not each.strip("\ufeff \t") for each in physical) >= books.skipped
