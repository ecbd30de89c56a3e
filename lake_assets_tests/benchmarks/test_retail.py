from pathlib import Path

from benchmarks.measure import Runs, differences, make_sample, rows_of
from benchmarks.report import page, shape_row, speed_rows
from benchmarks.retail import compare


def test_ours_and_the_duckdb_script_make_the_same_gold_and_rejects(tmp_path: Path) -> None:
    sample = make_sample(tmp_path, files=8, rows=rows_of(1.0, 8), days=6)

    ours, peer, apart = compare(tmp_path, sample, runs=1)

    assert apart == []
    assert int(ours.counts["good rows"]) > 10_000
    assert {name for name in ours.counts if name.startswith("rejected ")} == {
        "rejected BUSINESS_LOGIC_FAIL",
        "rejected INVALID_NUMBER",
        "rejected INVALID_TIMESTAMP_FORMAT",
        "rejected MISSING_REQUIRED_COLUMN",
        "rejected STRUCTURAL",
    }
    assert len([name for name in peer.counts if name.endswith(" row hashes")]) == 6
    text = page(sample, 1, ours, speed_rows(sample, [ours, peer]), [shape_row("", sample, ours)])
    assert "Raw to gold: 8 files, 1 MB" in text


def test_figures_that_differ_are_named_with_both_values() -> None:
    ours = Runs("ours", counts={"good rows": "2", "rejected STRUCTURAL": "1"})
    peer = Runs("peer", counts={"good rows": "3"})

    assert differences(ours, peer) == [("good rows", "2", "3"), ("rejected STRUCTURAL", "1", "-")]
