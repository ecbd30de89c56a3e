"""A column of a contract."""

from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets.contracts import Column, ColumnType


def test_a_column_is_an_optional_text_unless_it_says_otherwise() -> None:
    column = Column(name="note")
    assert (column.type, column.required, column.aliases) == (ColumnType.STRING, False, [])
    assert (column.precision, column.scale) == (18, 2)


TIME = {"name": "at", "type": "timestamp", "formats": ["yyyy-MM-dd"]}


@pytest.mark.parametrize(
    ("attributes", "mistake"),
    [
        ({"name": "Note"}, "should match pattern"),
        ({"name": "1st"}, "should match pattern"),
        ({"name": "_note"}, "should match pattern"),
        ({"name": "x" * 64}, "at most 63"),
        ({"name": "at", "type": "timestamp"}, "a timestamp needs at least one"),
        ({"name": "n", "type": "integer", "formats": ["yyyy-MM-dd"]}, "`formats` is for type"),
        ({"name": "at", "type": "timestamp", "formats": ["yyyy"]}, "lacks month, day"),
        (
            {"name": "at", "type": "timestamp", "formats": ["yyyyMMdd", "ddMMyyyy"]},
            "'yyyyMMdd' and 'ddMMyyyy' read one text as two dates",
        ),
        ({"name": "n", "type": "decimal", "precision": 2, "scale": 3}, "larger than precision"),
        ({"name": "n", "type": "decimal", "precision": 39}, "less than or equal to 38"),
        ({"name": "n", "type": "float"}, "decimal"),
        ({"name": "n", "type": "integer", "scale": 1}, "`scale` is for type decimal, not integer"),
        ({"name": "n", "decimal_mark": "comma"}, "is for type integer and decimal, not string"),
        ({"name": "n", "type": "integer", "percent": "points"}, "`percent` is for type decimal"),
        ({"name": "n", "type": "integer", "within_text": True}, "is for type decimal"),
        ({"name": "n", "type": "decimal", "decimal_mark": "dot"}, "'auto', 'point' or 'comma'"),
        ({"name": "n", "timezone": "Asia/Tokyo"}, "`timezone` is for type timestamp"),
        ({"name": "n", "fold": "later"}, "`fold` is for type timestamp"),
        (TIME | {"timezone": "Paris"}, "no time zone 'Paris'; use an IANA name"),
        (TIME | {"timezone": "localtime"}, "no time zone 'localtime'"),
        (TIME | {"timezone": "../etc/passwd"}, "no time zone"),
        (TIME | {"fold": "first"}, "'reject', 'earlier' or 'later'"),
        ({"name": "n", "true_values": ["ja"]}, "`true_values` is for type boolean"),
        ({"name": "n", "type": "boolean", "true_values": []}, "at least 1 item"),
        (
            {"name": "n", "type": "boolean", "true_values": ["ja", " N "]},
            r"\['n'\] would be both true and false",
        ),
        ({"name": "n", "requird": True}, "Extra inputs"),
    ],
)
def test_a_column_without_a_meaning_is_refused(attributes: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        Column.model_validate(attributes)


def test_a_contract_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Column(name="n").name = "m"  # type: ignore[misc]


def test_the_words_of_a_boolean_are_kept_as_cells_are_compared() -> None:
    column = Column(
        name="paid", type=ColumnType.BOOLEAN, true_values=[" Ja", "ja"], false_values=["NEIN"]
    )
    assert (column.true_values, column.false_values) == (["ja"], ["nein"])
