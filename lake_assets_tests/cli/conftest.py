"""The `lake` command in this process: 80 columns, an empty directory, no settings."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lake_assets.cli import app, opening
from lake_assets.contracts import Lake
from lake_assets.settings import connect
from lake_assets.storage import local
from lake_assets.storage.objects import ObjectInfo

HEADER = "transaction_id,store_id,timestamp,item_id,quantity,unit_price,revenue"
GOOD = "T1,S1,2025-02-03 10:00:00,I1,2,2.50,5.00"
SALES = "retail/sales"


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON object that is all of stdout, in one line."""
        assert self.out.endswith("}\n")
        assert self.out.count("\n") == 1
        found: dict[str, Any] = json.loads(self.out)
        return found

    def row(self, name: str) -> list[str]:
        """The cells of the table row that begins with a name; figures without their commas."""
        for line in self.out.splitlines():
            cells = re.split(r"  +", line.strip())
            if cells[0] == name:
                return [cell.replace(",", "") for cell in cells[1:]]
        raise AssertionError(f"no row {name!r} in\n{self.out}")


Command = Callable[..., Ran]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `lake` with arguments. Files in raw/ need no time to settle."""
    for name in [name for name in os.environ if name.startswith("LAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    connect.cache_clear()  # a relative URI is another lake in each test
    read = opening.contract

    def settled(name: str) -> Lake:
        found = read(name)
        intake = found.intake.model_copy(update={"settle_seconds": 0})
        return found.model_copy(update={"intake": intake})

    monkeypatch.setattr(opening, "contract", settled)

    def run(*arguments: object) -> Ran:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception  # a user would see a traceback
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The directory of an empty lake."""
    directory = tmp_path / "lake"
    directory.mkdir()
    return directory


@pytest.fixture
def dated_by_mtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Date files by their mtime: a test can set that, and not the ctime that the store goes by."""
    info = local._info

    def by_mtime(key: str, found: os.stat_result) -> ObjectInfo:
        seen = info(key, found)
        return replace(seen, modified=seen.arrived)

    monkeypatch.setattr(local, "_info", by_mtime)


def write(path: Path, *rows: str) -> Path:
    """A file of retail rows below a header."""
    path.write_text("\n".join([HEADER, *rows, ""]))
    return path
