"""Whether a file is NDJSON at all, from its head."""

import json

import pytest

from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.objects import file, line, objects
from lake_assets_tests.kernels.reading import small

ROWS = [{"id": f"r{n}", "at": "2025-01-02", "tags": [{"x": n}]} for n in range(3)]


def keys(data: bytes, *, whole: bool = True) -> tuple[str, ...]:
    return read_layout(data, objects(), whole=whole).cells


def refusal(data: bytes, *, whole: bool = True) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as caught:
        read_layout(data, objects(), whole=whole)
    return caught.value


def test_the_keys_of_the_objects_are_found_in_order() -> None:
    assert keys(file(line(n=1), line(note="x", n=1, zz=1))) == ("id", "at", "n", "note", "zz")


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(ROWS).encode(),
        json.dumps(ROWS).encode() + b"\n",
        json.dumps(ROWS, indent=2).encode(),
        ("[\n" + ",\n".join(map(json.dumps, ROWS)) + "\n]\n").encode(),
        ("[" + ",\r\n".join(map(json.dumps, ROWS)) + "]").encode(),
        b"\xef\xbb\xbf \n" + json.dumps(ROWS).encode(),
        b"[]",
    ],
)
def test_a_json_array_is_refused_with_how_to_convert_it(data: bytes) -> None:
    found = refusal(data)
    assert found.reason == "invalid_ndjson_format"
    assert "the file is a JSON array" in found.detail
    assert "jq -c '.[]' FILE > FILE.ndjson" in found.detail


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(ROWS[0], indent=2).encode(),
        "\n".join(json.dumps(row, indent=4) for row in ROWS).encode(),
        b'{"rows": [\n{"id": 1, "at": "2025-01-02"},\n{"id": 2}\n]}\n',
    ],
)
def test_an_object_of_several_lines_is_refused_with_how_to_convert_it(data: bytes) -> None:
    found = refusal(data)
    assert found.reason == "invalid_ndjson_format"
    assert "a JSON object of several lines" in found.detail
    assert "jq -c '.' FILE > FILE.ndjson" in found.detail


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_is_known_by_its_beginning(indent: int | None) -> None:
    rows = json.dumps(ROWS * 50, indent=indent).encode()
    assert refusal(rows[:2000], whole=False).reason == "invalid_ndjson_format"
    one = json.dumps({"id": 1, "more": ROWS * 50}, indent=2).encode()
    assert refusal(one[:2000], whole=False).reason == "invalid_ndjson_format"


@pytest.mark.parametrize(
    "first",
    ["[1, 2]", "[", "[oops", "{oops", '{"id":1,', "{", "id,at,n,note", "// a comment", "x" * 9999],
)
def test_a_bad_first_line_refuses_no_file(first: str) -> None:
    assert keys(file(first, line(), line(), line(n=1))) == ("id", "at", "n")


def test_a_record_broken_by_a_line_end_refuses_no_file() -> None:
    assert keys(b'{"id":"a",\n"at":"2025-01-02"}\n' + file(line(), line())) == ("id", "at")


@pytest.mark.parametrize(
    "data",
    [b"id,at,n,note\na,2025-01-02,1,x\n", b"[1]\n[2]\n", b'{"a":1\n{"a":2\n', b"1\n2\n", b"x"],
)
def test_a_file_without_any_object_is_refused(data: bytes) -> None:
    found = refusal(data)
    assert found.reason == "no_json_lines_detected"
    assert data.split(b"\n")[0].decode() in found.detail


def test_a_required_field_that_no_object_has_is_named() -> None:
    found = refusal(file('{"n":1,"At":"2025-01-02"}', '{"note":"x"}', "oops"))
    assert found.reason == "missing_fields"
    assert "none of the objects looked at (2) has id; their keys are n, At, note" in found.detail
    found = refusal(file("{}"))
    assert found.detail == "none of the objects looked at (1) has id, at; they are empty"


def test_a_key_that_is_no_text_can_be_told() -> None:
    data = file(r'{"\ud83d":1,"id":"a","at":"2025-01-02"}')
    assert keys(data) == (r"\ud83d", "id", "at")
    assert refusal(file(r'{"\ud83d":1}')).detail.encode()


def test_a_required_field_may_come_late() -> None:
    data = file(*['{"at":"2025-01-02"}'] * 500, line())
    assert keys(data) == ("at", "id")


def test_names_are_found_as_in_a_header() -> None:
    dataset = objects({"name": "unit_price", "required": True, "aliases": ["cost"]})
    for name in ("unit_price", "Unit-Price", "UnitPrice", "cost", "COST", "unit.price"):
        assert read_layout(file(line(**{name: 1})), dataset, whole=True).cells[-1] == name


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf\n", b"\0\0"])
def test_a_file_without_text_is_empty(data: bytes) -> None:
    assert refusal(data).reason == "empty_file"


def test_a_head_without_text_says_no_more_than_it_knows() -> None:
    for dataset in (small(), objects()):
        with pytest.raises(FileRefusedError, match="empty_file: the first 2,000 bytes have no"):
            read_layout(b"\n" * 2000, dataset, whole=False)


def test_a_head_that_ends_within_its_first_line_says_what_it_can() -> None:
    assert keys(b'{"id":"a","note":"xxxxx', whole=False) == ()
    assert refusal(b'[{"id":"a"},{"id"', whole=False).reason == "invalid_ndjson_format"
    assert refusal(b"id;at;n", whole=False).reason == "no_json_lines_detected"


def test_what_is_no_text_is_told_what_to_be() -> None:
    found = refusal(b"PAR1....")
    assert found.reason == "error_reading_file"
    assert found.detail == "the file is Parquet, not text; export it as NDJSON"


def test_other_encodings_are_read() -> None:
    text = line(note="é€") + "\n"
    dataset = objects(format={"type": "ndjson", "encodings": ["utf-8", "windows-1252"]})
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        layout = read_layout(text.encode(encoding), dataset, whole=True)
        assert layout.cells == ("id", "at", "note")
    strict = objects(format={"type": "ndjson", "encodings": ["utf-8"]})
    with pytest.raises(FileRefusedError, match="undecodable"):
        read_layout(text.encode("cp1252"), strict, whole=True)
