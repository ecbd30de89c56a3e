"""Dates without a time: as strict as timestamps, and Date in every table."""

import json
from datetime import date
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from lake_assets.contracts import Column, Dataset
from lake_assets.contracts.changes import Effect
from lake_assets.contracts.evolution import compare_datasets
from lake_assets.kernels.evolution import EvolutionError, evolve
from lake_assets.kernels.gold import gold_schema, to_gold
from lake_assets.kernels.rejects import to_csv, to_ndjson
from lake_assets.kernels.values.rules import to_polars
from lake_assets.kernels.values.timestamps import read_dates
from lake_assets_tests.kernels.reading import SMALL, read, read_files, reasons, small

BORN: dict[str, Any] = {
    "name": "born",
    "type": "date",
    "formats": ["yyyy-MM-dd", "MM/dd/yyyy", "dd/MM/yyyy", "d MMM yy"],
}
HEADER = "id,at,n,note,born\n"


def born(**changes: Any) -> Dataset:
    """The small contract with a date; ``changes`` replace keys of the contract."""
    return small(**{"columns": [*SMALL["columns"], BORN], **changes})


def dates(*texts: str) -> str:
    """A file with these dates."""
    rows = (f"{at},2025-01-02,1,x,{text}\n" for at, text in enumerate(texts))
    return HEADER + "".join(rows)


def test_a_date_is_read_by_its_formats_and_is_a_date() -> None:
    rows = read(dates("2001-02-28", "", "12/31/1999", "3 Feb 70"), born())
    assert rows.good.schema["born"] == pl.Date
    assert rows.good["born"].to_list() == [
        date(2001, 2, 28),
        None,
        date(1999, 12, 31),
        date(1970, 2, 3),
    ]


def test_what_is_no_date_or_has_a_time_is_rejected_with_its_text() -> None:
    rows = read(dates("2001-02-29", "2001-02-28 10:00", "soon"), born())
    assert reasons(rows) == {line: ["INVALID_DATE:born"] for line in (2, 3, 4)}
    assert rows.rejects["born_raw"].to_list() == ["2001-02-29", "2001-02-28 10:00", "soon"]
    assert rows.rejects["born_parsed"].to_list() == [None, None, None]


def test_day_and_month_are_told_by_the_other_dates_of_the_file_or_not_at_all() -> None:
    assert reasons(read(dates("03/04/2001"), born())) == {2: ["AMBIGUOUS_DATE:born"]}
    settled = read(dates("03/04/2001", "25/04/2001"), born())
    assert settled.good["born"].to_list() == [date(2001, 4, 3), date(2001, 4, 25)]
    same = read(dates("04/04/2001"), born())
    assert same.good["born"].to_list() == [date(2001, 4, 4)]
    named = read(dates("03/04/2001"), born(), name="people_2001-03-04.csv")
    assert named.good["born"].to_list() == [date(2001, 3, 4)]


def test_the_evidence_of_one_file_is_not_that_of_another() -> None:
    first, second = read_files(
        {"a.csv": dates("03/04/2001", "25/04/2001"), "b.csv": dates("03/04/2001", "04/25/2001")},
        born(),
    )
    assert first.good["born"][0] == date(2001, 4, 3)
    assert second.good["born"][0] == date(2001, 3, 4)


def test_readings_are_dates_whichever_way() -> None:
    column = Column.model_validate(BORN)
    found = read_dates(pl.Series("born", ["03/04/2001", None]), column)
    assert found.value.dtype == pl.Date
    assert found.alternatives["DM"].to_list() == [date(2001, 4, 3), None]
    assert found.alternatives["MD"].to_list() == [date(2001, 3, 4), None]


def test_rejects_tell_the_text_and_the_date_that_was_read() -> None:
    rows = read(f"{HEADER}1,2025-01-02,x,x,1 Jan 01\n", born())
    (record,) = map(json.loads, to_ndjson(rows.rejects).splitlines())
    assert (record["born_raw"], record["born_parsed"]) == ("1 Jan 01", "2001-01-01")
    table = pl.read_csv(to_csv(rows.rejects))
    assert table["born_parsed"].to_list() == ["2001-01-01"]


def test_gold_has_dates_and_the_hash_reads_them_in_iso() -> None:
    gold = {"table": "t", "row_hash": ["born"]}
    dataset = born(gold=gold)
    made = to_gold(read(dates("2001-02-28"), dataset).good, dataset)
    assert gold_schema(dataset)["born"] == pl.Date()
    text = born(gold=gold, columns=[*SMALL["columns"], {"name": "born"}])
    as_text = to_gold(read(dates("2001-02-28"), text).good, text)
    assert made["row_hash"].to_list() == as_text["row_hash"].to_list()


def test_rows_can_be_partitioned_by_a_date() -> None:
    required = {**BORN, "required": True}
    dataset = born(
        columns=[*SMALL["columns"], required], partition={"column": "born", "start": "2000-01-01"}
    )
    rows = read(dates("2001-02-28", "1999-12-31"), dataset)
    assert rows.books.dates == {"2001-02-28": 1}
    assert reasons(rows) == {3: ["BUSINESS_LOGIC_FAIL:event_date_in_range"]}


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"formats": []}, "a date needs at least one of `formats`"),
        ({"formats": ["yyyy-MM-dd HH:mm"]}, "has a time, HH mm, and a date has none"),
        ({"formats": ["yyyy-MM-dd['T'HH:mm:ss.SSSXXX]"]}, "has a time, HH mm ss SSS XXX"),
        ({"formats": ["yyyy-MM-ddXXX"]}, "has a time, XXX"),
        ({"timezone": "Europe/Paris"}, "`timezone` is for type timestamp, not date"),
        ({"fold": "later"}, "`fold` is for type timestamp, not date"),
    ],
)
def test_a_date_has_no_time(changes: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        Column.model_validate({**BORN, **changes})


def test_patterns_may_have_words_and_weekdays() -> None:
    column = Column.model_validate({**BORN, "formats": ["EEEE, d MMMM yyyy['!']", "yyyyMMdd"]})
    found = read_dates(pl.Series(["Friday, 1 March 2024!", "20240301"]), column).value
    assert found.to_list() == [date(2024, 3, 1)] * 2


VALUES = pl.DataFrame({"born": [date(2001, 1, 1), date(2002, 2, 2), None]})


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("born >= '2001-01-02'", [False, True, None]),
        ("'2002-02-02' = born", [False, True, None]),
        ("born BETWEEN '2001-01-01' AND '2001-12-31'", [True, False, None]),
        ("born IN ('2002-02-02', '2003-03-03')", [False, True, None]),
        ("born = born", [True, True, None]),
        ("coalesce(born, '1900-01-01') < '1950-01-01'", [False, False, True]),
        ("born IS NULL", [False, False, True]),
        ("born IS NOT NULL AND NOT born = '2001-01-01'", [False, True, False]),
    ],
)
def test_rules_compare_dates_with_dates_and_with_texts_that_are_one(
    expression: str, holds: list[bool | None]
) -> None:
    dataset = born(rules=[{"name": "r", "expression": expression}])
    found = VALUES.select(to_polars(expression, dataset.columns).alias("found"))["found"]
    assert found.to_list() == holds


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("born > '01/02/2001'", "'born' is a date but .* is text; .* Write a date as '2025-01-31'"),
        ("born > '2001-02-30'", r"these cannot be compared. Write a date as"),
        ("born > note", "'born' is a date but 'note' is text"),
        ("born < at", "'born' is a date but 'at' is a timestamp; these cannot be compared \\["),
        ("born > 20010101", "'born' is a date but '20010101' is a number"),
        ("at > '2001-01-01'", "'at' is a timestamp but .* is text"),
        ("born LIKE '2001%'", "is a date, where text is needed"),
        ("born + 1 > 2", "is a date, where a number is needed"),
    ],
)
def test_a_rule_that_compares_a_date_with_anything_else_says_so(
    expression: str, mistake: str
) -> None:
    with pytest.raises(ValidationError, match=mistake):
        born(rules=[{"name": "r", "expression": expression}])


@pytest.mark.parametrize(
    "other",
    [
        {"name": "born"},
        {"name": "born", "type": "timestamp", "formats": ["yyyy-MM-dd"]},
        {"name": "born", "type": "integer"},
    ],
)
def test_a_date_becomes_no_other_type_and_none_becomes_a_date(other: dict[str, Any]) -> None:
    one, two = born(), born(columns=[*SMALL["columns"], other])
    for old, new in ((one, two), (two, one)):
        found = {change.where: change.effect for change in compare_datasets(old, new)}
        assert found["columns.born.type"] is Effect.REPLAY
        rows = read(dates(""), old).good
        with pytest.raises(EvolutionError, match="values could be lost"):
            evolve(rows, new)


def test_dates_that_are_there_are_read_as_they_are() -> None:
    rows = read(dates("2001-02-28"), born()).good
    assert evolve(rows, born(contract_version="2"))["born"].to_list() == [date(2001, 2, 28)]
