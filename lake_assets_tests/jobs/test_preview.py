"""A sample read without a lake: the same verdict as that of the pipeline."""

from datetime import UTC, datetime

import pytest

from lake_assets.contracts import Dataset
from lake_assets.jobs.preview import FileRefusedError, Preview, preview
from lake_assets_tests.kernels.reading import read, small

HEADER = "id,at,n,note\n"
ROW = "A1,2025-01-02,5,x\n"
ARRIVED = datetime(2025, 5, 1, tzinfo=UTC)


def look(data: str | bytes, dataset: Dataset | None = None, *, whole: bool = True) -> Preview:
    data = data.encode() if isinstance(data, str) else data
    return preview(data, "f.csv", dataset or small(), ARRIVED, whole=whole)


def test_a_sample_is_read_as_the_file_would_be() -> None:
    text = f"{HEADER}{ROW}\nA2;2025-01-02;6;y\nA3,never,7,z\n"
    seen = look(text)
    assert seen.result.books == read(text, small(), "f.csv").books
    assert seen.header == ("id", "at", "n", "note")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_wide_characters_are_read(encoding: str) -> None:
    books = look((HEADER + ROW.replace("x", "Ü")).encode(encoding)).result.books
    assert (books.good, books.lines) == (1, 2)


def test_a_header_of_two_lines_has_its_cells() -> None:
    assert look('id,at,n,"note\nor so"\n' + ROW).header[3] == "note\nor so"


def test_totals_are_counted_where_the_end_of_the_file_was_read() -> None:
    dataset = small(format={"totals": "^Total"})
    text = f"{HEADER}{ROW}\nTotal,,5,\n"
    assert look(text, dataset).totals == 1
    assert look(text, dataset, whole=False).totals == 0
    assert look(text, dataset, whole=False).result.books.rejected == 1
    assert look(text).totals == 0


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        ("", {}, "empty_file"),
        (HEADER + "x" * 3000, {"format": {"max_line_kb": 1}}, "too_large"),
        (
            HEADER + ROW,
            {"rules": [{"name": "r", "expression": "n > 5", "severity": "fail"}]},
            "rule_failed",
        ),
    ],
)
def test_what_would_refuse_the_file_is_raised(
    text: str, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(FileRefusedError) as caught:
        look(text, small(**changes))
    assert caught.value.reason == reason
