"""Physical lines to records."""

import polars as pl
import pytest

from lake_assets.kernels.decoding.lines import split_lines
from lake_assets.kernels.parsing.records import join_records


def lines(*pieces: bytes) -> pl.DataFrame:
    """The physical lines of pieces, numbered in each."""
    return pl.concat(
        split_lines(data).select(
            pl.lit(piece, pl.UInt32).alias("piece"),
            pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("line_number"),
            pl.all(),
        )
        for piece, data in enumerate(pieces)
    )


def join(data: str, max_lines: int = 50, delimiter: str = ",") -> list[tuple[int, str, int]]:
    records = join_records(lines(data.encode()), delimiter, max_lines)
    assert "line_end" not in records.columns
    return list(records.select("line_number", "raw_row", "span").iter_rows())


@pytest.mark.parametrize(
    ("data", "records"),
    [
        ('a,"b\nc"\nd\n', [(1, 'a,"b\nc"', 2), (3, "d", 1)]),
        ('a,"b\r\nc"\r\nd\r\n', [(1, 'a,"b\r\nc"', 2), (3, "d", 1)]),
        ('"\n\n\n",a\nb\n', [(1, '"\n\n\n",a', 4), (5, "b", 1)]),
        ('"a\nb","c\nd"\n', [(1, '"a\nb","c\nd"', 3)]),
        ('"a ""x\ny"" b"\n', [(1, '"a ""x\ny"" b"', 2)]),
        ('"a\n""\nb"\n', [(1, '"a\n""\nb"', 3)]),
        ('"a\nb"\n"c\nd"', [(1, '"a\nb"', 2), (3, '"c\nd"', 2)]),
        ('"a\r\nb\nc"\nd\r\n', [(1, '"a\r\nb\nc"', 3), (4, "d", 1)]),
        ('"a\rb\nc"\rd\r', [(1, '"a\rb\nc"', 3), (4, "d", 1)]),
    ],
)
def test_a_quoted_cell_joins_its_lines_with_the_line_ends_they_have(
    data: str, records: list[tuple[int, str, int]]
) -> None:
    assert join(data) == records


@pytest.mark.parametrize(
    "data",
    [
        'a,"b\nc,d\ne,f\n',
        'a,b"\nc,d\n',
        'a,b"c\nd,e"f\n',
        'a,"b\nc,d\ne,"f\n',
        'a,"b\n"c","d"\ne,f"g\n',
        'a, "b\nc"\n',
        '"\n',
    ],
)
def test_a_stray_quote_joins_nothing(data: str) -> None:
    assert join(data) == [(n, line, 1) for n, line in enumerate(data.splitlines(), 1)]


def test_a_stray_quote_before_a_true_pair_leaves_the_pair_alone() -> None:
    assert join('a,"x\nb,y\nc,"1\n2"\n') == [(1, 'a,"x', 1), (2, "b,y", 1), (3, 'c,"1\n2"', 2)]


@pytest.mark.parametrize(("max_lines", "records"), [(1, 4), (3, 4), (4, 1), (5, 1)])
def test_a_record_spans_no_more_lines_than_the_contract_allows(
    max_lines: int, records: int
) -> None:
    assert len(join('"a\nb\nc\nd"\n', max_lines)) == records


def test_the_delimiter_is_taken_literally() -> None:
    assert join('a|"b\nc"|d\n', delimiter="|") == [(1, 'a|"b\nc"|d', 2)]
    assert len(join('a,"b\nc",d\n', delimiter="|")) == 2


def test_damage_in_one_line_of_a_record_damages_the_record() -> None:
    records = join_records(lines(b'"a\n\xff"\nb\n'), ",", 50)
    assert records["undecodable"].to_list() == [True, False]
    assert records["quotes"].to_list() == [2, 0]


def test_a_quote_that_one_file_leaves_open_takes_in_nothing_of_the_next() -> None:
    records = join_records(lines(b'a,"b\n', b'c"\nd,"e\nf"\n'), ",", 50)
    assert records.select("piece", "line_number", "raw_row").rows() == [
        (0, 1, 'a,"b'), (1, 1, 'c"'), (1, 2, 'd,"e\nf"')
    ]  # fmt: skip
