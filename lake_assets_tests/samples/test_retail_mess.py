"""Every kind of mess of real retail files comes in a sample large enough."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from lake_assets.samples import SampleFile, retail_files
from lake_assets_tests.samples.plain_reader import columns, records

BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def files() -> list[SampleFile]:
    return list(retail_files(files=20, days=20))


def texts(files: list[SampleFile], delimiter: str | None = None) -> Iterator[str]:
    for file in files:
        if delimiter is None or records(file.content)[0] == delimiter:
            yield file.content.decode("utf-8-sig")


def cells(files: list[SampleFile], name: str) -> Iterator[str]:
    for file in files:
        _, (header, *rows) = records(file.content)
        place = columns(header).index(name)
        yield from (row[place] for row in rows if len(row) == len(header))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_delimiter_separates_one_file_in_four(files: list[SampleFile], delimiter: str) -> None:
    assert sum(1 for _ in texts(files, delimiter)) == 5


def test_the_default_sample_has_every_delimiter_and_every_kind_of_file() -> None:
    default = list(retail_files())
    assert {records(file.content)[0] for file in default} == {",", ";", "\t", "|"}
    assert {b"\r\n" in file.content for file in default} == {True, False}
    assert {file.content.startswith(BOM) for file in default} == {True, False}
    assert {file.content.endswith(b"\n") for file in default} == {True, False}


def test_one_file_in_five_has_no_customer(files: list[SampleFile]) -> None:
    headers = [columns(records(file.content)[1][0]) for file in files]
    assert sum("customer_id" not in header for header in headers) == 4
    assert 0 < sum("discount_code" in header for header in headers) < 20


def test_columns_come_in_many_orders_and_under_many_names(files: list[SampleFile]) -> None:
    headers = [records(file.content)[1][0] for file in files]
    assert len({tuple(columns(header)) for header in headers}) > 15
    assert {"storeid", "Transaction ID", "qty", "Unit-Price"} <= {
        cell for header in headers for cell in header
    }


def test_dozens_of_rows_of_a_comma_file_are_separated_by_semicolons(
    files: list[SampleFile],
) -> None:
    for text in texts(files, ","):
        fields = text.splitlines()[0].count(",")
        stray = [line for line in text.splitlines() if line.count(";") == fields]
        assert 24 <= len(stray) <= 80
        assert not any("," in line or '"' in line for line in stray)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d+\.\d\d",
        r"\d{1,2},\d{3}\.\d\d",
        r"\$\d{1,2},\d{3}\.\d\d",
        r"\$\d+\.\d\d",
        r"USD \d+\.\d\d",
        r"\d+\.\d",
        r"\d{1,2}\.\d{3},\d\d",
        r"-\d+\.\d\d",
        "N/A",
        "",
    ],
)
def test_revenue_is_spelled_in_many_ways(files: list[SampleFile], pattern: str) -> None:
    assert any(re.fullmatch(pattern, cell) for cell in cells(files, "revenue"))


def test_money_with_a_comma_is_quoted_in_comma_files_alone(files: list[SampleFile]) -> None:
    assert any('"$1,' in text for text in texts(files, ","))
    assert any(";$1," in text for text in texts(files, ";"))
    assert not any(re.search(r'"\$|"USD|\.\d\d"', text) for text in texts(files, ";"))


def test_a_decimal_comma_never_comes_in_comma_files(files: list[SampleFile]) -> None:
    assert not any(re.search(r"\d\.\d{3},\d\d", text) for text in texts(files, ","))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_categories_hold_the_delimiter_quotes_and_line_ends(
    files: list[SampleFile], delimiter: str
) -> None:
    found = "\n".join(texts(files, delimiter))
    assert f'"Home{delimiter} Garden"' in found
    assert '"12"" Vinyl"' in found
    assert re.search('"Gifts\r?\nand cards"', found)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
        r"\d{4}-\d\d-\d\d \d:\d\d",
        r"\d{4}-\d\d-\d\d",
        r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
        r"\d{8} \d{6}",
        r"\d{8}",
        r"\d\d-\d\d-\d\d \d\d:\d\d",
        r"\d\d/\d\d/\d{4} \d\d:\d\d[AP]M",
        r"0[1-9]/1[3-9]/\d{4} \d{1,2}:\d\d",
        r"1[3-9]/0[1-9]/\d{4} \d{1,2}:\d\d",
        r"2024/02/30 25:61",
        r"2024-13-01 00:00",
        r"06/31/2024 12:00",
        "not a date",
    ],
)
def test_timestamps_come_in_every_format(files: list[SampleFile], pattern: str) -> None:
    assert any(re.fullmatch(pattern, cell) for cell in cells(files, "timestamp"))


def test_a_file_has_at_most_one_slashed_convention() -> None:
    for file in retail_files(files=12, days=12, start=date(2025, 1, 13)):
        slashed = [
            (int(cell[:2]), int(cell[3:5]))
            for cell in cells([file], "timestamp")
            if re.fullmatch(r"\d\d/\d\d/2025 \d{1,2}:\d\d", cell)
        ]
        assert not (any(a > 12 for a, _ in slashed) and any(b > 12 for _, b in slashed))


def test_day_and_month_alike_leave_no_slashed_date() -> None:
    (file,) = (
        f for f in retail_files(days=3, files=3, start=date(2025, 3, 1)) if "03-03" in f.name
    )
    pattern = r"\d\d/\d\d/2025 \d{1,2}:\d\d"
    assert not any(re.fullmatch(pattern, cell) for cell in cells([file], "timestamp"))


def test_every_reason_comes_in_every_file_of_ordinary_size(files: list[SampleFile]) -> None:
    for file in files:
        assert set(file.truth.rejected) == {
            "STRUCTURAL",
            "MISSING_REQUIRED_COLUMN",
            "INVALID_TIMESTAMP_FORMAT",
            "INVALID_NUMBER",
            "BUSINESS_LOGIC_FAIL",
        }


def test_rows_are_short_overlong_blank_empty_and_repeated_headers(
    files: list[SampleFile],
) -> None:
    for file in files:
        _, (header, *rows) = records(file.content)
        surplus = Counter(len(row) - len(header) for row in rows)
        assert {-2, 0, 2} <= set(surplus)
        assert [] in rows
        assert [""] * len(header) in rows
        assert header in rows


def test_bad_numbers_come_in_quantity_and_price(files: list[SampleFile]) -> None:
    quantities, prices = set(cells(files, "quantity")), set(cells(files, "unit_price"))
    assert {"2.5", "0", "1", "12"} <= quantities
    assert any(text.startswith("-") for text in quantities)
    assert "abc" in prices
    assert any(re.fullmatch(r"\(\d+\.\d\d\)", text) for text in prices)


@pytest.mark.parametrize("name", ["transaction_id", "store_id", "item_category", "payment_method"])
def test_cells_are_empty_now_and_then(files: list[SampleFile], name: str) -> None:
    filled = [cell for cell in cells(files, name) if cell]
    assert filled
    assert len(filled) < sum(1 for _ in cells(files, name))
