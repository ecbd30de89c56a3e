"""Long tests come first, in the share of each process."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lake_assets_tests.conftest import LONGEST, pytest_collection_modifyitems

TESTS = Path(__file__).parent


def ordered(names: list[str], processes: int) -> list[str]:
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in names]
    config: Any = SimpleNamespace(workerinput={"workercount": processes})
    pytest_collection_modifyitems(config, items)
    return [item.nodeid for item in items]


def test_each_process_begins_with_the_longest_that_are_left() -> None:
    short = [f"test_{number}" for number in range(8)]
    first, second, third = LONGEST[:3]
    assert ordered([*short, third, second, first], 2) == [
        *(first, third, *short[:3]),
        *(second, *short[3:]),
    ]
    assert ordered([*short, second, first], 1) == [first, second, *short]
    assert sorted(ordered([first], 3)) == [first]


@pytest.mark.parametrize("name", LONGEST)
def test_what_is_called_long_is_there(name: str) -> None:
    path, _, test = name.partition("::")
    (found,) = TESTS.rglob(path)
    assert f"def {test.partition('[')[0]}" in found.read_text("utf-8")
