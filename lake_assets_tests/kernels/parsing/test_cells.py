"""Records to cells: what is recovered, skipped, rejected."""

import pytest

from lake_assets_tests.kernels.reading import HEADER, lines, read, reasons, small

STRAY = "STRUCTURAL:unbalanced or stray quotes"
MANY = "STRUCTURAL:too many cells"
FEW = "STRUCTURAL:too few cells"
ROW = "a,2025-01-02,1,x\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_divides_literally_and_not_within_quotes(delimiter: str) -> None:
    content = f'{HEADER}a,2025-01-02,1,"x{delimiter}y"\n'.replace(",", delimiter)
    rows = read(content)
    assert rows.good.select("id", "n", "note").rows() == [("a", 1, f"x{delimiter}y")]
    assert rows.books.recovered == 0


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('"a, b"', "a, b"),
        ('"a ""b"" c"', 'a "b" c'),
        ('"a\nb"', "a\nb"),
        ('"a\r\nb"', "a\r\nb"),
        ('""', None),
        ('"  "', None),
        ('" x "', "x"),
        ("N/A", None),
        ("-", None),
        ("NULL", None),
        ("nullable", "nullable"),
        ("--", "--"),
        ("é\u2028ü", "é\u2028ü"),
        ("x\0y", "x\0y"),
    ],
)
def test_a_cell_is_its_unquoted_trimmed_text_or_null(cell: str, value: str | None) -> None:
    for others in ("", "b,2025-01-02,1,x\r\n", 'b,2025-01-02,1,"\n', 'b,2025-01-02,1,"1\n2"\n'):
        rows = read(f"{HEADER}{others}a,2025-01-02,1,{cell}\n")
        assert rows.good.filter(id="a")["note"].to_list() == [value], others


def test_rows_in_another_delimiter_are_recovered_and_counted() -> None:
    rows = read(f"{HEADER}{ROW}b;2025-01-02;2;y\nc|2025-01-02|3|z\nd\t2025-01-02\t4\tw\n")
    assert rows.good["n"].to_list() == [1, 2, 3, 4]
    assert rows.books.recovered == 3


@pytest.mark.parametrize("row", ["b;2025-01-02;2", "b;2025|01|02;2;y|", "b,2025-01-02;2;y;z", "b"])
def test_a_row_that_no_single_delimiter_divides_is_structural(row: str) -> None:
    assert reasons(read(f"{HEADER}{ROW}{row}\n"))[3][0].startswith("STRUCTURAL:")


def test_a_recovered_row_is_judged_like_any_other() -> None:
    rows = read(f"{HEADER}b;2025-01-02;x;y\n")
    assert reasons(rows) == {2: ["INVALID_NUMBER:n"]}
    assert rows.books.recovered == 0
    assert read(f"{HEADER}b;2025-01-02;1;y\n").books.recoveries == {"another delimiter": 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("b,2025-01-02,1", FEW),
        ("b", FEW),
        ("b,2025-01-02,1,x,y", MANY),
        ('"b",2025-01-02,1,"x","y"', MANY),
        ('b,2025-01-02,1,"x,y', STRAY),
        ('b,2025-01-02,1,x"y', STRAY),
        ('b,2025-01-02,1,"x"y', STRAY),
        ('b,2025-01-02,1,"x', STRAY),
        ('"', STRAY),
    ],
)
def test_a_broken_row_costs_only_itself(row: str, reason: str) -> None:
    rows = read(f"{HEADER}{ROW}{row}\n{ROW}")
    assert lines(rows) == [2, 4]
    assert reasons(rows) == {3: [reason]}
    assert rows.rejects["raw_row"].to_list() == [row]


def test_several_stray_quotes_cost_only_their_own_rows() -> None:
    rows = read(f'{HEADER}b,2025-01-02,1,"x\n{ROW}{ROW}c,2025-01-02,1,"y\n{ROW}d,2025-01-02,1,"z\n')
    assert reasons(rows) == {2: [STRAY], 5: [STRAY], 7: [STRAY]}
    assert lines(rows) == [3, 4, 6]


@pytest.mark.parametrize("row", ["b,2025-01-02,,1,", "b,2025-01-02,,1,x", "b,2025-01-02,1,x,y"])
def test_a_cell_too_many_is_not_guessed_away(row: str) -> None:
    assert reasons(read(f"{HEADER}{ROW}{row}\n")) == {3: [MANY]}


@pytest.mark.parametrize("row", ["b,,2025-01-02,1,", "b,2025-01-02,1,,"])
def test_an_empty_cell_too_many_is_dropped_where_nothing_else_fits(row: str) -> None:
    rows = read(f"{HEADER}{ROW}{row}\n")
    assert rows.good.select("id", "n", "note").row(1) == ("b", 1, None)


@pytest.mark.parametrize(
    "row", ["", " ", "\t", ",,,", ", , ,", ",,", ",,,,,,", ";;;", ";", '"","","",""', "\r"]
)
def test_rows_of_nothing_are_skipped_and_counted(row: str) -> None:
    rows = read(f"{HEADER}{ROW}{row}\n{ROW}")
    assert lines(rows) == [2, 4]
    assert (rows.books.skipped, rows.books.rejected) == (1, 0)


@pytest.mark.parametrize("again", ["id,at,n,note", "id,at,n,note  ", "\ufeffid,at,n,note"])
def test_a_repeated_header_is_skipped_and_counted(again: str) -> None:
    rows = read(f"{HEADER}{ROW}{again}\n{ROW}")
    assert lines(rows) == [2, 4]
    assert (rows.books.skipped, rows.books.headers, rows.books.rejected) == (1, 1, 0)


def test_a_row_that_only_starts_like_the_header_is_a_row() -> None:
    dataset = small(columns=[*small().model_dump()["columns"][:2], {"name": "note"}],
                    gold={"table": "t", "row_hash": ["note"]})  # fmt: skip
    assert reasons(read("id,at,note\nid,at,nothing\n", dataset)) == {
        2: ["INVALID_TIMESTAMP_FORMAT:at"]
    }


def test_the_mark_of_a_file_that_was_appended_is_no_part_of_an_id() -> None:
    rows = read(f"{HEADER}{ROW}\ufeffb,2025-01-02,1,x\n\ufeff,2025-01-02,1,x\n")
    assert rows.good["id"].to_list() == ["a", "b"]
    assert reasons(rows) == {4: ["MISSING_REQUIRED_COLUMN:id"]}


def test_undecodable_bytes_cost_only_their_row_which_keeps_them() -> None:
    content = f"{HEADER}é,2025-01-02,1,ü\n".encode() + b"b,2025-01-02,1,\xff\xfe\n" + ROW.encode()
    rows = read(content)
    assert lines(rows) == [2, 4]
    assert reasons(rows) == {3: ["STRUCTURAL:undecodable bytes"]}
    assert rows.rejects["raw_row"].item().encode("latin-1") == b"b,2025-01-02,1,\xff\xfe"


def test_a_contract_may_have_a_single_column_besides_its_partition() -> None:
    columns = [{"name": "at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd"]}]
    dataset = small(columns=columns, key=["at"], gold={"table": "t", "row_hash": ["at"]})
    rows = read('at\n2025-01-02\n\n"2025-01-03"\n2025-01-04,\n', dataset)
    assert lines(rows) == [2, 4, 5]
    assert (rows.books.skipped, rows.books.rejected) == (1, 0)
