from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks import measure, retail
from benchmarks.measure import Runs, Sample, differences, make_sample, rows_of, run
from benchmarks.retail import compare, main
from benchmarks.wide import write_wide_file
from benchmarks.work import gold

TINY = ["--mb", "0.2", "--files", "4", "--days", "3", "--runs", "1", "--no-spark"]


def test_ours_and_the_duckdb_script_make_the_same_gold_and_rejects(tmp_path: Path) -> None:
    sample = make_sample(tmp_path, files=8, rows=rows_of(1.0, 8), days=6)

    (ours, peer), apart = compare(tmp_path, sample, runs=1)

    assert apart == {}
    assert int(ours.counts["good rows"]) > 10_000
    assert {name for name in ours.counts if name.startswith("rejected ")} == {
        "rejected BUSINESS_LOGIC_FAIL",
        "rejected INVALID_NUMBER",
        "rejected INVALID_TIMESTAMP_FORMAT",
        "rejected MISSING_REQUIRED_COLUMN",
        "rejected STRUCTURAL",
    }
    assert len([name for name in peer.counts if name.endswith(" row hashes")]) == 6


@pytest.mark.spark
def test_ours_and_pyspark_make_the_same_gold_and_rejects(tmp_path: Path) -> None:
    sample = make_sample(tmp_path, files=4, rows=500, days=3)

    (ours, _), apart = compare(tmp_path, sample, runs=1, names=("ours", "spark"))

    assert apart == {}
    assert int(ours.counts["good rows"]) > 1_000


def test_the_page_has_every_table_and_says_why_spark_is_not_in_it(tmp_path: Path) -> None:
    report = tmp_path / "page.md"
    options = [*TINY, "--sizes", "0.1", "--small", "3", "--report", str(report)]

    assert main(options, tmp_path) == 0

    text = report.read_text("utf-8")
    assert "Raw to gold: 4 files, 0 MB" in text
    assert "PySpark was left out: --no-spark was given." in text
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    assert {"3 dates", "all on one date", "20 rows each", "hand-written DuckDB script"} < set(rows)


def test_the_benchmark_fails_and_writes_nothing_when_a_peer_counts_differently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def off_by_one(build: Path, name: str, sample: Sample, into: Runs, **options: Any) -> None:
        run(build, name, sample, into, **options)
        if name == "duckdb":
            into.counts["rejected STRUCTURAL"] += "1"

    monkeypatch.setattr(retail, "run", off_by_one)
    report = tmp_path / "page.md"

    assert main([*TINY, "--report", str(report)], tmp_path) == 1

    assert not report.exists()
    assert "They do not agree" in capsys.readouterr().out


def test_figures_that_differ_are_named_with_both_values() -> None:
    ours = Runs("ours", counts={"good rows": "2", "rejected STRUCTURAL": "1"})
    peer = Runs("peer", counts={"good rows": "3"})

    assert differences(ours, peer) == [("good rows", "2", "3"), ("rejected STRUCTURAL", "1", "-")]


def test_each_contender_runs_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def note(build: Path, name: str, sample: Sample, into: Runs, **options: Any) -> None:
        order.append(name)

    monkeypatch.setattr(retail, "run", note)
    names: Sequence[str] = ("ours", "duckdb", "spark")
    compare(tmp_path, Sample(tmp_path, 1, 1, 1), 2, names)

    assert order == [*names, *names]


def test_the_files_of_a_date_are_summed_up_together(tmp_path: Path) -> None:
    rows = pl.DataFrame({"quantity": [1, 2], "revenue": [1.5, 2.5], "row_hash": ["a", "b"]})
    (tmp_path / "one" / "date=2025-01-01").mkdir(parents=True)
    (tmp_path / "two" / "date=2025-01-01").mkdir(parents=True)
    rows.write_parquet(tmp_path / "one" / "date=2025-01-01" / "part-0000.parquet")
    for number in range(2):
        part = rows.slice(number, 1)
        part.write_parquet(tmp_path / "two" / "date=2025-01-01" / f"part-000{number}.parquet")

    assert gold(str(tmp_path / "one")) == gold(str(tmp_path / "two"))


def test_a_wide_file_has_its_rows_on_all_dates(tmp_path: Path) -> None:
    path = write_wide_file(tmp_path / "wide", rows=3_000, days=3)
    sample = Sample(path.parent, 1, 3_000, path.stat().st_size)
    runs = Runs("ours")

    measure.run(tmp_path, "ours", sample, runs)

    dates = [int(runs.counts[f"gold 2025-01-0{day} rows"]) for day in (1, 2, 3)]
    assert min(dates) > 900
    assert sum(dates) < int(runs.counts["good rows"]) < 3_000
