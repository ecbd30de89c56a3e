"""The samples that a validator refuses whole."""

from lake_assets.samples import SampleFile, retail_files


def refused(count: int) -> list[SampleFile]:
    return [*retail_files(files=2, rows=20, refused=count)][2:]


def test_refused_files_come_last_and_in_turn() -> None:
    assert [file.truth.system_reject for file in refused(6)] == [
        "missing_columns",
        "empty_file",
        "no_data_rows_found",
        "delimiter_detection_failed",
        "missing_columns",
        "empty_file",
    ]


def test_ordinary_files_are_not_refused() -> None:
    assert all(file.truth.system_reject is None for file in retail_files(files=5, rows=20))


def test_a_refused_file_counts_nothing() -> None:
    for file in refused(4):
        truth = file.truth
        assert (truth.rows_read, truth.good, truth.skipped) == (0, 0, 0)
        assert not truth.rejected
        assert not truth.dates
        assert not truth.transactions


def test_each_refused_file_has_its_fault_and_no_other() -> None:
    missing, empty, header_only, undelimited = (file.content.decode() for file in refused(4))
    header, first, *_ = missing.splitlines()
    assert "revenue" not in header
    assert header.count(",") == first.count(",") == 5
    assert empty == ""
    assert header_only.splitlines() == [header + ",revenue"]
    assert len(undelimited.splitlines()) > 1
    assert not any(mark in undelimited for mark in ",;\t|")
