"""The code location as a process that loads it finds itself afterwards."""

import gc

import pytest

import lake_assets.definitions
from lake_assets.definitions import defs


def test_the_collector_is_as_it_was_when_all_is_loaded() -> None:
    assert gc.isenabled()
    defs()
    assert gc.isenabled()


def test_the_collector_is_as_it_was_when_loading_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_assets.definitions, "__file__", "/no/such/folder/definitions.py")
    with pytest.raises(Exception, match="folder"):
        defs()
    assert gc.isenabled()
