"""The retail samples: the same bytes each time, and truths that an independent reading confirms."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from lake_assets.samples import (
    SampleFile,
    gold_rows,
    retail_file,
    retail_files,
    write_retail_files,
)
from lake_assets_tests.samples.plain_reader import read, records


def digest(files: list[SampleFile]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.name.encode() + b"\0" + file.content + b"\0")
    return whole.hexdigest()


def test_same_arguments_give_the_same_files() -> None:
    once, again = (list(retail_files(seed=3, files=3, rows=300, refused=4)) for _ in range(2))
    assert once == again


def test_bytes_do_not_change_with_the_version_of_polars_or_python() -> None:
    pinned = "95ba312c3d216f9364cc68d87cbca4828a04a27aecd7647bc14aaa5438157b66"
    assert digest(list(retail_files(files=4, rows=400, refused=4))) == pinned


def test_bytes_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(retail_files(files=4, rows=500))
    monkeypatch.setattr(retail_file, "_BLOCK_ROWS", 77)
    assert list(retail_files(files=4, rows=500)) == whole


def test_another_seed_gives_other_rows_and_other_transactions() -> None:
    (one,), (other,) = (list(retail_files(seed=seed, files=1, rows=300)) for seed in (1, 2))
    assert one.content != other.content
    assert one.truth.transactions is not None
    assert other.truth.transactions is not None
    day = date(2025, 1, 1)
    assert not one.truth.transactions[day] & other.truth.transactions[day]


@pytest.mark.parametrize(
    ("seed", "start", "duplicates"),
    [
        (0, date(2025, 1, 1), 0.02),
        (1, date(2025, 3, 11), 0.3),
        (2, date(2024, 2, 27), 0.0),
        (3, date(2025, 5, 4), 0.02),
        (4, date(2024, 12, 28), 0.5),
    ],
)
def test_a_plain_reading_finds_what_the_truth_says(
    seed: int, start: date, duplicates: float
) -> None:
    for file in retail_files(seed=seed, files=8, rows=900, start=start, duplicates=duplicates):
        found = read(file.name, file.content)
        truth = file.truth
        assert (found.rows_read, found.good, found.skipped) == (
            truth.rows_read,
            truth.good,
            truth.skipped,
        )
        assert found.rejected == truth.rejected
        assert found.dates == truth.dates
        ids = {day: frozenset(each) for day, each in found.transactions.items()}
        assert ids == truth.transactions


@pytest.mark.parametrize("rows", [1, 7, 66, 67, 68, 134, 1500])
def test_every_row_of_a_file_is_accounted_for(rows: int) -> None:
    for file in retail_files(files=9, rows=rows):
        truth = file.truth
        assert truth.rows_read == rows
        assert truth.rows_read == truth.good + sum(truth.rejected.values()) + truth.skipped
        assert sum(truth.dates.values()) == truth.good
        assert len(records(file.content)[1]) == rows + 1


@pytest.mark.parametrize("rows", [66, 67, 150, 1500, 20_000])
def test_at_least_984_rows_of_a_thousand_are_good(rows: int) -> None:
    for file in retail_files(files=2, rows=rows, truth=False):
        assert file.truth.good >= 0.984 * rows


def test_dates_stay_between_the_start_and_three_days_before_the_files_own() -> None:
    start = date(2025, 1, 14)
    late = total = 0
    for file in retail_files(start=start, rows=1000):
        own = date.fromisoformat(file.name[6:16])
        assert all(start <= day <= own and (own - day).days <= 3 for day in file.truth.dates)
        if own > start:
            total += file.truth.good
            late += file.truth.good - file.truth.dates[own]
    assert 0.02 < late / total < 0.04


def test_the_asked_share_of_rows_repeats_a_transaction_of_its_file_and_date() -> None:
    files = list(retail_files(rows=5000, duplicates=0.1))
    good = sum(file.truth.good for file in files)
    repeated = 1 - sum(gold_rows(files).values()) / good
    assert 0.09 < repeated < 0.11


def test_without_duplicates_every_good_row_reaches_gold() -> None:
    files = list(retail_files(rows=500, duplicates=0))
    assert sum(gold_rows(files).values()) == sum(file.truth.good for file in files)


def test_a_truth_without_ids_has_the_same_counts_and_cannot_count_gold() -> None:
    (bare,) = retail_files(files=1, rows=300, truth=False)
    (full,) = retail_files(files=1, rows=300)
    assert bare.content == full.content
    assert (bare.truth.good, bare.truth.dates) == (full.truth.good, full.truth.dates)
    assert bare.truth.transactions is None
    with pytest.raises(ValueError, match="truth=True"):
        gold_rows([bare])


def test_names_tell_the_day_and_are_unique_when_files_outnumber_the_days() -> None:
    names = [file.name for file in retail_files(files=5, days=2, rows=10, refused=9)]
    assert names[:5] == [
        "sales_2025-01-01.csv",
        "sales_2025-01-02.csv",
        "sales_2025-01-01_2.csv",
        "sales_2025-01-02_2.csv",
        "sales_2025-01-01_3.csv",
    ]
    assert len(set(names)) == 14


def test_written_files_are_the_made_ones(tmp_path: Path) -> None:
    paths = write_retail_files(tmp_path / "raw", seed=5, files=3, rows=200, refused=2)
    made = list(retail_files(seed=5, files=3, rows=200, refused=2))
    assert [(path.name, path.read_bytes()) for path in paths] == [
        (file.name, file.content) for file in made
    ]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("seed", -1),
        ("files", -1),
        ("rows", 0),
        ("days", 0),
        ("duplicates", 0.9),
        ("refused", -1),
    ],
)
def test_an_argument_out_of_range_is_named_at_once(argument: str, value: float) -> None:
    with pytest.raises(ValueError, match=argument):
        retail_files(**{argument: value})  # type: ignore[arg-type]
