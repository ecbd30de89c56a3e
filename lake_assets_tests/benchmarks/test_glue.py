from pathlib import Path

import pytest

from benchmarks.glue import bills, dollars, job_seconds, per_files, per_lake
from benchmarks.measure import Runs, Sample
from lake_assets.engines.remote.options import Rates


def taken(seconds: float, work: float) -> Runs:
    return Runs("", seconds=[seconds], work=[work])


def sample(files: int, rows: int, megabytes: float) -> Sample:
    return Sample(Path(), files, rows, int(megabytes * 10**6))


def test_a_run_is_billed_by_the_second_from_one_minute_on() -> None:
    # 2 DPU x 60 s / 3600 x $0.44
    assert dollars(1) == dollars(60) == pytest.approx(0.0146667, rel=1e-5)
    assert dollars(3_600) == pytest.approx(0.88)
    assert dollars(1_800, Rates(glue_dpu_hour=1.0)) == pytest.approx(1.0)


def test_the_work_is_shared_by_the_cores_of_one_worker_but_not_the_start() -> None:
    assert job_seconds(start=10, work=100) == 10 + 100 * 2 / 4


def test_a_thousand_small_files_are_a_thousand_minutes_or_one_batch() -> None:
    # 0.1 s a file here: the batch takes 20 + 100 * 2 / 4 = 70 s
    bill = per_files((sample(500, 1_500, 62.5), taken(60, 50)), start=20)

    assert bill.title == "1,000 files of 1,500 rows (125 kB)"
    assert bill.job_a_file == pytest.approx(1_000 * 2 * 60 / 3600 * 0.44)
    assert bill.batch == pytest.approx(2 * 70 / 3600 * 0.44)
    assert bill.dataframes is None


def test_a_job_a_file_that_takes_longer_than_a_minute_costs_more() -> None:
    # 20 + 200 * 2 / 4 = 120 s
    bill = per_files((sample(1, 10**7, 900), taken(220, 200)), start=20)

    assert bill.job_a_file == pytest.approx(1_000 * 2 * 120 / 3600 * 0.44)


def test_a_hundred_gigabytes_cost_what_the_throughput_of_this_run_makes_of_them() -> None:
    small = (sample(500, 1_500, 50), taken(60, 50))
    ours = (sample(16, 376_506, 500), taken(40, 30))

    bill = per_lake(small, ours, taken(135, 120))

    assert bill.job_a_file == pytest.approx(1_000_000 * 2 * 60 / 3600 * 0.44)
    # 200 times 30 s on 2 cores are 3,000 s on 4; 10 s to start
    assert bill.batch == pytest.approx(2 * 3_010 / 3600 * 0.44)
    # 200 times 120 s are 12,000 s; 15 s to start
    assert bill.dataframes == pytest.approx(2 * 12_015 / 3600 * 0.44)


def test_there_is_a_bill_for_each_size_of_small_files_and_one_for_a_lake_of_the_largest() -> None:
    ours = (sample(16, 376_506, 500), taken(40, 30))
    small = [
        (sample(1_000, 1_500, 125), taken(20, 10)),
        (sample(1_000, 20, 2), taken(20, 10)),
        (sample(3_000, 20, 6), taken(900, 800)),
    ]

    found = bills(small, ours, taken(135, 120))

    assert [bill.title.split(" (")[0] for bill in found] == [
        "1,000 files of 20 rows",
        "1,000 files of 1,500 rows",
        "100 GB",
    ]
    assert found[0].batch == dollars(60)  # of the first of its size
    assert "800,000 files of 1,500 rows" in found[2].title
    assert bills([], ours, taken(135, 120)) == []
