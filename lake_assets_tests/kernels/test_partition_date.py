"""Which partition a row belongs to."""

from datetime import date

from lake_assets.kernels.partition_date import partition_date
from lake_assets_tests.kernels.reading import ARRIVED, HEADER, read, reasons, small

ROWS = f"{HEADER}a,2025-01-02 23:59:59,1,\nb,1999-01-01,1,\nc,2031-01-01,1,\n"
BY_ARRIVAL = small(partition={"by": "arrival", "start": "2026-06-01"})


def test_by_event_it_is_the_date_of_the_column() -> None:
    rows = read(ROWS)
    assert rows.good.select(partition_date(small())).to_series().to_list() == [date(2025, 1, 2)]
    assert rows.books.dates == {"2025-01-02": 1}
    assert sorted(reasons(rows)) == [3, 4]


def test_by_arrival_it_is_that_of_the_file_and_no_date_is_out_of_range() -> None:
    rows = read(ROWS, BY_ARRIVAL)
    dates = rows.good.select(partition_date(BY_ARRIVAL)).to_series().to_list()
    assert dates == [ARRIVED.date()] * 3
    assert rows.books.dates == {ARRIVED.date().isoformat(): 3}
    assert rows.rejects.is_empty()


def test_a_dataset_by_arrival_may_have_no_timestamp_at_all() -> None:
    plans = small(
        columns=[{"name": "id", "required": True}, {"name": "note"}],
        partition={"by": "arrival", "start": "2025-01-01"},
        gold={"table": "t", "row_hash": ["note"]},
    )
    assert read("id,note\na,x\nb,y\n", plans).books.dates == {"2025-12-31": 2}
