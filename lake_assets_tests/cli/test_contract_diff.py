"""`lake contract diff`: what a change means, and an exit code that a build can go by."""

from pathlib import Path

import pytest

import lake_assets
from lake_assets_tests.cli.conftest import Command

RETAIL = (Path(lake_assets.__file__).parent / "defs/retail/defs.yaml").read_text("utf-8")


def changed(path: Path, *replacements: tuple[str, str]) -> Path:
    """Retail's file with some texts replaced, each of which is there."""
    text = RETAIL
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return changed(tmp_path / "old.yaml")


def test_each_change_is_told_with_what_follows_from_it(
    lake: Command, tmp_path: Path, old: Path
) -> None:
    new = changed(
        tmp_path / "new.yaml",
        ('contract_version: "1"', 'contract_version: "2"'),
        (
            "        - name: customer_id",
            "        - name: client_id\n          aliases: [customer_id]",
        ),
        ("          - customer_id", "          - client_id"),
        ("unit_price > 0", "unit_price >= 0"),
    )
    ran = lake("contract", "diff", old, new)
    assert ran.code == 0
    assert [line.rstrip() for line in ran.out.splitlines()] == [
        "sales (version 1 -> 2): 2 changes",
        "  needs replay  rules.unit_price_positive.expression",
        "    was `unit_price > 0`, is `unit_price >= 0`: rows that are there were judged",
        "    by the old one",
        "  compatible    columns.customer_id",
        "    renamed to client_id: rows that are there are read by the alias. Who reads",
        "    gold has to use the new name",
    ]


def test_a_breaking_change_ends_with_1_and_stands_first(
    lake: Command, tmp_path: Path, old: Path
) -> None:
    new = changed(
        tmp_path / "new.yaml",
        ("        - name: customer_id", "        - name: client_id"),
        ("          - customer_id", "          - client_id"),
    )
    ran = lake("contract", "diff", old, new)
    assert ran.code == 1
    assert ran.out.splitlines()[1] == "  breaking      columns.customer_id"


def test_a_version_that_was_not_raised_is_told(lake: Command, tmp_path: Path, old: Path) -> None:
    new = changed(tmp_path / "new.yaml", ("unit_price > 0", "unit_price >= 0"))
    ran = lake("contract", "diff", old, new)
    assert ran.code == 0
    assert 'contract_version is "1" in both.' in ran.out


def test_no_change_is_one_line(lake: Command, tmp_path: Path, old: Path) -> None:
    ran = lake("contract", "diff", old, old)
    assert (ran.code, ran.out) == (0, "sales (version 1): no change\n")


def test_a_new_dataset_needs_no_version(lake: Command, tmp_path: Path, old: Path) -> None:
    new = changed(tmp_path / "new.yaml", ("    - name: sales", "    - name: tills"))
    ran = lake("contract", "diff", old, new)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert (lines[0], lines[3]) == ("sales (version 1): 1 change", "tills (version 1): 1 change")
    assert "contract_version" not in ran.out


@pytest.mark.parametrize(
    ("text", "told"), [(None, "cannot read the contract"), ("attributes: {}", "required; add it")]
)
def test_what_is_no_contract_is_wrong_usage_and_no_breaking_change(
    lake: Command, tmp_path: Path, old: Path, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / "new.yaml").write_text(text)
    ran = lake("contract", "diff", old, tmp_path / "new.yaml")
    assert ran.code == 2
    assert told in ran.err
