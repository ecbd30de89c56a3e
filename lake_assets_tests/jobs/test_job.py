"""A job as data: what it says travels, and how much it will read."""

from datetime import date

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.job import Compact, Ingest, Job, Rebuild, Replay
from lake_assets.jobs.size import input_bytes
from lake_assets.jobs.tables.current import newest_table
from lake_assets.storage import Store
from lake_assets_tests.jobs import club
from lake_assets_tests.jobs.lakes import ARRIVED, csv, dataset_of, place, run, sale

ARRIVAL = ARRIVED.date()
WORKS = [
    Ingest(arrival=ARRIVAL),
    Compact(dates=("2025-05-30",)),
    Rebuild(dates=("2025-05-30",)),
    Replay(first=ARRIVAL, last=ARRIVAL, files=("a.csv",), reasons=("INVALID_NUMBER",)),
]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.step)
def test_a_job_and_its_contract_come_out_of_json_as_they_went_in(
    work: Ingest | Compact | Rebuild | Replay, lake: Lake
) -> None:
    job = Job(lake=lake, dataset="sales", uri="s3://b/retail", work=work)
    assert Job.model_validate_json(job.model_dump_json()) == job
    assert Job(**job.model_dump(mode="json")).contract() == dataset_of(lake)


def test_a_dataset_that_the_lake_does_not_have_is_told(lake: Lake) -> None:
    job = Job(lake=lake, dataset="sails", uri="/lake", work=WORKS[0])
    with pytest.raises(ValueError, match="retail has no dataset 'sails'; it has: sales"):
        job.contract()


def test_the_size_of_a_job_is_that_of_the_files_it_reads(local_store: Store, lake: Lake) -> None:
    dataset = dataset_of(lake)
    data = csv(sale("T1"), sale("T2", "2025-05-29"))
    place(local_store, "a.csv", data)
    assert input_bytes(local_store, dataset, Ingest(arrival=ARRIVAL)) == len(data)
    run(local_store, lake)
    assert input_bytes(local_store, dataset, Ingest(arrival=ARRIVAL)) == 0
    assert input_bytes(local_store, dataset, Replay(first=ARRIVAL, last=ARRIVAL)) == len(data)
    other = date(2025, 6, 2)
    assert input_bytes(local_store, dataset, Replay(first=other, last=other)) == 0
    one, both = ("2025-05-30",), ("2025-05-29", "2025-05-30")
    found = [input_bytes(local_store, dataset, Compact(dates=days)) for days in (one, both)]
    assert 0 < found[0] < found[1]
    assert input_bytes(local_store, dataset, Rebuild(dates=both)) == found[1]


def test_gold_that_carries_reads_the_newest_table_for_each_date(local_store: Store) -> None:
    plain, carries = (club.members_only(carry=carry).datasets[0] for carry in (False, True))
    of = club.members_only(carry=True)
    club.arrive(local_store, carries, "a.csv", f"m1,{club.DAYS[0]},a,Lyon", arrived=club.ARRIVED)
    club.run(local_store, of)
    table = newest_table(local_store, carries)
    assert table
    for days in (club.DAYS[:1], club.DAYS[:2]):
        work = Compact(dates=tuple(days))
        rows = input_bytes(local_store, plain, work)
        assert input_bytes(local_store, carries, work) == rows + len(days) * table.size
    again = Rebuild(dates=tuple(club.DAYS[:1]))
    assert input_bytes(local_store, carries, again) == input_bytes(local_store, plain, again) > 0
