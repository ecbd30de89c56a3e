"""How the files of a dataset may be written."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.errors import ContractError
from lake_assets.contracts.format import CsvFormat, NdjsonFormat
from lake_assets.contracts.load import load_lake
from lake_assets_tests.kernels.reading import SMALL, retail, small

YAML = """\
type: lake_assets.components.LakeComponent
attributes:
  lake: l
  arrivals_start: 2020-01-01
  datasets:
    - name: d
      columns:
        - {name: id}
        - {name: at, type: timestamp, required: true, formats: [yyyy-MM-dd]}
      key: [id]
      partition: {column: at, start: 2020-01-01}
      gold: {table: t, row_hash: [id]}
      format:
"""


def loaded(directory: Path, *options: str) -> Dataset:
    path = directory / "defs.yaml"
    path.write_text(YAML + "".join(f"        {option}\n" for option in options))
    return load_lake(path).datasets[0]


def mistake(directory: Path, *options: str) -> str:
    with pytest.raises(ContractError) as caught:
        loaded(directory, *options)
    return str(caught.value).removeprefix(f"{directory}/defs.yaml:")


def test_a_format_is_csv_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert isinstance(small().format, CsvFormat)
    assert isinstance(retail().format, CsvFormat)
    assert loaded(tmp_path, "nulls: [x]").format == CsvFormat(nulls=["x"])
    assert loaded(tmp_path, "type: csv").format == CsvFormat()
    found = loaded(tmp_path, "type: ndjson", "max_line_kb: 9").format
    assert found == NdjsonFormat(type="ndjson", max_line_kb=9)


def test_a_contract_of_ndjson_comes_back_from_its_json() -> None:
    dataset = small(format={"type": "ndjson", "undecodable": "refuse"})
    assert Dataset.model_validate_json(dataset.model_dump_json()) == dataset
    assert Dataset.model_validate(dataset.model_dump()) == dataset


def test_an_unknown_type_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    told = mistake(tmp_path, "type: xml")
    assert told.startswith(
        "13: datasets.0.format: `type` is csv, which need not be said, or ndjson"
    )


@pytest.mark.parametrize(
    ("option", "verb"),
    [
        ('delimiters: [","]', "delimiters is"),
        ("preamble_lines: 1", "preamble_lines is"),
        ("{totals: x, max_columns: 2}", "max_columns, totals are"),
    ],
)
def test_an_option_of_csv_in_ndjson_says_to_take_it_out(
    tmp_path: Path, option: str, verb: str
) -> None:
    options = ["type: ndjson", option]
    if option.startswith("{"):
        options = [f"{{type: ndjson, {option[1:]}"]
    told = mistake(tmp_path, *options)
    assert told.startswith(f"13: datasets.0.format: {verb} for CSV")
    assert "take it out, or write `type: csv`" in told


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_a_mistake_in_a_format_points_at_its_line(tmp_path: Path, kind: str) -> None:
    told = mistake(tmp_path, f"type: {kind}", "max_line_kb: 0")
    assert told.startswith("15: datasets.0.format.max_line_kb: ")
    told = mistake(tmp_path, f"type: {kind}", "colour: red")
    assert "datasets.0.format.colour: there is no such key" in told


def test_encodings_are_checked_in_either_format() -> None:
    for kind in ("csv", "ndjson"):
        with pytest.raises(ValidationError, match="use a name such as utf-8"):
            Dataset.model_validate({**SMALL, "format": {"type": kind, "encodings": ["klingon"]}})


def test_only_a_record_of_csv_spans_lines() -> None:
    options: dict[str, Any] = {"max_record_lines": 7}
    assert CsvFormat(**options).record_lines == 7
    assert NdjsonFormat(type="ndjson").record_lines == 1


def test_who_reads_csv_alone_is_told_of_another_format() -> None:
    assert small().csv.delimiters[0] == ","
    with pytest.raises(TypeError, match="are ndjson, not csv"):
        _ = small(format={"type": "ndjson"}).csv
