"""Damaged records: recovered exactly, or not at all."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.contracts import Dataset
from lake_assets.kernels.parsing.records import well_quoted
from lake_assets.kernels.recovery.candidates import LONGEST, candidates, choose, most_candidates
from lake_assets_tests.kernels.recovery.recovering import (
    AT,
    COLUMNS,
    DELIMITERS,
    RULES,
    TEXTS,
    TYPED,
    WORDED,
    contract,
    money,
    number,
    recover,
    text,
    typed,
    unshift,
)

DAY = datetime(2025, 1, 2)
GOOD = ("A-1", DAY, 5, Decimal("1040.00"), "blue")


def readings(row: str, width: int, delimiter: str = ",") -> list[tuple[Any, ...]]:
    """All candidates of one row, of which nothing is known: ``how`` and the cells."""
    found = candidates(_records([row]), width, delimiter, delimiters=DELIMITERS)
    assert set(found["record"]) <= {0}
    return found.drop("record", "unknown").rows()


def _records(rows: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"record": range(len(rows)), "raw_row": rows},
        schema={"record": pl.UInt32, "raw_row": pl.String},
    )


@pytest.mark.parametrize(
    ("row", "how"),
    [
        ("A-1;2025-01-02;5;1,040.00;blue", "another delimiter"),
        ("A-1|2025-01-02|5|$1,040.00|blue", "another delimiter"),
        ("A-1;2025-01-02;5;1040;", "another delimiter"),
        ('"A-1"\t"2025-01-02"\t"5"\t"1,040"\t"blue"', "another delimiter"),
        ("A-1,2025-01-02,5,1040,blue,", "trailing delimiters"),
        ("A-1,2025-01-02,5,1040,blue,,,", "trailing delimiters"),
        ("A-1,,2025-01-02,5,1040,blue", "a doubled delimiter"),
        (",A-1,2025-01-02,5,1040,blue", "a doubled delimiter"),
        ('A-1,2025-01-02,5,,1040,"blue"', "a doubled delimiter"),
        ("A-1,2025-01-025,1040,blue", "a missing delimiter"),
        ('A-1"2025-01-02",5,1040,blue', "a missing delimiter"),
        ('A-1,"2025-01-02""5",1040,blue', "a missing delimiter"),
        ('"A-1,2025-01-02,5,1040,"blue"', "a stray quote"),
        ('A-1,2025-01-02,5,"1040,blue', "a stray quote"),
        ('A-1,2025-01-02,5",1040,blue', "a stray quote"),
        ('A-1,2025-01-02,5,""1040",blue', "a stray quote"),
        ('A-1,2025-01-02,5,"1,040,"blue"', "a missing quote"),
        ('A-1,2025-01-02,5,1,040","blue"', "a missing quote"),
        ('A-1, "2025-01-02" ,5, "1,040",blue', "blanks beside quotes"),
        ("'A-1','2025-01-02','5','1,040','blue'", "single quotes"),
    ],
)
def test_a_typed_contract_recovers_the_row_exactly(row: str, how: str) -> None:
    [found] = recover([row])
    assert found is not None
    values = found[1:] if found[-1] is not None else (*found[1:-1], "blue")
    assert (found[0], values) == (how, GOOD)


@pytest.mark.parametrize(
    ("cell", "note", "how"),
    [
        ('"12\\" pipe"', '12" pipe', "backslash escapes"),
        ('"say \\"hi\\", you"', 'say "hi", you', "backslash escapes"),
        ('"say "hi" you"', 'say "hi" you', "unescaped quotes"),
        ('"say "hi, you" now"', 'say "hi, you" now', "unescaped quotes"),
        (' "a, ""b"""', 'a, "b"', "blanks beside quotes"),
        ('"a\nb" ', "a\nb", "blanks beside quotes"),
    ],
)
def test_quotes_within_quotes_are_recovered(cell: str, note: str, how: str) -> None:
    assert recover([f"A-1,2025-01-02,5,1040,{cell}"]) == [(how, *GOOD[:4], note)]


@pytest.mark.parametrize(
    "row",
    [
        'A-1,2025-01-02,5,1040,12" pipe',
        'A-1,2025-01-02,5,1040,"12" pipe"',
        'A-1,2025-01-02,5,1040,"blue',
        '"A-1,2025-01-02,5,1040,blue',
        'A-1,2025-01-02,5,1040,"',
        'A-1,2025-01-02,5,1040,""blue"',
        'A-1,2025-01-02,5,1040,"a \\\\" b"',
        "A-1,2025-01-02,5,1040,'red, blue'",
    ],
)
def test_a_quote_that_may_be_text_or_stray_is_not_guessed(row: str) -> None:
    assert recover([row]) == [None]


@pytest.mark.parametrize(
    "row",
    [
        "A-1,2025-01-02,5,1040",
        "A-1,2025-01-02,5,",
        "A-1,2025-01-02,5",
        'A-1,2025-01-02,5,"1040"',
        'A-1,2025-01-02,5,"1,04',
        'A-1,2025-01-02,5,1040,"blu',
        "A-1,2025-01-02,12,blue",
        "A-1,2025-01-02,1040,5 pieces",
        '"A-1","2025-01-02","5","12"" pipe"',
        "A-1,2025-01-02,512..5,blue",
    ],
)
def test_a_row_that_may_have_lost_a_value_is_not_made_whole(row: str) -> None:
    assert recover([row]) == [None]


@pytest.mark.parametrize(
    "row",
    [
        "2025-01-02,x,y,z,w,v",
        "2025-01-02,x,,y,z,w",
        "2025-01-02,x,y,z",
        "2025-01-02,x,yz,w",
        "2025-01-02,x,y,,,,",
        '2025-01-02,x,y,"z,w',
        "2025-01-02,x,'y, z',w,v",
    ],
)
def test_a_contract_of_texts_does_not_guess(row: str) -> None:
    assert recover([row], TEXTS) == [None]
    assert len(readings(row, 5)) != 1


@pytest.mark.parametrize(
    "row", ["5,a,b,7,8", "x,1,040,2", "12,2025-01-02", "1,2,2025-01-02,2025-01-02"]
)
def test_readings_that_differ_leave_the_row_rejected(row: str) -> None:
    assert recover([row], contract(text("a"), number("n"), AT)) == [None]


def test_the_rules_of_a_contract_decide_too() -> None:
    columns = (AT, number("n", True), money("price", True), money("total", True))
    row = "2025-01-02,100100,2,200,200"
    assert recover([row], contract(*columns)) == [None]
    assert recover([row], contract(*columns, rules=["total = n * price"])) == [
        ("an unquoted delimiter in a cell", DAY, 100100, Decimal(2), Decimal(200200))
    ]


@pytest.mark.parametrize(
    "row", ['A-1,2025-01-02,5,$1,040.00,"blue"', "A-1,2025-01-02,5,1,040.00,blue"]
)
def test_surplus_cells_are_divided_text_only_where_they_can_be_no_fields(row: str) -> None:
    assert recover([row]) == [None]
    assert recover([row], WORDED) == [("an unquoted delimiter in a cell", *GOOD)]


@pytest.mark.parametrize(
    "row",
    [
        "A-1,2025-01-02,5,1040,blue,EXTRA",
        "A-1,2025-01-02,5,1040,blue,EXTRA,X9",
        "A-1,2025-01-02,5,1040,blue,EXTRA,",
        "A-1,2025-01-02,5,1040,,EXTRA,,",
    ],
)
def test_fields_that_nobody_asked_for_are_not_read_as_text(row: str) -> None:
    assert recover([row]) == [None]
    assert recover([row], WORDED) == [None]


def test_fields_before_a_row_are_not_read_as_text() -> None:
    dataset = contract(text("id"), AT, number("n"))
    assert recover(["7,A-1,2025-01-02,5"], dataset) == [None]
    assert recover([",A-1,2025-01-02,5"], dataset) == [("a doubled delimiter", "A-1", DAY, 5)]


def test_each_surplus_delimiter_may_have_a_cause_of_its_own() -> None:
    filled = contract(*COLUMNS[:-1], text("note", True), rules=RULES)
    assert recover(['A-1,2025-01-02,1,005,,1,040.00,"blue"'], filled) == [
        (
            "an unquoted delimiter in a cell and a doubled delimiter and "
            "an unquoted delimiter in a cell",
            "A-1", DAY, 1005, Decimal(1040), "blue",
        )
    ]  # fmt: skip


def test_a_record_does_not_depend_on_the_others() -> None:
    rows = [
        "A-1;2025-01-02;5;1040;blue", "A-1,2025-01-02,5,1,040,blue", 'A-1,"2025-01-02,5,1040,blue',
        "A-1,2025-01-025,1040,blue", "A-1,2025-01-02,5,1040,,,", "nothing",
        'A-1, "2025-01-02",5,1,x',
    ]  # fmt: skip
    alone = [recover([row])[0] for row in rows]
    assert recover(rows) == alone
    assert recover(rows[::-1]) == alone[::-1]
    assert recover(rows * 1000) == alone * 1000


def test_readings_are_given_once_in_the_order_of_the_records() -> None:
    rows = ["a,,,b,", "a;b;c", "x,y,z,w"]
    found = candidates(_records(rows), 3, ",", delimiters=DELIMITERS)
    assert found["record"].is_sorted()
    assert found["record"].unique().to_list() == [0, 1, 2]
    assert not found.select(
        pl.struct(pl.all().exclude("how", "unknown")).is_duplicated().any()
    ).item()
    assert found.columns == ["record", "how", "unknown", "cell_0", "cell_1", "cell_2"]
    assert found.schema == candidates(_records([]), 3, ",", delimiters=DELIMITERS).schema


@pytest.mark.parametrize(
    "row",
    [
        "x" * (LONGEST + 1),
        "," * 10_000,
        ", " * 5_000,
        '"' * 9_999,
        '",' * 5_000,
        " " * 10_000 + '"',
        '"a ' * 3_000,
        "'," * 5_000,
        '\\",' * 3_000,
        "a," * 8 + "b" * 10_000,
    ],
)
def test_a_record_that_could_be_nearly_anything_is_given_up(row: str) -> None:
    found = candidates(_records([row]), 10, ",", delimiters=DELIMITERS)
    assert found["how"].drop_nulls().is_empty()
    assert found.height <= 1
    assert len(readings(row[:12], 10)) <= most_candidates(10)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(
        st.text("ab1.,;|\t'\"\\ \n\r\ufeff\ufdd0é", max_size=30) | st.text(max_size=20), max_size=4
    ),
    st.integers(1, 6),
    st.sampled_from([*DELIMITERS, " ", "'", "\\", ".", "-", "^", "]"]),
)
def test_any_text_has_readings_of_the_right_form(
    rows: list[str], width: int, delimiter: str
) -> None:
    found = candidates(_records(rows), width, delimiter, delimiters=[*DELIMITERS, delimiter])
    cells = found.select(pl.col("^cell_.*$"))
    assert cells.width == width
    assert cells.null_count().sum_horizontal().sum() == 0
    assert found.group_by("record").len()["len"].max() in {None, *range(most_candidates(width) + 1)}


CONTRACTS = [
    TYPED,
    contract(
        text("id", True), AT, number("n", True), money("price", True), money("total", True),
        text("payment"), text("customer"), rules=["abs(total - n * price) <= 0.01"],
    ),
    contract(text("id"), AT, number("n"), money("price"), text("note"), number("m"), text("tag")),
    TEXTS,
    contract(AT, text("note")),
]  # fmt: skip
DAMAGES = [
    "never quoted", "one never quoted", "delimiter more", "delimiter less", "quote more",
    "quote less", "other delimiter", "trailing", "unescaped", "backslashes", "blanks", "cut",
    "cell less",
]  # fmt: skip
WORDS = [
    "red",
    "a, b",
    "x;y",
    '12" pipe',
    'say "hi" you',
    "it's",
    "'tis",
    "5",
    "1,200",
    "$5",
    "p\nq",
]


@st.composite
def damaged_rows(draw: st.DrawFn) -> tuple[Dataset, str, list[str], str]:
    """A contract, a delimiter, cells that fit the contract, and their row with one damage."""
    dataset = draw(st.sampled_from(CONTRACTS))
    delimiter = draw(st.sampled_from(",;"))
    n, cents = draw(st.sampled_from([1, 5, 12, 1234])), draw(st.sampled_from([100, 250, 104000]))
    cells = []
    for column in dataset.columns:
        if not column.required and draw(st.booleans()):
            cells.append("")
        elif column.name == "id":
            cells.append(draw(st.sampled_from(["A-1", "B-22"])))
        elif column.type == "string":
            cells.append(draw(st.sampled_from(WORDS)))
        elif column.type == "timestamp":
            cells.append("2025-01-02")
        elif column.type == "integer":
            cells.append(draw(st.sampled_from([str(n), f"{n:,}"])))
        else:
            amount = cents * (n if column.name == "total" else 1) / 100
            cells.append(draw(st.sampled_from([f"{amount:.2f}", f"${amount:,.2f}"])))
    mode = draw(st.sampled_from(["all", "some", "few"]))
    quoted = [
        mode == "all"
        or (mode == "some" and draw(st.booleans()))
        or set(cell) & {delimiter, '"', "\n"}
        for cell in cells
    ]
    tokens = [
        '"' + cell.replace('"', '""') + '"' if quote else cell
        for cell, quote in zip(cells, quoted, strict=True)
    ]
    return dataset, delimiter, cells, _damage(draw, cells, tokens, delimiter)


def _damage(draw: st.DrawFn, cells: list[str], tokens: list[str], delimiter: str) -> str:
    row = delimiter.join(tokens)
    edges = [len(delimiter.join(tokens[:at])) for at in range(1, len(tokens))]
    place = draw(st.integers(0, len(row)))
    cell = draw(st.integers(0, len(cells) - 1))
    quotes = [at for at, sign in enumerate(row) if sign == '"'] or [len(row)]
    quote = quotes[draw(st.integers(0, len(quotes) - 1))]
    edge = draw(st.sampled_from(edges))
    match draw(st.sampled_from(DAMAGES)):
        case "never quoted":
            return delimiter.join(cells)
        case "one never quoted":
            return delimiter.join([*tokens[:cell], cells[cell], *tokens[cell + 1 :]])
        case "delimiter more":
            return row[:edge] + delimiter + row[edge:]
        case "delimiter less":
            return row[:edge] + row[edge + 1 :]
        case "quote more":
            return row[:place] + '"' + row[place:]
        case "quote less":
            return row[:quote] + row[quote + 1 :]
        case "other delimiter":
            written = io.StringIO()
            csv.writer(written, delimiter="|", lineterminator="").writerow(cells)
            return written.getvalue()
        case "trailing":
            return row + delimiter * draw(st.integers(1, 3))
        case "unescaped":
            return delimiter.join(token[:1] + token[1:].replace('""', '"') for token in tokens)
        case "backslashes":
            return delimiter.join(token[:1] + token[1:].replace('""', '\\"') for token in tokens)
        case "blanks":
            return (delimiter + " ").join(tokens)
        case "cut":
            return row[: max(1, len(row) - draw(st.integers(1, 12)))]
        case _:
            return delimiter.join(tokens[:cell] + tokens[cell + 1 :])


def is_damaged(row: str, delimiter: str, width: int) -> bool:
    """Whether a reader of RFC 4180 does not find ``width`` cells in a row."""
    if pl.Series([row]).str.contains(well_quoted(delimiter)).item():
        return len(next(csv.reader(io.StringIO(row, newline=""), delimiter=delimiter), [])) != width
    return True


def recovered_or_rejected(example: tuple[Dataset, str, list[str], str]) -> None:
    dataset, delimiter, cells, row = example
    if not is_damaged(row, delimiter, len(cells)) or not row.strip(' ",;'):
        return
    names = {f"cell_{at}": cell for at, cell in enumerate(cells)}
    whole = pl.DataFrame([{"record": 0, "how": "", "unknown": None, **names}])
    truth = typed(whole.with_columns(pl.col("unknown").cast(pl.List(pl.Int64))), dataset)
    if not truth["fits"].item():
        return
    values = truth.drop("record", "how", "fits").row(0)
    [found] = recover([row], dataset, delimiter)
    assert found is None or found[1:] == values, found


@settings(derandomize=True, max_examples=80, deadline=None)
@given(damaged_rows())
def test_a_damaged_row_is_recovered_exactly_or_rejected(
    example: tuple[Dataset, str, list[str], str],
) -> None:
    recovered_or_rejected(example)


@pytest.mark.fuzz
@settings(max_examples=800, deadline=None)
@given(damaged_rows())
def test_many_damaged_rows_are_recovered_exactly_or_rejected(
    example: tuple[Dataset, str, list[str], str],
) -> None:
    recovered_or_rejected(example)


@pytest.mark.parametrize(
    ("row", "values"),
    [
        (["", "A-1", "2025-01-02", "5", "1040"], ("shifted cells", *GOOD[:4], None)),
        (["'A-1'", "'2025-01-02'", "'5'", "'1040'", "'x''s'"], ("single quotes", *GOOD[:4], "x's")),
        (["A-1", "2025-01-02", "x", "1040", ""], None),
        (["A-1", "2025-01-02", "5", "red", ""], None),
        (["'A-1'", "2025-01-02", "5", "1040", "blue"], None),
    ],
)  # fmt: skip
def test_cells_that_moved_by_one_are_moved_back(
    row: list[str], values: tuple[Any, ...] | None
) -> None:
    assert unshift(row) == values


def test_cells_that_may_have_moved_less_far_stay_where_they_are() -> None:
    dataset = contract(text("a", True), text("b"), AT, text("c"), number("n"))
    assert unshift(["", "x", "y", "2025-01-02", "5"], dataset) is None
    dataset = contract(text("a"), AT, number("n"), text("note"))
    assert unshift(["2025-01-02", "5", "x", ""], dataset) == ("shifted cells", None, DAY, 5, "x")


def choice(*rows: tuple[int, str | None, int | None, bool | None]) -> list[tuple[Any, ...]]:
    schema = {"record": pl.UInt32, "how": pl.String, "n": pl.Int64, "fits": pl.Boolean}
    return choose(pl.DataFrame(rows, schema=schema, orient="row"), ["n"]).drop("fits").rows()


def test_the_first_of_the_fitting_readings_is_chosen_where_all_agree() -> None:
    assert choice((0, "a", 1, True), (0, "b", 1, True), (0, "c", 2, False)) == [(0, "a", 1)]
    assert choice((0, "a", None, True), (0, "b", None, True)) == [(0, "a", None)]


def test_none_is_chosen_where_readings_differ_or_none_fits() -> None:
    assert choice((0, "a", 1, True), (0, "b", 2, True)) == []
    assert choice((0, "a", 1, True), (0, "b", None, True)) == []
    assert choice((0, "a", 1, False), (1, "b", 1, None)) == []
    assert choice() == []


def test_a_reading_that_casts_doubt_stops_the_others_only_where_it_fits() -> None:
    assert choice((0, "a", 1, True), (0, None, 1, True)) == []
    assert choice((0, "a", 1, True), (0, None, 2, False)) == [(0, "a", 1)]


def test_the_chosen_stand_in_the_order_of_the_records() -> None:
    assert [row[0] for row in choice((1, "a", 1, True), (2, "a", 1, True), (5, "b", 2, True))] == [
        1,
        2,
        5,
    ]
