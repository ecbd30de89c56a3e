"""What a change between two versions of a contract means."""

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from lake_assets.contracts import Column, Dataset, Lake, Rule
from lake_assets.contracts.changes import Effect
from lake_assets.contracts.dataset import Gold
from lake_assets.contracts.evolution import compare_datasets, compare_lakes
from lake_assets.contracts.format import CsvFormat, NdjsonFormat
from lake_assets.contracts.partitioning import Partitioning
from lake_assets.contracts.quality import Quality
from lake_assets.contracts.zones import PREFIXES, Zones
from lake_assets_tests.kernels.reading import SMALL, small, with_column, with_columns, with_rule

ID, AT, N, NOTE = SMALL["columns"]
COMPATIBLE, REPLAY, BREAKING = Effect


def changes(old: Dataset, new: Dataset) -> dict[str, Effect]:
    """Where -> how grave."""
    return {change.where: change.effect for change in compare_datasets(old, new)}


def sentence(old: Dataset, new: Dataset) -> str:
    """That of the only change."""
    (change,) = compare_datasets(old, new)
    return change.sentence


def formatted(**options: Any) -> Dataset:
    return small(format=options)


def test_a_contract_is_as_it_was_when_only_its_spelling_changed() -> None:
    old = with_rule("n > 1 and note IS NULL")
    assert changes(old, with_rule("n  >  1 AND note is null")) == {}


def test_the_gravest_change_comes_first() -> None:
    old = with_rule("n > 1")
    new = with_rule("n > 2").model_copy(
        update={"columns": [*with_column("x").columns], "key": ["note"]}
    )
    assert list(changes(old, new).values()) == [BREAKING, REPLAY, COMPATIBLE]


class TestColumns:
    def test_a_new_column_is_compatible_if_it_is_optional(self) -> None:
        assert changes(small(), with_column("x")) == {"columns.x": COMPATIBLE}
        assert changes(small(), with_column("x", required=True)) == {"columns.x": BREAKING}

    def test_a_removed_column_breaks(self) -> None:
        assert changes(with_column("x"), small()) == {"columns.x": BREAKING}

    def test_a_rename_is_compatible_with_the_old_name_as_an_alias(self) -> None:
        old, new = with_column("x"), with_column("y", aliases=["x"])
        assert changes(old, new) == {"columns.x": COMPATIBLE}
        assert "renamed to y" in sentence(old, new)

    def test_a_rename_without_an_alias_breaks(self) -> None:
        expected = {"columns.x": BREAKING, "columns.y": COMPATIBLE}
        assert changes(with_column("x"), with_column("y")) == expected

    def test_a_renamed_column_is_the_same_in_keys_rules_and_hashes(self) -> None:
        gold = {"table": "t", "row_hash": ["at", "num"], "audit_counts": {"c": "num > 1"}}
        rules = [{"name": "r", "expression": "num > 0"}]
        renamed = {**N, "name": "num", "aliases": ["n"]}
        new = small(columns=[ID, AT, renamed, NOTE], key=["num"], gold=gold, rules=rules)
        old = small(
            key=["n"],
            gold={"table": "t", "row_hash": ["at", "n"], "audit_counts": {"c": "n > 1"}},
            rules=[{"name": "r", "expression": "n > 0"}],
        )
        assert changes(old, new) == {"columns.n": COMPATIBLE}

    def test_two_columns_that_become_one_break(self) -> None:
        old = with_columns({"name": "x"}, {"name": "y"})
        new = with_column("z", aliases=["x", "y"])
        found = changes(old, new)
        assert found == {"columns.x": BREAKING, "columns.y": BREAKING, "columns.z": BREAKING}

    @pytest.mark.parametrize(
        ("old", "new", "effect", "said"),
        [
            ({"type": "integer"}, {"type": "decimal", "precision": 21}, COMPATIBLE, "wider"),
            ({"type": "integer"}, {"type": "decimal"}, COMPATIBLE, "at most 16 digits"),
            ({"type": "integer"}, {"type": "string"}, REPLAY, "007"),
            ({"type": "decimal"}, {"type": "decimal", "scale": 1}, REPLAY, "could be lost"),
            ({"type": "decimal"}, {"type": "integer"}, REPLAY, r"was decimal(18,2), is integer"),
        ],
    )
    def test_a_type_may_widen(
        self, old: dict[str, Any], new: dict[str, Any], effect: Effect, said: str
    ) -> None:
        before, after = with_column("x", **old), with_column("x", **new)
        assert changes(before, after) == {"columns.x.type": effect}
        assert said in sentence(before, after)

    def test_a_column_of_the_hash_that_widens_is_told(self) -> None:
        assert "row_hash" in sentence(
            small(), small(columns=[ID, AT, {**N, "type": "decimal"}, NOTE])
        )
        assert "row_hash" not in sentence(
            with_column("x", type="integer"), with_column("x", type="decimal")
        )

    def test_a_key_does_not_become_a_text_before_it_is_rebuilt(self) -> None:
        old = with_column("x", type="integer").model_copy(update={"key": ["x"]})
        new = with_column("x").model_copy(update={"key": ["x"]})
        assert "not compacted before they are rebuilt" in sentence(old, new)

    def test_required_breaks_and_optional_is_looser(self) -> None:
        needed, free = with_column("x", required=True), with_column("x")
        assert changes(free, needed) == {"columns.x.required": BREAKING}
        assert changes(needed, free) == {"columns.x.required": COMPATIBLE}

    def test_an_alias_may_come_but_not_go(self) -> None:
        old, new = with_column("x", aliases=["a"]), with_column("x", aliases=["a", "b"])
        assert changes(old, new) == {"columns.x.aliases": COMPATIBLE}
        assert changes(new, old) == {"columns.x.aliases": REPLAY}
        needed = with_column("x", aliases=["a"], required=True)
        assert changes(needed, with_column("x", required=True)) == {"columns.x.aliases": BREAKING}

    def test_how_texts_are_read_needs_a_replay(self) -> None:
        more = {**AT, "formats": [*AT["formats"], "dd.MM.yyyy"]}
        assert changes(small(), small(columns=[ID, more, N, NOTE])) == {
            "columns.at.formats": REPLAY
        }

    def test_another_order_is_compatible(self) -> None:
        assert changes(small(), small(columns=[ID, AT, NOTE, N])) == {"columns": COMPATIBLE}


class TestRules:
    def test_a_new_rule_needs_a_replay_unless_it_only_warns(self) -> None:
        assert changes(small(), with_rule("n > 1")) == {"rules.r": REPLAY}
        assert changes(small(), with_rule("n > 1", severity="warn")) == {"rules.r": COMPATIBLE}

    def test_a_rule_that_goes_is_looser(self) -> None:
        assert changes(with_rule("n > 1"), small()) == {"rules.r": COMPATIBLE}

    def test_another_expression_or_reason_needs_a_replay(self) -> None:
        assert changes(with_rule("n > 1"), with_rule("n > 2")) == {"rules.r.expression": REPLAY}
        found = changes(with_rule("n > 1"), with_rule("n > 1", reason="TOO_FEW"))
        assert found == {"rules.r.reason": REPLAY}

    def test_a_severity_is_looser_or_stricter(self) -> None:
        reject, warn = with_rule("n > 1"), with_rule("n > 1", severity="warn")
        assert changes(reject, warn) == {"rules.r.severity": COMPATIBLE}
        assert changes(warn, reject) == {"rules.r.severity": REPLAY}

    def test_another_order_is_compatible(self) -> None:
        rules = [{"name": name, "expression": "n > 1"} for name in "ab"]
        found = changes(small(rules=rules), small(rules=rules[::-1]))
        assert found == {"rules": COMPATIBLE}


class TestTheRest:
    def test_the_key_and_the_partition_break(self) -> None:
        assert changes(small(), small(key=["note"])) == {"key": BREAKING}
        old = with_columns(OTHER_TIME)
        other = Partitioning(column="b", start=old.partition.start)
        found = changes(old, old.model_copy(update={"partition": other}))
        assert found == {"partition.column": BREAKING}

    def test_a_key_in_another_order_is_the_same_key(self) -> None:
        found = changes(small(key=["id", "n"]), small(key=["n", "id"]))
        assert found == {"key": COMPATIBLE}

    @pytest.mark.parametrize(("field", "value"), [("start", "2019-01-01"), ("max_days_ahead", 3)])
    def test_more_dates_are_compatible_and_fewer_need_a_replay(
        self, field: str, value: object
    ) -> None:
        more = small(partition={**SMALL["partition"], field: value})
        assert changes(small(), more) == {f"partition.{field}": COMPATIBLE}
        assert changes(more, small()) == {f"partition.{field}": REPLAY}

    def test_a_limit_may_grow_and_all_else_of_the_format_needs_a_replay(self) -> None:
        assert changes(small(), formatted(max_columns=20_000)) == {"format.max_columns": COMPATIBLE}
        assert changes(small(), formatted(max_columns=20)) == {"format.max_columns": REPLAY}
        assert changes(small(), formatted(nulls=["", "none"])) == {"format.nulls": REPLAY}
        assert changes(small(), formatted(delimiters=[","])) == {"format.delimiters": REPLAY}

    def test_another_row_hash_says_what_it_gains_and_loses(self) -> None:
        new = small(gold={"table": "t", "row_hash": ["at", "id", "note"]})
        assert changes(small(), new) == {"gold.row_hash": REPLAY}
        assert sentence(small(), new).startswith("gains id, loses n: ")
        turned = small(gold={"table": "t", "row_hash": ["n", "at", "note"]})
        assert sentence(small(), turned).startswith("in another order: ")

    def test_a_table_or_zone_at_another_place_breaks(self) -> None:
        new = small(gold={**SMALL["gold"], "table": "other"})
        assert changes(small(), new) == {"gold.table": BREAKING}
        assert changes(small(), small(zones={"raw": "in/"})) == {"zones.raw": BREAKING}


def lake(*datasets: Dataset) -> Lake:
    return Lake(lake="l", arrivals_start=date(2025, 1, 1), datasets=list(datasets))


class TestVersions:
    def test_a_changed_contract_of_the_same_version_is_told(self) -> None:
        (found,) = compare_lakes(lake(small()), lake(with_column("x")))
        assert found.version_is_missing
        raised = with_column("x").model_copy(update={"contract_version": "2"})
        (found,) = compare_lakes(lake(small()), lake(raised))
        assert not found.version_is_missing
        assert (found.old_version, found.new_version) == ("1", "2")

    def test_what_changes_no_row_needs_no_version(self) -> None:
        new = small(description="other", quality={"max_reject_rate": 0.5})
        (found,) = compare_lakes(lake(small()), lake(new))
        assert [change.effect for change in found.changes] == [COMPATIBLE] * 2
        assert not found.version_is_missing

    def test_datasets_come_and_go(self) -> None:
        other = small(name="other", zones={name: f"o/{name}/" for name in PREFIXES})
        (same, new) = compare_lakes(lake(small()), lake(small(), other))
        assert (same.effect, new.effect) == (None, COMPATIBLE)
        assert not new.version_is_missing
        (_, gone) = compare_lakes(lake(small(), other), lake(small()))
        assert gone.effect is BREAKING


NUMBER = {"name": "x", "type": "decimal"}
TIME = {"name": "x", "type": "timestamp", "formats": ["yyyy-MM-dd"]}
TRUTH = {"name": "x", "type": "boolean"}
COLUMNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "name": ({"name": "x"}, {"name": "y"}),
    "type": ({"name": "x"}, NUMBER),
    "required": ({"name": "x"}, {"name": "x", "required": True}),
    "description": ({"name": "x"}, {"name": "x", "description": "d"}),
    "personal": ({"name": "x"}, {"name": "x", "personal": True}),
    "aliases": ({"name": "x"}, {"name": "x", "aliases": ["a"]}),
    "formats": (TIME, {**TIME, "formats": ["yyyyMMdd"]}),
    "timezone": (TIME, {**TIME, "timezone": "Europe/Paris"}),
    "fold": (TIME, {**TIME, "fold": "later"}),
    "precision": (NUMBER, {**NUMBER, "precision": 20}),
    "scale": (NUMBER, {**NUMBER, "scale": 3}),
    "decimal_mark": (NUMBER, {**NUMBER, "decimal_mark": "comma"}),
    "percent": (NUMBER, {**NUMBER, "percent": "points"}),
    "within_text": (NUMBER, {**NUMBER, "within_text": True}),
    "true_values": (TRUTH, {**TRUTH, "true_values": ["oui"]}),
    "false_values": (TRUTH, {**TRUTH, "false_values": ["non"]}),
}
TEXT_FORMAT = {
    "encodings": ["utf-8"], "undecodable": "refuse", "nulls": [""], "max_file_mb": 1,
    "max_expanded_mb": 1, "max_expansion_ratio": 1, "max_line_kb": 1, "max_field_kb": 1,
}  # fmt: skip
RULE = {"name": "r", "expression": "n > 1"}
RULES = {
    "name": {"name": "s"},
    "expression": {"expression": "n > 2"},
    "reason": {"reason": "OTHER"},
    "severity": {"severity": "warn"},
    "description": {"description": "d"},
}
PARTS: dict[type[BaseModel], tuple[str, dict[str, Any]]] = {
    CsvFormat: (
        "format",
        {
            "delimiters": [","], "preamble_lines": 1, "totals": "^Total", "max_record_lines": 1,
            "max_columns": 1, **TEXT_FORMAT,
        },
    ),
    NdjsonFormat: ("format", TEXT_FORMAT),
    Partitioning: (
        "partition",
        {"by": "arrival", "column": "b", "start": "2021-01-01", "max_days_ahead": 9},
    ),
    Gold: (
        "gold",
        {
            "table": "u", "row_hash": ["id"], "target_file_mb": 1, "one_task_mb": 1,
            "at_once_mb": 1, "crawler_name": "c", "audit_counts": {"c": "n > 1"},
            "snapshots": True, "carry": True,
            "lookups": [{"dataset": "d", "on": {"n": "k"}, "columns": {"y": "z"}}],
        },
    ),
    Quality: (
        "quality",
        {
            "max_reject_rate": 1, "max_duplicate_rate": 1, "max_null_rate": {"n": 0.5},
            "accepted": {"note": {"values": ["a"]}}, "ranges": {"n": {"minimum": 1}},
            "unique": [{"columns": ["n"]}], "volume": None, "freshness": {"fail_hours": 9},
            "references": [{"columns": ["n"], "to": {"dataset": "d", "columns": ["n"]}}],
        },
    ),
    Zones: ("zones", {name: f"other/{name}/" for name in PREFIXES} | {"dated": True}),
}  # fmt: skip
OTHER_TIME = {"name": "b", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd"]}


def test_no_field_of_a_contract_can_change_unseen() -> None:
    """A field that is new in the models has to be given another value here, too."""
    assert set(COLUMNS) == set(Column.model_fields)
    assert set(RULES) == set(Rule.model_fields)
    for one, other in COLUMNS.values():
        assert changes(with_columns(one), with_columns(other))
    for changed in RULES.values():
        assert changes(small(rules=[RULE]), small(rules=[{**RULE, **changed}]))
    for model, (part, values) in PARTS.items():
        assert set(values) == set(model.model_fields) - {"type"}, part
        for field, value in values.items():
            old = with_columns(OTHER_TIME)
            if model is NdjsonFormat:
                old = old.model_copy(update={"format": NdjsonFormat(type="ndjson")})
            along = {"column": None} if (part, field) == ("partition", "by") else {}
            stated = getattr(old, part).model_dump() | {field: value} | along
            new = Dataset.model_validate(old.model_dump() | {part: stated})
            assert [where for where in changes(old, new) if where.startswith(part)], field
    assert changes(small(), small(format={"type": "ndjson"})) == {"format.type": BREAKING}
    assert changes(small(), small(versions="supersede"))
    assert changes(small(), small(engine="spark"))
    assert changes(small(), small(late_after_days=7)) == {"late_after_days": COMPATIBLE}
    assert changes(small(), small(runbook={"late_data": "call"})) == {"runbook": COMPATIBLE}
    told = {part for part, _ in PARTS.values()} | {"columns", "engine", "rules", "key", "versions"}
    told |= {"late_after_days", "runbook"}
    assert told | {"name", "contract_version", "description"} == set(Dataset.model_fields)


def test_a_text_that_becomes_json_is_told_to_stay_as_it_is() -> None:
    (change,) = compare_datasets(with_column("x"), with_column("x", type="json"))
    assert change.effect is REPLAY
    assert "keep texts that are no object or array until their dates are rebuilt" in change.sentence
    (change,) = compare_datasets(with_column("x", type="json"), with_column("x"))
    assert change.effect is COMPATIBLE
