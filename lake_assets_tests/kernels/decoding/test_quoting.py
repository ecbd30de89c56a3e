"""Where, among lines with quotes, no record is open."""

from time import process_time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.kernels.decoding.lines import split_lines
from lake_assets.kernels.decoding.quoting import Place, Quoting
from lake_assets.kernels.parsing.records import join_records

LINES = st.lists(
    st.lists(st.sampled_from(['"', '"', ",", ";", "a", '""', " "]), max_size=6).map("".join),
    max_size=14,
)


def certain(lines: list[str], record_lines: int, *, is_open: bool = False) -> set[int]:
    """The numbers of lines behind which certainly no record is open."""
    quoting = Quoting(record_lines, is_open)
    found = [
        quoting.follow(line.encode(), b"\n", Place(0, number, 0))
        for number, line in enumerate(lines, 1)
    ]
    return {place.line for place in found if place}


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    lines=LINES,
    delimiter=st.sampled_from([",", ";", " "]),
    record_lines=st.integers(1, 6),
    skipped=st.integers(0, 6),
)
def test_where_it_is_certain_no_record_is_open_whatever_the_delimiter(
    lines: list[str], delimiter: str, record_lines: int, skipped: int
) -> None:
    frame = split_lines("".join(f"{line}\n" for line in lines).encode()).select(
        pl.lit(0, pl.UInt32).alias("piece"),
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("line_number"),
        pl.all(),
    )
    records = join_records(frame, delimiter, record_lines)
    ends = set(records.select(pl.col("line_number") + pl.col("span") - 1).to_series())
    assert {line + skipped for line in certain(lines[skipped:], record_lines)} <= ends


@pytest.mark.parametrize("is_open", [True, False])
def test_among_cells_of_several_lines_the_ends_of_records_are_found(is_open: bool) -> None:
    records = ['a,"x', "FAKE,x", 'end"'] * 4
    assert certain(records, 50, is_open=is_open) == {3, 6, 9, 12}
    assert certain(records[1:], 50, is_open=is_open) == {2, 5, 8, 11}
    assert certain(['a,"x', '",b'] * 3, 50, is_open=is_open) == {2, 4}


def test_a_line_that_opens_and_is_not_closed_in_time_was_no_record() -> None:
    assert certain(['a,"', "b", "c", "d"], 3) == {1, 4}


def test_many_quotes_take_no_longer_than_their_bytes() -> None:
    start = process_time()
    for text in ['""', ',"', ',""', ',"",', '","', "x,", '"",""a,']:
        certain(['a,"' + text * 100_000, text * 100_000 + '"'], 50)
    assert process_time() - start < 5  # what grows with the square takes minutes
