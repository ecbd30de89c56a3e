"""The contract of a dataset."""

from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets.contracts import Dataset
from lake_assets_tests.kernels.reading import SMALL, small

ID, AT, N, NOTE = SMALL["columns"]


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"columns": [ID, AT, N, NOTE, ID]}, "declares a column twice"),
        ({"columns": [ID, AT, N, {**NOTE, "aliases": ["n"]}]}, r"\['n'\] would name two columns"),
        ({"columns": [ID, AT, N, NOTE, {"name": "raw_row"}]}, "names of our own columns"),
        ({"columns": [ID, AT, N, NOTE, {"name": "reject_reason"}]}, "names of our own columns"),
        ({"columns": [ID, AT, N, NOTE, {"name": "at_raw"}]}, "names of our own columns"),
        ({"columns": [ID, AT, N, NOTE, {"name": "at_parsed"}]}, "names of our own columns"),
        (
            {"key": ["nothing"]},
            r"key names \['nothing'\], which is no column here; the columns are",
        ),
        ({"gold": {"table": "t", "row_hash": ["x"]}}, r"gold.row_hash names \['x'\]"),
        ({"quality": {"max_null_rate": {"x": 0.5}}}, r"quality.max_null_rate names \['x'\]"),
        ({"quality": {"max_reject_rate": 5}}, "less than or equal to 1"),
        ({"partition": {"column": "id", "start": "2020-01-01"}}, "must be a required timestamp"),
        ({"rules": [{"name": "r", "expression": "x > 1"}]}, r"rule 'r' names \['x'\]"),
        ({"rules": [{"name": "r", "expression": "n > 1"}] * 2}, "names two rules alike"),
        ({"rules": [{"name": "r", "expression": "at >= '2024-01-01'"}]}, "rule 'r': .* compared"),
        (
            {"rules": [{"name": "event_date_in_range", "expression": "n > 1"}]},
            "name the rule other",
        ),
        (
            {"gold": {"table": "t", "row_hash": ["n"], "audit_counts": {"c": "n"}}},
            "gold.audit_counts.c: .* where true or false is needed",
        ),
        ({"zones": {"raw": "/raw/"}}, "must be a relative prefix"),
        ({"zones": {"raw": "processed/raw/"}}, "is, or contains, another zone"),
        ({"format": {"delimiters": [",,"]}}, "must be one ASCII sign"),
        ({"format": {"delimiters": ["\n"]}}, "must be one ASCII sign"),
        ({"format": {"delimiters": ['"']}}, "must be one ASCII sign"),
        ({"format": {"delimiters": ["§"]}}, "must be one ASCII sign"),
        ({"format": {"delimiters": [",", ","]}}, "name one twice"),
        ({"format": {"encodings": ["utf-9"]}}, "unknown encoding: utf-9; use a name such as"),
        ({"format": {"encodings": ["hex"]}}, "not a text encoding"),
        ({"format": {"encodings": ["utf-8", "UTF8"]}}, "name one twice"),
        ({"format": {"encodings": ["detect", "detect"]}}, "name one twice"),
        ({"format": {"undecodable": "ignore"}}, "'reject' or 'refuse'"),
        ({"format": {"preamble_lines": -1}}, "greater than or equal to 0"),
        ({"format": {"totals": "(?i)^total("}}, r"'\(\?i\)\^total\(': missing \), unterminated"),
        ({"format": {"totals": "^(?!a)"}}, "looks around or back"),
        ({"format": {"totals": "^(?:Total.*)?"}}, "matches every record, even an empty one"),
        ({"format": {"max_expanded_mb": 0}}, "greater than or equal to 1"),
        ({"format": {"max_expansion_ratio": 0}}, "greater than or equal to 1"),
        ({"format": {"max_line_kb": 0}}, "greater than or equal to 1"),
        ({"format": {"max_field_kb": 0}}, "greater than or equal to 1"),
        ({"format": {"max_columns": 0}}, "greater than or equal to 1"),
    ],
)
def test_a_contract_that_could_not_be_kept_is_refused(
    changes: dict[str, Any], mistake: str
) -> None:
    with pytest.raises(ValidationError, match=mistake):
        small(**changes)


def test_a_contract_that_says_nothing_of_the_encoding_detects_it() -> None:
    assert small().format.encodings == ["utf-8", "detect"]


def test_the_text_of_totals_is_a_regular_expression() -> None:
    assert small(format={"totals": "(?i)^(grand )?total\\b"}).csv.totals


def test_a_column_is_found_by_its_name() -> None:
    assert small().column("n").name == "n"
    with pytest.raises(KeyError):
        small().column("x")


def test_a_contract_survives_its_own_dump() -> None:
    assert Dataset.model_validate_json(small().model_dump_json()) == small()
