"""A contract's rules, evaluated."""

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.contracts import Column, ColumnType, Severity
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.kernels.values.rules import to_polars
from lake_assets_tests.kernels.reading import lines, read, reasons, with_column, with_rule

ROWS = pl.DataFrame(
    {
        "n": [5, 0, None],
        "price": pl.Series(["0.10", "-2.50", None]).cast(pl.Decimal(18, 2)),
        "note": ["Abc", " x.y ", None],
        "flag": [True, False, None],
        "at": pl.Series(["2025-01-02", "2025-01-03", None]).str.to_datetime("%Y-%m-%d"),
    }
)

COLUMNS = [
    Column(name="n", type=ColumnType.INTEGER),
    Column(name="price", type=ColumnType.DECIMAL),
    Column(name="note"),
    Column(name="flag", type=ColumnType.BOOLEAN),
    Column(name="at", type=ColumnType.TIMESTAMP, formats=["yyyy-MM-dd"]),
]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("n > 0", [True, False, None]),
        ("n <> 5", [False, True, None]),
        ("-n < 0", [True, False, None]),
        ("NOT n > 0", [False, True, None]),
        ("n IS NULL", [False, False, True]),
        ("n IS NOT NULL", [True, True, False]),
        ("n = NULL", [None, None, None]),
        ("n IN (1, 5)", [True, False, None]),
        ("n NOT IN (1, 5)", [False, True, None]),
        ("n BETWEEN 0 AND 4", [False, True, None]),
        ("n NOT BETWEEN 0 AND 4", [True, False, None]),
        ("n > 0 OR n IS NULL", [True, False, True]),
        ("n > 0 AND flag", [True, False, None]),
        ("10 / n > 1", [True, None, None]),
        ("price / n > -1", [True, None, None]),
        ("price * n = 0.5", [True, False, None]),
        ("abs(price) <= 0.1", [True, False, None]),
        ("price + 0.001 > 0.1", [True, False, None]),
        ("price > 1e-3", [True, False, None]),
        ("note LIKE 'A%'", [True, False, None]),
        ("note NOT LIKE 'A%'", [False, True, None]),
        ("note LIKE '_x.y_'", [False, True, None]),
        ("note LIKE '%.%'", [False, True, None]),
        ("regexp_like(note, '^[A-Z]')", [True, False, None]),
        ("length(trim(note)) = 3", [True, True, None]),
        ("upper(note) = 'ABC'", [True, False, None]),
        ("lower(note) IN ('abc', 'x')", [True, False, None]),
        ("coalesce(note, '') = ''", [False, False, True]),
        ("coalesce(n, 0) = 0", [False, True, True]),
        ("flag", [True, False, None]),
        ("flag IS TRUE", [True, False, False]),
        ("flag IS NOT TRUE", [False, True, True]),
        ("flag = FALSE", [False, True, None]),
        ("at IS NOT NULL", [True, True, False]),
        ("at <= at", [True, True, None]),
    ],
)
def test_an_expression_means_what_sql_means_by_it(
    expression: str, values: list[bool | None]
) -> None:
    assert ROWS.select(to_polars(expression, COLUMNS)).to_series().to_list() == values


def numbers(**texts: tuple[str, int, int]) -> tuple[pl.DataFrame, list[Column]]:
    """One row of decimals, each a text, a precision and a scale."""
    row = pl.DataFrame(
        {name: pl.Series([text]).cast(pl.Decimal(p, s)) for name, (text, p, s) in texts.items()}
    )
    columns = [
        Column(name=name, type=ColumnType.DECIMAL, precision=p, scale=s)
        for name, (_, p, s) in texts.items()
    ]
    return row, columns


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("a * b = 0.000005", True),  # rounded to the longer scale it would be 0.000
        ("a * b = 0", False),
        ("a * b > 0", True),
        ("abs(d - a * b) <= 0.01", False),  # 0.010005
        ("d - a * b = 0.010005", True),
        ("a / c = 0.332", False),  # 0.33222...
        ("a / c * c = a", True),
        ("1 / c > 66.4451", True),  # 66.44518...
        ("1 / c < 66.4452", True),
        ("a / -c < 0", True),
        ("a / (c - c) > 0", None),
        ("coalesce(a / (c - c), b) = b", True),
        ("a / (c - c) IS NULL", True),
        ("a / c IN (1, a / c)", True),
        ("a / c BETWEEN 0.3322 AND 0.3323", True),
        ("a / c IS NOT 0.332", True),
    ],
)
def test_no_rounding_flips_a_verdict(expression: str, holds: bool | None) -> None:
    rows, columns = numbers(
        a=("0.005", 18, 3), b=("0.001", 18, 3), c=("0.01505", 18, 5), d=("0.01001", 18, 5)
    )
    assert rows.select(to_polars(expression, columns)).to_series().to_list() == [holds]


def test_the_largest_numbers_a_contract_allows_are_calculated_with() -> None:
    nines = "9" * 16 + ".99"
    rows, columns = numbers(a=(nines, 18, 2), b=(nines, 18, 2), c=("-" + nines, 18, 2))
    rows = rows.with_columns(n=pl.lit(2**63 - 1))
    columns.append(Column(name="n", type=ColumnType.INTEGER))
    digits = str((10**18 - 1) ** 2)
    product = f"{digits[:-4]}.{digits[-4:]}"
    for expression, holds in [
        (f"a * b = {product}", True),
        (f"a * b < {product}", False),
        (f"c * b = -{product}", True),
        ("a * b - b * a = 0", True),
        ("a / b = 1 AND a / c = -1", True),
        ("abs(c * n) > a * 9223372036854775806", True),
    ]:
        assert rows.select(to_polars(expression, columns)).to_series().to_list() == [holds]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    a=st.integers(-(10**18) + 1, 10**18 - 1),
    b=st.integers(-(10**18) + 1, 10**18 - 1),
    c=st.integers(-(10**18) + 1, 10**18 - 1),
)
def test_a_verdict_is_that_of_fractions(a: int, b: int, c: int) -> None:
    rows = pl.DataFrame(
        {
            name: pl.Series([value], dtype=pl.Decimal(18, 0)).cast(pl.String)
            for name, value in (("a", a), ("b", b), ("c", c))
        }
    ).select(pl.all().cast(pl.Decimal(18, 0)))
    columns = [
        Column(name=name, type=ColumnType.DECIMAL, precision=18, scale=0) for name in rows.columns
    ]
    for expression, holds in [
        ("a * b <= c", a * b <= c),
        ("a - b * 0.5 > c", Fraction(a) - Fraction(b, 2) > c),
        ("a / b < c", Fraction(a, b) < c if b else None),
        ("a / b = c / b", a == c if b else None),
        ("a / b >= c / 7", Fraction(a, b) >= Fraction(c, 7) if b else None),
    ]:
        assert rows.select(to_polars(expression, columns)).to_series().to_list() == [holds]


@pytest.mark.parametrize("rule", ["n > 0", "abs(n - 1) <= 0.01", "NOT n = 7", "n IN (1, 2)"])
def test_an_unparseable_number_is_rejected_and_never_vanishes_in_a_rule(rule: str) -> None:
    rows = read("id,at,n,note\na,2025-01-02,1,x\nb,2025-01-02,one,x\n", with_rule(rule))
    assert lines(rows) == [2]
    assert reasons(rows) == {3: ["INVALID_NUMBER:n", "BUSINESS_LOGIC_FAIL:r"]}
    assert rows.books.unaccounted == 0


def test_a_row_that_breaks_a_rule_keeps_its_raw_text_and_its_values() -> None:
    rows = read("id,at,n,note\nb, 2025-01-02,-1,x\n", with_rule("n > 0", reason="NOT_POSITIVE"))
    record = rows.rejects.row(0, named=True)
    assert record["raw_row"] == "b, 2025-01-02,-1,x"
    assert (record["n"], record["reject_reason"]) == (-1, "NOT_POSITIVE:r")


def test_all_broken_rules_of_a_row_are_reported_in_order() -> None:
    dataset = with_rule("n > 0")
    rows = read("id,at,n,note\n,2019-12-31,2.5,x\n,31/02/2025,-1,x\n", dataset)
    assert reasons(rows) == {
        2: [
            "MISSING_REQUIRED_COLUMN:id",
            "INVALID_NUMBER:n",
            "BUSINESS_LOGIC_FAIL:r",
            "BUSINESS_LOGIC_FAIL:event_date_in_range",
        ],
        3: ["MISSING_REQUIRED_COLUMN:id", "INVALID_TIMESTAMP_FORMAT:at", "BUSINESS_LOGIC_FAIL:r"],
    }


def test_a_row_of_the_wrong_width_is_structural_and_nothing_else() -> None:
    rows = read("id,at,n,note\na,b\n", with_rule("n > 0"))
    assert reasons(rows) == {2: ["STRUCTURAL:too few cells"]}


def test_a_rule_that_warns_keeps_the_row_and_counts_it() -> None:
    dataset = with_rule("n > 0", severity=Severity.WARN)
    content = "id,at,n,note\na,2025-01-02,-1,x\nb,2025-01-02,,x\nc,2025-01-02,1,\n,2025-01-02,0,\n"
    rows = read(content, dataset)
    assert lines(rows) == [2, 3, 4]
    assert rows.books.warnings == {"BUSINESS_LOGIC_FAIL:r": 2}, "of the good rows"


def test_a_rule_that_fails_refuses_the_whole_file_and_names_the_line() -> None:
    dataset = with_rule("n > 0", severity=Severity.FAIL)
    with pytest.raises(
        FileRefusedError, match=r"rule r .*in 2 rows, the first in line 3"
    ) as refused:
        read("id,at,n,note\na,2025-01-02,1,\nb,2025-01-02,0,\nc,2025-01-02,,\n", dataset)
    assert refused.value.reason == "rule_failed"
    assert lines(read("id,at,n,note\na,2025-01-02,1,\n", dataset)) == [2]


@pytest.mark.parametrize(
    ("day", "good"),
    [("2019-12-31", 0), ("2020-01-01", 1), ("2026-01-01 23:59:59", 1), ("2026-01-02", 0)],
)
def test_a_date_out_of_range_is_rejected(day: str, good: int) -> None:
    rows = read(f"id,at,n,note\na,{day},1,\n")
    assert rows.books.good == good
    assert reasons(rows) == ({} if good else {2: ["BUSINESS_LOGIC_FAIL:event_date_in_range"]})


def test_booleans_are_read_and_a_word_that_is_none_is_rejected() -> None:
    cells = ["true", "Y", "1", "No", "F", "", "maybe", "2"]
    content = "id,at,flag\n" + "".join(f"a,2025-01-02,{cell}\n" for cell in cells)
    rows = read(content, with_column("flag", type="boolean"))
    assert rows.good["flag"].to_list() == [True, True, True, False, False, None]
    assert reasons(rows) == {8: ["INVALID_BOOLEAN:flag"], 9: ["INVALID_BOOLEAN:flag"]}


@pytest.mark.parametrize("name", ["kind", "damage", "span", "quotes", "day", "len", "at_what"])
def test_a_column_may_have_any_name_that_a_contract_accepts(name: str) -> None:
    rows = read(f"id,at,{name}\na,2025-01-02,x\n\nb,2025-01-02\n", with_column(name))
    assert rows.good[name].to_list() == ["x"]
    assert (rows.books.skipped, rows.books.rejected) == (1, 1)
