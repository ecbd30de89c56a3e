"""The code location and the ticks of many datasets, timed: run as a process of its own.

``python -m lake_assets_tests.components.scale <project>`` prints the processor's seconds as JSON;
with ``load`` after it, of loading alone. The processor's, because a machine that does
other things at the same time only makes us wait.
"""

import time

BEGIN = time.process_time()

import importlib  # noqa: E402 - the clock starts before the imports
import json  # noqa: E402
import sys  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from datetime import date, timedelta  # noqa: E402
from functools import partial  # noqa: E402
from typing import Any  # noqa: E402

import dagster as dg  # noqa: E402

TOUCHED = 20
"""Dates of each dataset that one tick finds touched."""


def main() -> None:
    """Load, then tick: with nothing to do, with dates touched everywhere, and once more."""
    warnings.simplefilter("ignore")
    sys.path.insert(0, sys.argv[1])
    defs = importlib.import_module("many_lakes.definitions").defs()
    repository = defs.get_repository_def()
    seconds = {"load": time.process_time() - BEGIN}
    if sys.argv[2:] == ["load"]:
        print(json.dumps({"seconds": seconds}))  # noqa: T201 - what the test reads
        return
    with dg.DagsterInstance.ephemeral() as instance:
        ticks = _Automation(defs, instance)
        seconds["idle"] = _timed(ticks.tick)
        _touch(repository, instance)
        seconds["touched"] = _timed(ticks.tick)
        requested = ticks.requested
        seconds["after"] = _timed(ticks.tick)
        arrivals = [_timed(tick) for tick in _sensors(defs, instance, "_arrivals")]
        left = [_timed(tick) for tick in _sensors(defs, instance, "_left_behind")]
    seconds |= {"arrivals": sum(arrivals), "left_behind": sum(left)}
    counts = {"sensors": len(arrivals), "requested": requested, "again": ticks.requested}
    print(json.dumps({"seconds": seconds, "counts": counts}))  # noqa: T201 - what the test reads


class _Automation:
    """The conditions of all lakes, with their cursor."""

    def __init__(self, defs: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self._defs, self._instance, self.requested = defs, instance, 0
        self._cursor: Any = None

    def tick(self) -> None:
        result = dg.evaluate_automation_conditions(
            defs=self._defs, instance=self._instance, cursor=self._cursor
        )
        self._cursor, self.requested = result.cursor, result.total_requested


def _touch(repository: dg.RepositoryDefinition, instance: dg.DagsterInstance) -> None:
    days = [(date(2024, 1, 1) + timedelta(days=3 * n)).isoformat() for n in range(TOUCHED)]
    for key in repository.assets_defs_by_key:
        if key.path[1] == "processed":
            for day in days:
                instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=day))


def _sensors(
    defs: dg.Definitions, instance: dg.DagsterInstance, ending: str
) -> Iterator[Callable[[], object]]:
    for sensor in defs.sensors or []:
        if sensor.name.endswith(ending) and isinstance(sensor, dg.SensorDefinition):
            needed = {key: (defs.resources or {})[key] for key in sensor.required_resource_keys}
            with _context(defs, instance, needed) as context:
                yield partial(sensor.evaluate_tick, context)


@contextmanager
def _context(
    defs: dg.Definitions, instance: dg.DagsterInstance, resources: dict[str, object]
) -> Iterator[dg.SensorEvaluationContext]:
    with dg.build_sensor_context(
        instance=instance, definitions=defs, resources=resources
    ) as context:
        yield context


def _timed(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
