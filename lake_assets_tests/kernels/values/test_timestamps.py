"""Text to instants, and the evidence that settles ambiguous ones."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.contracts import Column
from lake_assets.kernels.values.evidence import Evidence, by_row, settle, weigh
from lake_assets.kernels.values.timestamps import date_in_name, is_ambiguous, read_timestamps
from lake_assets_tests.kernels.reading import lines, read, reasons, retail, small

FORMATS = retail().column("timestamp").formats
SLASHES = ["MM/dd/yyyy", "dd/MM/yyyy"]


def column(formats: Sequence[str] = FORMATS, **options: Any) -> Column:
    return Column(name="at", type="timestamp", formats=list(formats), **options)


def parse(
    texts: Sequence[str | None],
    formats: Sequence[str] = FORMATS,
    named: date | None = None,
    **options: Any,
) -> list[datetime | None]:
    """The texts as one column of one file."""
    readings = read_timestamps(pl.Series(texts, dtype=pl.String), column(formats, **options), named)
    values: list[datetime | None]
    values = settle(readings, weigh("at", readings)[0].reading("at"))[0].to_list()
    return values


def ambiguous(text: str, formats: Sequence[str] = FORMATS, **options: Any) -> bool:
    readings = read_timestamps(pl.Series([text]), column(formats, **options))
    found: bool = settle(readings, None)[1].item()
    return found


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
        ("2025-01-31t08:30:15z", datetime(2025, 1, 31, 8, 30, 15)),
        ("2025-01-31T08:30+14:00", datetime(2025, 1, 30, 18, 30)),
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
        "2025-01-31T08:30+24:00", "2025-01-31T08:30+14:01", "2025-01-31T08:30-15:00",
        "2025-01-31T08:30+01:60", "2025-01-31T08:30ZZ", "2025-01-31T", "2025-01-31T08:30+99:99",
        "1735689600",
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
    readings = read_timestamps(pl.Series([text]), column(SLASHES))
    assert weigh("at", readings) == [Evidence()]
    assert settle(readings, None)[0].to_list() == [None]
    assert not ambiguous(text, SLASHES)


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


def test_rows_of_many_files_are_each_settled_by_their_own() -> None:
    text = pl.Series(["03/04/2025", "25/04/2025", "03/04/2025", "04/25/2025", "03/04/2025", None])
    named = pl.Series([None, None, None, None, date(2025, 4, 3), None], dtype=pl.Date)
    piece = pl.Series([0, 0, 1, 1, 2, 3], dtype=pl.UInt32)
    readings = read_timestamps(text, column(), named)
    evidence = weigh("at", readings, piece, 4)
    assert [each.reading("at") for each in evidence] == ["DM", "MD", "DM", None]
    value, open_ = settle(readings, by_row([one.reading("at") for one in evidence], piece))
    assert value.to_list() == [
        datetime(2025, 4, 3), datetime(2025, 4, 25), datetime(2025, 3, 4), datetime(2025, 4, 25),
        datetime(2025, 4, 3), None,
    ]  # fmt: skip
    assert not open_.any()


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


MORNING = datetime(2025, 1, 31, 8, 30, 15)


@pytest.mark.parametrize(
    ("pattern", "text", "instant"),
    [
        ("d MMM yyyy", "4 jul 1976", datetime(1976, 7, 4)),
        ("d MMM yyyy", "14 JUL 1976", datetime(1976, 7, 14)),
        ("d MMM yyyy", "4 July 1976", None),
        ("MMMM d, yyyy", "July 4, 1976", datetime(1976, 7, 4)),
        ("MMMM d, yyyy", "May 31, 1976", datetime(1976, 5, 31)),
        ("MMMM d, yyyy", "Jul 4, 1976", None),
        ("ddMMMyyyy", "13NOV2017", datetime(2017, 11, 13)),
        ("ddMMMyyyy", "31NOV2017", None),
        ("E, d MMM yyyy HH:mm:ss XXX", "Fri, 31 Jan 2025 09:30:15 +0100", MORNING),
        ("E, d MMM yyyy HH:mm:ss XXX", "Thu, 31 Jan 2025 09:30:15 +0100", None),
        ("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", "Friday, 31-Jan-25 08:30:15 gmt", MORNING),
        ("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", "Monday, 31-Jan-25 08:30:15 GMT", None),
        ("E dd-MMM-yy", "Wed 01-Jan-69", datetime(1969, 1, 1)),
        ("E dd-MMM-yy", "Tue 01-Jan-69", None),
        ("E dd-MMM-yy", "Sun 01-Jan-68", datetime(2068, 1, 1)),
        ("E MMM dd HH:mm:ss XXX yyyy", "Fri Jan 31 08:30:15 Z 2025", MORNING),
        ("E MMM dd HH:mm:ss XXX yyyy", "Fri Jan 31 10:30:15 +0200 2025", MORNING),
        ("yyyy-MM-dd HH:mm:ss,SSS", "2025-01-31 08:30:15,0", MORNING),
        ("yyyy-MM-dd HH:mm:ss,SSS", "2025-01-31 08:30:15.0", None),
        ("MMMM d,yyyy HH:mm:ss,SSSXXX", "May 3,2025 08:30:15,5Z",
         datetime(2025, 5, 3, 8, 30, 15, 500000)),
        ("yyyy-MM-dd HH", "2025-01-31 08", datetime(2025, 1, 31, 8)),
        ("yyyy-MM-dd HH", "2025-01-31 24", None),
        ("yyyy-MM-dd'T'HHXXX", "2025-01-31T08+01:00", datetime(2025, 1, 31, 7)),
        ("M/d/yyyy h a", "1/31/2025 12 am", datetime(2025, 1, 31)),
        ("d MMMM ''yy", "3 May '25", datetime(2025, 5, 3)),
        ("yyyy-MM-dd HH:mm", "2025-01-31 08:30junk", None),
    ],
)  # fmt: skip
def test_names_commas_and_bare_hours_are_read_where_the_pattern_has_them(
    pattern: str, text: str, instant: datetime | None
) -> None:
    assert parse([text], [pattern]) == [instant]


PARIS: dict[str, Any] = {"timezone": "Europe/Paris"}
CLOCK = ["yyyy-MM-dd[ HH:mm[XXX]]"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-01-31 08:30", datetime(2025, 1, 31, 7, 30)),
        ("2025-07-31 08:30", datetime(2025, 7, 31, 6, 30)),
        ("2025-07-31 08:30Z", datetime(2025, 7, 31, 8, 30)),
        ("2025-07-31 08:30-05:00", datetime(2025, 7, 31, 13, 30)),
        ("2025-07-31", datetime(2025, 7, 30, 22)),
        ("2025-03-30 01:59", datetime(2025, 3, 30, 0, 59)),
        ("2025-03-30 02:30", None),
        ("2025-03-30 03:00", datetime(2025, 3, 30, 1)),
        ("2025-10-26 02:30+01:00", datetime(2025, 10, 26, 1, 30)),
    ],
)
def test_a_text_without_offset_is_in_the_time_zone_of_its_column(
    text: str, instant: datetime | None
) -> None:
    assert parse([text], CLOCK, **PARIS) == [instant]
    assert not ambiguous(text, CLOCK, **PARIS)


@pytest.mark.parametrize(
    ("fold", "instant"),
    [
        ("reject", None),
        ("earlier", datetime(2025, 10, 26, 0, 30)),
        ("later", datetime(2025, 10, 26, 1, 30)),
    ],
)
def test_an_hour_that_came_twice_is_ambiguous_unless_the_contract_decides(
    fold: str, instant: datetime | None
) -> None:
    assert parse(["2025-10-26 02:30"], CLOCK, fold=fold, **PARIS) == [instant]
    assert ambiguous("2025-10-26 02:30", CLOCK, fold=fold, **PARIS) is (instant is None)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Manila"])
def test_what_an_offset_takes_out_of_the_calendar_is_no_instant(zone: str) -> None:
    texts = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z"]
    found = parse([*texts, "9999-12-31T23:59:59Z"], ["yyyy-MM-dd'T'HH:mm:ssXXX"], timezone=zone)
    assert found == [None, None, datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)]
    local = parse(["0001-01-01T00:00:00"], ["yyyy-MM-dd'T'HH:mm:ss"], timezone="Asia/Tokyo")
    assert local == [None]


def test_the_order_of_day_and_month_does_not_settle_an_hour_that_came_twice() -> None:
    formats = ["dd/MM/yyyy HH:mm", "MM/dd/yyyy HH:mm"]
    new_york: dict[str, Any] = {
        "timezone": "America/New_York"
    }  # 2 November 2025, 01:30 came twice there
    texts = ["02/11/2025 01:30", "25/04/2025 10:00", "03/04/2025 10:00"]
    readings = read_timestamps(pl.Series(texts), column(formats, **new_york))
    value, open_ = settle(readings, "DM")
    assert value.to_list() == [None, datetime(2025, 4, 25, 14), datetime(2025, 4, 3, 14)]
    assert open_.to_list() == [True, False, False]


def test_a_day_whose_midnight_the_clocks_left_out_starts_when_they_went_on() -> None:
    cairo: dict[str, Any] = {"timezone": "Africa/Cairo"}  # 25 April 2025 began at 01:00 there
    assert parse(["2025-04-25", "2025-04-26"], CLOCK, **cairo) == [
        datetime(2025, 4, 24, 22), datetime(2025, 4, 25, 21),
    ]  # fmt: skip
    assert parse(["2025-04-25 00:00"], CLOCK, **cairo) == [None]


def test_many_texts_in_many_forms_are_read_as_each_is_alone() -> None:
    forms = ["2025-01-31 09:05", "25/04/2025", "04/25/2025 1:02:03", "31-01-25 08:30", "20250131"]
    texts = [*forms * 20, *["junk"] * 80, *["06/30/2025 12:45PM", None, "2025-13-01"] * 900]
    alone = {text: parse([text])[0] for text in {*texts}}
    assert parse(texts) == [alone[text] for text in texts]
    assert parse([text for text in texts for _ in range(3)])[::3] == [alone[t] for t in texts]


WRITTEN = [
    ("yyyy-MM-dd HH:mm:ss", "%Y-%m-%d %H:%M:%S"),
    ("dd/MM/yyyy HH:mm:ss", "%d/%m/%Y %H:%M:%S"),
    ("MM/dd/yyyy hh:mm:ss a", "%m/%d/%Y %I:%M:%S %p"),
    ("yyyyMMdd'T'HHmmss", "%Y%m%dT%H%M%S"),
    ("yyyy-MM-dd HH:mm:ss.SSS", "%Y-%m-%d %H:%M:%S.%f"),
    ("yyyy-MM-dd HH:mm:ss,SSS", "%Y-%m-%d %H:%M:%S,%f"),
    ("'%d' yyyy.MM.dd 'at' HH:mm:ss", "%%d %Y.%m.%d at %H:%M:%S"),
    ("E dd MMM yyyy HH:mm:ss", "%a %d %b %Y %H:%M:%S"),
    ("EEEE, MMMM d yyyy HH:mm:ss", "%A, %B %d %Y %H:%M:%S"),
    ("dd-MMM-yyyy hh:mm:ssa", "%d-%b-%Y %I:%M:%S%p"),
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


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
@settings(derandomize=True, max_examples=40, deadline=None)
@given(instants=st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), min_size=1))
def test_a_local_time_is_the_instant_at_which_its_clocks_show_it(
    zone: str, instants: list[datetime]
) -> None:
    instants = [instant.replace(second=0, microsecond=0) for instant in instants]
    clocks = [instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) for instant in instants]
    texts = [clock.strftime("%Y-%m-%d %H:%M") for clock in clocks]
    both = [parse(texts, CLOCK, timezone=zone, fold=fold) for fold in ("earlier", "later")]
    for instant, clock, earlier, later in zip(instants, clocks, *both, strict=True):
        assert instant == (later if clock.fold else earlier)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.text("0123456789/-: TZ+.APM٣", max_size=20), min_size=1, max_size=20))
def test_no_text_stops_the_reader(texts: list[str]) -> None:
    assert len(parse([*texts, "2025-01-31"])) == len(texts) + 1
