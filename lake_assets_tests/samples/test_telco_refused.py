"""The telco samples that a validator refuses whole."""

import json
from collections.abc import Collection

from lake_assets.samples import TELCO_DATASETS, SampleFile, telco_files
from lake_assets.samples.telco_refused import REFUSALS


def refused(count: int, datasets: Collection[str] = TELCO_DATASETS) -> list[SampleFile]:
    files = telco_files(customers=3, plans=2, events=2, days=2, refused=count, datasets=datasets)
    return [file for file in files if file.truth.system_reject]


def test_refused_files_come_last_and_in_turn() -> None:
    reasons = [file.truth.system_reject for file in refused(9)]
    assert reasons == [reason for _, reason in (*REFUSALS, *REFUSALS[:2])]
    every = list(telco_files(customers=3, plans=2, events=2, days=2, refused=3))
    assert [bool(file.truth.system_reject) for file in every[-4:]] == [False, True, True, True]


def test_names_are_unique_when_files_outnumber_the_days() -> None:
    assert len({file.name for file in refused(40)}) == 40


def test_of_one_dataset_only_its_own_kinds_come() -> None:
    files = refused(3, datasets=["activity_logs"])
    assert {file.name.partition("/")[0] for file in files} == {"activity_logs"}
    assert len({file.truth.system_reject for file in files}) == 3


def test_a_refused_file_counts_nothing() -> None:
    for file in refused(len(REFUSALS)):
        truth = file.truth
        assert (truth.rows_read, truth.good, truth.skipped) == (0, 0, 0)
        assert not truth.rejected
        assert not truth.dates
        assert not truth.transactions


def test_each_refused_file_has_its_fault() -> None:
    texts = {file.truth.system_reject: file.content.decode() for file in refused(len(REFUSALS))}
    assert [set(record) for record in json.loads(texts["invalid_ndjson_format"])] == [
        {"event_id", "customer_id", "event_type", "event_timestamp"}
    ] * 5
    assert texts["empty_file"] == ""
    assert "{" not in texts["no_json_lines_detected"]
    assert all("customer_id" not in line for line in texts["missing_fields"].splitlines())
    assert "monthly_price" not in texts["missing_columns"]
    assert len(texts["no_data_rows_found"].splitlines()) == 1
    assert [file.name for file in refused(7)][-1] == "invoices/invoices_2024-01-01.csv"
