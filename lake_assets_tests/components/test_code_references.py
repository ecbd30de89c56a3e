"""Links from an asset to its contract and its code."""

from pathlib import Path

import dagster as dg
import pytest

import lake_assets
from lake_assets.components.code_references import reference
from lake_assets_tests.components.conftest import contract, definitions

PACKAGE = Path(lake_assets.__file__).parent


def references(spec: dg.AssetSpec) -> list[dg.LocalFileCodeReference]:
    found = spec.metadata["dagster/code_references"].code_references
    assert all(isinstance(each, dg.LocalFileCodeReference) for each in found)
    return list(found)


def test_an_asset_leads_to_its_own_function_not_to_a_wrapper() -> None:
    for spec in definitions(contract()).resolve_all_asset_specs():
        (code,) = references(spec)
        assert code.label == "code"
        assert code.line_number
        lines = Path(code.file_path).read_text().splitlines()[code.line_number - 1 :]
        named = next(line for line in lines if line.lstrip().startswith("def "))
        assert spec.key.path[1] in named or spec.key.path[1] in {"rejected", "archive", "audit"}


def test_a_file_of_the_project_is_linked_on_the_git_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_GIT_URL", "https://git.example/team/lake/blob/main/")
    found = reference(PACKAGE / "defs" / "retail" / "defs.yaml", 2, "contract")
    assert isinstance(found, dg.UrlCodeReference)
    url = "https://git.example/team/lake/blob/main/lake_assets/defs/retail/defs.yaml#L2"
    assert found.url == url


def test_a_file_from_elsewhere_stays_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAKE_GIT_URL", "https://git.example/team/lake/blob/main")
    found = reference(tmp_path / "defs.yaml", 2, "contract")
    assert isinstance(found, dg.LocalFileCodeReference)
    assert found.file_path == str(tmp_path / "defs.yaml")
