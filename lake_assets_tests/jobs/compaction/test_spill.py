"""Room on the local disk: made when it is needed, gone afterwards."""

import tempfile
from pathlib import Path

import pytest

from lake_assets.jobs.compaction.spill import Spill


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_nothing_is_made_that_is_not_asked_for(temporary: Path) -> None:
    with Spill():
        assert list(temporary.iterdir()) == []


def test_files_go_where_tmpdir_says_and_are_gone_afterwards(temporary: Path) -> None:
    with Spill() as spill:
        path = spill.path("run")
        path.write_bytes(b"rows")
        assert path.parent.parent == temporary
        assert spill.path("other").parent == path.parent
    assert list(temporary.iterdir()) == []


def test_files_are_gone_after_a_failure_too(temporary: Path) -> None:
    def fail() -> None:
        with Spill() as spill:
            spill.path("run").write_bytes(b"rows")
            raise OSError("The disk is full.")

    with pytest.raises(OSError, match="disk is full"):
        fail()
    assert list(temporary.iterdir()) == []
