"""Text to instants, and the evidence that settles ambiguous ones."""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.timestamps import (
    Evidence,
    date_in_name,
    is_ambiguous,
    parse_timestamps,
    settle,
)
from lake_assets_tests.kernels.reading import lines, read, reasons, retail, small

FORMATS = retail().column("timestamp").formats
SLASHES = ["MM/dd/yyyy", "dd/MM/yyyy"]


def parse(
    texts: Sequence[str | None], formats: Sequence[str] = FORMATS, named: date | None = None
) -> list[datetime | None]:
    readings, evidence = parse_timestamps(pl.Series(texts, dtype=pl.String), formats, named)
    return settle(readings, evidence).to_list()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-01-31", datetime(2025, 1, 31)),
        ("2025-01-31 9:05", datetime(2025, 1, 31, 9, 5)),
        ("2025-01-31 09:05", datetime(2025, 1, 31, 9, 5)),
        ("2025-01-31 09:05:07", datetime(2025, 1, 31, 9, 5, 7)),
        ("2025/01/31 23:59:59", datetime(2025, 1, 31, 23, 59, 59)),
        ("01/31/2025", datetime(2025, 1, 31)),
        ("31/01/2025 0:00", datetime(2025, 1, 31)),
        ("06/30/2025 12:45PM", datetime(2025, 6, 30, 12, 45)),
        ("06/30/2025 12:45am", datetime(2025, 6, 30, 0, 45)),
        ("31-01-25 08:30", datetime(2025, 1, 31, 8, 30)),
        ("2025-01-31T08:30", datetime(2025, 1, 31, 8, 30)),
        ("2025-01-31T08:30:15.25", datetime(2025, 1, 31, 8, 30, 15, 250000)),
        ("2025-01-31T08:30:15.123456789", datetime(2025, 1, 31, 8, 30, 15, 123456)),
        ("2025-01-31T08:30:15Z", datetime(2025, 1, 31, 8, 30, 15)),
        ("2025-01-31T00:30:15+02:00", datetime(2025, 1, 30, 22, 30, 15)),
        ("2025-01-31T00:30-0530", datetime(2025, 1, 31, 6)),
        ("20250131 083015", datetime(2025, 1, 31, 8, 30, 15)),
        ("20250131", datetime(2025, 1, 31)),
        ("2024-02-29", datetime(2024, 2, 29)),
    ],
)
def test_each_format_of_the_retail_contract_is_read(text: str, instant: datetime) -> None:
    assert parse([text]) == [instant]


@pytest.mark.parametrize(
    "text",
    [
        "2024/02/30 25:61", "2024-13-01 00:00", "06/31/2024 12:00", "2025-02-29",
        "2025-01-31 24:00",
        "2025-01-31 24:00:00", "2025-12-31 23:59:60", "2025-01-31 12:60", "0000-01-01",
        "10000-01-01",
        "2025-00-10", "2025-01-00", "06/12/2025 13:45PM", "06/12/2025 00:45PM", "2025-1-1",
        "2025-01-31T08:30z", "2025-01-31T08:30+24:00", "2025-01-31T08:30+99:99", "1735689600",
        "45000",
        "٢٠٢٥-٠١-٣١", "２０２５-01-31", "2025-01-31 ", "x2025-01-31", "2025-01-31\n", "tomorrow",
        "31/01/25", "2025-01-31 10", "2025-01-31 10:5",
    ],
)  # fmt: skip
def test_what_is_no_instant_in_any_of_the_formats_is_null(text: str) -> None:
    assert parse([text]) == [None]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("01-02-68 00:00", datetime(2068, 2, 1)),
        ("01-02-69 00:00", datetime(1969, 2, 1)),
        ("01-02-70 00:00", datetime(1970, 2, 1)),
        ("01-02-99 00:00", datetime(1999, 2, 1)),
        ("29-02-00 00:00", datetime(2000, 2, 29)),
    ],
)
def test_two_digits_of_a_year_are_read_as_posix_does(text: str, instant: datetime) -> None:
    assert parse([text]) == [instant]


def test_a_day_above_twelve_anywhere_in_the_column_settles_all_of_it() -> None:
    assert parse(["03/04/2025", None, "25/04/2025 10:00"]) == [
        datetime(2025, 4, 3), None, datetime(2025, 4, 25, 10),
    ]  # fmt: skip
    assert parse(["03/04/2025", "04/25/2025"]) == [datetime(2025, 3, 4), datetime(2025, 4, 25)]


def test_the_date_in_the_files_name_settles_what_the_column_leaves_open() -> None:
    assert parse(["03/04/2025", "05/06/2025"], named=date(2025, 4, 3)) == [
        datetime(2025, 4, 3), datetime(2025, 6, 5),
    ]  # fmt: skip
    assert parse(["03/04/2025"], named=date(2025, 3, 4)) == [datetime(2025, 3, 4)]
    assert parse(["03/04/2025"], named=date(2025, 9, 9)) == [None]


def test_the_columns_evidence_outranks_the_names() -> None:
    texts = ["03/04/2025", "25/04/2025"]
    assert parse(texts, named=date(2025, 3, 4))[0] == datetime(2025, 4, 3)


def test_contradictory_evidence_settles_nothing_but_costs_only_the_open_ones() -> None:
    assert parse(["03/04/2025", "25/04/2025", "04/26/2025", "05/05/2025", "2025-01-01"]) == [
        None, datetime(2025, 4, 25), datetime(2025, 4, 26), datetime(2025, 5, 5),
        datetime(2025, 1, 1),
    ]  # fmt: skip
    contradictory_name = ["03/04/2025", "04/03/2025", "01/02/2025"]
    assert parse(contradictory_name, named=date(2025, 4, 3)) == [None] * 3


@pytest.mark.parametrize("text", ["06/31/2024", "31/31/2024", "00/00/2024", "13/13/2024"])
def test_a_date_that_is_none_in_either_order_is_no_evidence(text: str) -> None:
    readings, evidence = parse_timestamps(pl.Series([text]), SLASHES, None)
    assert evidence == Evidence()
    assert readings.null_count().row(0) == (1, 1, 1)


def test_rows_say_whether_a_timestamp_is_invalid_or_ambiguous() -> None:
    rows = read("id,at,n,note\na,03/04/2025,1,\nb,2025-02-30,1,\nc,,1,\nd,2025-01-01,1,\n")
    assert reasons(rows) == {
        2: ["AMBIGUOUS_TIMESTAMP:at"],
        3: ["INVALID_TIMESTAMP_FORMAT:at"],
        4: ["MISSING_REQUIRED_COLUMN:at"],
    }
    assert rows.rejects["at_raw"].to_list() == ["03/04/2025", "2025-02-30", None]
    assert lines(read("id,at,n,note\na,03/04/2025,1,\n", name="sales_2025-04-03.csv")) == [2]


def test_each_column_is_settled_by_its_own_evidence() -> None:
    columns = [
        {"name": "id", "required": True},
        {"name": "at", "type": "timestamp", "required": True, "formats": SLASHES},
        {"name": "paid", "type": "timestamp", "formats": SLASHES},
    ]
    dataset = small(columns=columns, gold={"table": "t", "row_hash": ["at"]})
    rows = read("id,at,paid\na,03/04/2025,03/04/2025\nb,25/04/2025,04/25/2025\n", dataset)
    assert rows.good.row(0)[1:3] == (datetime(2025, 4, 3), datetime(2025, 3, 4))


def test_evidence_adds_up_and_finds_its_column_again() -> None:
    one, two = Evidence({"DM": 1}, {"MD": 2}), Evidence({"DM": 2})
    file = one.within("at") + two.within("at") + Evidence({"MD": 9}).within("at_home")
    assert file.of("at") == Evidence({"DM": 3}, {"MD": 2})
    assert file.of("at_home").order() == "MD"
    assert file.of("nothing").order() is None


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("sales_2025-04-03.csv", date(2025, 4, 3)),
        ("sales_2025_04_03_2.csv", date(2025, 4, 3)),
        ("20250403.csv", date(2025, 4, 3)),
        ("20251303_2025-04-03.csv", date(2025, 4, 3)),
        ("2025-04_03.csv", None),
        ("120250403.csv", None),
        ("2025-02-30.csv", None),
        ("sales.csv", None),
    ],
)
def test_the_first_date_in_a_files_name_is_found(name: str, day: date | None) -> None:
    assert date_in_name(name) == day


@pytest.mark.parametrize(
    ("formats", "ambiguous"),
    [
        (SLASHES, True),
        (["MM/dd/yyyy", "dd/MM/yyyy HH:mm"], False),
        (["yyyy-MM-dd", "yyyy-MM-dd[ HH:mm]"], False),
        (["d/M/yyyy", "MM/dd/yyyy"], True),
    ],
)
def test_formats_are_ambiguous_where_two_read_one_text(formats: list[str], ambiguous: bool) -> None:
    assert is_ambiguous(formats) is ambiguous


@pytest.mark.parametrize(
    "formats",
    [
        ["yyyy-MM-dd", "yyyy-MM-dd[ HH:mm]"],
        ["yyyy-MM-dd[ H:mm]", "yyyy-MM-dd[ HH:mm]"],
        ["yyyy-M-d[ HH:mm]", "yyyy-MM-dd[ H:mm]", "yyyy-MM-dd"],
    ],
)
def test_formats_may_overlap_where_they_agree(formats: list[str]) -> None:
    assert parse(["2025-01-31"], formats) == [datetime(2025, 1, 31)]
    if any("mm" in text for text in formats):
        assert parse(["2025-01-31 10:20"], formats) == [datetime(2025, 1, 31, 10, 20)]


WRITTEN = [
    ("yyyy-MM-dd HH:mm:ss", "%Y-%m-%d %H:%M:%S"),
    ("dd/MM/yyyy HH:mm:ss", "%d/%m/%Y %H:%M:%S"),
    ("MM/dd/yyyy hh:mm:ss a", "%m/%d/%Y %I:%M:%S %p"),
    ("yyyyMMdd'T'HHmmss", "%Y%m%dT%H%M%S"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "%Y-%m-%d %H:%M:%S.%f"),
    ("'%d' yyyy.MM.dd 'at' HH:mm:ss", "%%d %Y.%m.%d at %H:%M:%S"),
]


@pytest.mark.parametrize(("pattern", "directives"), WRITTEN)
@settings(derandomize=True, max_examples=30, deadline=None)
@given(moments=st.lists(st.datetimes(datetime(1000, 1, 1)), min_size=1, max_size=10))
def test_an_instant_written_by_a_pattern_is_read_by_it(
    pattern: str, directives: str, moments: list[datetime]
) -> None:
    if "%f" not in directives:
        moments = [moment.replace(microsecond=0) for moment in moments]
    assert parse([moment.strftime(directives) for moment in moments], [pattern]) == moments


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.text("0123456789/-: TZ+.APM٣", max_size=20), min_size=1, max_size=20))
def test_no_text_stops_the_reader(texts: list[str]) -> None:
    assert len(parse([*texts, "2025-01-31"])) == len(texts) + 1
