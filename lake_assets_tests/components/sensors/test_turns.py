"""Files of a dataset that another one looks up come first, as they do on the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.sensor_definition import SensorExecutionData

from lake_assets.components.resources import LakeStore
from lake_assets.components.sensors.listing import LONGEST_TURN
from lake_assets_tests.components.conftest import definitions
from lake_assets_tests.jobs.club import lake


class Turns:
    """A lake in which visits look up members, and members look up tariffs."""

    def __init__(self, root: Path) -> None:
        intake = lake().intake.model_copy(update={"settle_seconds": 0})
        self.lake = lake().model_copy(update={"intake": intake})
        self.root, self.defs = root, definitions(self.lake)

    def drop(self, *datasets: str) -> None:
        for name in datasets:
            path = self.root / self.lake.dataset(name).zones.raw / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x\n1\n")

    def tick(
        self, instance: dg.DagsterInstance, dataset: str, cursor: str | None = None
    ) -> SensorExecutionData:
        """One evaluation of a sensor; what it requests is under way."""
        store = LakeStore(uri=self.root.as_uri(), endpoint=None)
        with dg.build_sensor_context(
            instance=instance,
            cursor=cursor,
            definitions=self.defs,
            resources={"club_store": store},
        ) as context:
            found = self.defs.resolve_sensor_def(f"club_{dataset}_arrivals").evaluate_tick(context)
        for request in found.run_requests or []:
            job = self.defs.resolve_job_def(f"club_{dataset}_ingest")
            instance.create_run_for_job(
                job, tags=dict(request.tags), status=dg.DagsterRunStatus.STARTED
            )
        return found


@pytest.fixture
def turns(tmp_path: Path) -> Turns:
    return Turns(tmp_path)


def test_each_dataset_is_requested_behind_those_that_it_looks_up(turns: Turns) -> None:
    turns.drop("visits", "members", "tariffs")
    with dg.DagsterInstance.ephemeral() as instance:
        requested = []
        for _ in range(3):
            # In the order in which Dagster may look: by name.
            for name in ("members", "tariffs", "visits"):
                if turns.tick(instance, name).run_requests:
                    requested.append(name)
    assert requested == ["tariffs", "members", "visits"]


def test_what_nothing_waits_before_is_requested_at_once(turns: Turns) -> None:
    turns.drop("visits")
    with dg.DagsterInstance.ephemeral() as instance:
        assert turns.tick(instance, "visits").run_requests


def test_files_do_not_wait_for_ever_for_a_dataset_that_nobody_takes_in(turns: Turns) -> None:
    turns.drop("visits", "members")
    with dg.DagsterInstance.ephemeral() as instance:
        first = turns.tick(instance, "visits")
        assert (
            first.skip_message == "Files of members wait, too, and come first: they are looked up."
        )
        assert first.cursor
        again = turns.tick(instance, "visits", first.cursor)
        assert not again.run_requests
        assert again.cursor == first.cursor  # the wait began when it began
        long_ago = datetime.now(UTC) - LONGEST_TURN - timedelta(seconds=1)
        last = turns.tick(instance, "visits", long_ago.isoformat())
        assert last.run_requests
        assert not last.cursor
