"""A lake's YAML, and the sentences about its mistakes."""

from pathlib import Path

import pytest

import lake_assets
from lake_assets.contracts import ContractError, load_lake
from lake_assets.contracts.load import DEFS, load_lakes

RETAIL = Path(lake_assets.__file__).parent / "defs/retail/defs.yaml"
YAML = """\
type: lake_assets.components.LakeComponent
attributes:
  lake: tiny
  arrivals_start: 2025-01-01
  datasets:
    - name: sales
      columns:
        - name: id
          required: true
        - name: at
          type: timestamp
          required: true
          formats: [yyyy-MM-dd]
      rules:
        - name: named
          expression: id <> 'x'
      key: [id]
      partition: {column: at, start: 2020-01-01}
      gold: {table: facts, row_hash: [id]}
"""


def test_the_retail_lake_is_read() -> None:
    lake = load_lake(RETAIL)
    assert [column.name for column in lake.datasets[0].columns][:3] == [
        "transaction_id", "store_id", "timestamp",
    ]  # fmt: skip
    assert [rule.name for rule in lake.datasets[0].rules] == [
        "revenue_balances", "quantity_positive", "unit_price_positive",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        (
            "required: true",
            "requird: true",
            9,
            "datasets.0.columns.0.requird: there is no such key",
        ),
        ("  lake: tiny\n", "", 2, "lake: this key is required; add it"),
        ("type: timestamp", "type: day", 11, "found 'day'"),
        ("[yyyy-MM-dd]", "[YYYY-MM-dd]", 13, "'Y' has no meaning; use yyyy"),
        ("id <> 'x'", "id <> 5", 6, "rule 'named'"),
        ("id <> 'x'", "id ~~~ ", 16, "cannot read the expression"),
        ("key: [id]", "key: [ident]", 6, "key names ['ident'], which is no column here"),
        ("name: sales", "name: Sales", 6, "should match pattern"),
        ("column: at", "column: id", 6, "must be a required timestamp"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_what_to_do(
    tmp_path: Path, old: str, new: str, line: int, sentence: str
) -> None:
    path = tmp_path / "defs.yaml"
    path.write_text(YAML.replace(old, new, 1))
    with pytest.raises(ContractError) as error:
        load_lake(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert sentence in str(error.value)


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "defs.yaml"
    path.write_text(YAML.replace("lake: tiny", "lake: Tiny").replace("key: [id]", "key: []"))
    with pytest.raises(ContractError) as error:
        load_lake(path)
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "expected the keys `type` and `attributes`"),
        ("- a", "expected the keys `type` and `attributes`"),
        ("a: [", "is not valid YAML"),
        ("a: \x00", "is not valid YAML"),
        ("attributes: 5", "found 5"),
        ("attributes:", "found None"),
    ],
)
def test_a_file_that_is_no_lake_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "defs.yaml"
    path.write_text(text)
    with pytest.raises(ContractError) as error:
        load_lake(path)
    assert str(path) in str(error.value)
    assert sentence in str(error.value)


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"cannot read the contract .*No such file"):
        load_lake(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ContractError, match="not valid YAML"):
        load_lake(tmp_path / "binary.yaml")


def test_all_lakes_of_a_folder_are_loaded_by_their_names(tmp_path: Path) -> None:
    text = (DEFS / "retail" / "defs.yaml").read_text("utf-8")
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "defs.yaml").write_text(text.replace("lake: retail", f"lake: {name}"))
    (tmp_path / "no_lake").mkdir()
    assert [lake.lake for lake in load_lakes(tmp_path)] == ["a", "b"]
    assert "retail" in [lake.lake for lake in load_lakes()]


def test_one_wrong_lake_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "defs.yaml").write_text("attributes: 5")
    with pytest.raises(ContractError, match=r"a/defs\.yaml"):
        load_lakes(tmp_path)
