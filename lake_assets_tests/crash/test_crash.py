"""A process is killed at each of its writes; the next one finishes its work, to the byte.

In a directory that is before every system call that changes anything, in five scenarios. On S3 it
is before every request that changes anything while files are ingested, and before every third one
in the other scenarios. What a process that is killed behind a write leaves is what one leaves that
is killed before the next: so each write is one point.
"""

import random
from collections.abc import Callable

import pytest

from lake_assets_tests.crash.scenarios import SCENARIOS
from lake_assets_tests.crash.survival import STRIDES, Trial

pytestmark = pytest.mark.crash
CHUNKS = 6
"""Tests that share the points of a scenario, so that several processes can run them."""
SAMPLE = 3
KINDS = ["local", "s3"]
Trials = Callable[[str, str], Trial]


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_wherever_a_process_is_killed(
    trial: Trials, kind: str, name: str, chunk: int
):
    found = trial(kind, name)
    for point in found.points(chunk, CHUNKS, STRIDES[kind, name]):
        found.survives(point)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_if_a_process_is_killed_with_several_writes_under_way(
    trial: Trials, kind: str, late: bool
):
    """Two tasks and sixteen requests at once: which writes are done depends on the moment."""
    found = trial(kind, "ingest")
    chance = random.Random(20250601 + late)
    for point in chance.sample(range(1, len(found.writes)), SAMPLE):
        found.survives(point, workers=2, at_once=16, late=late)


@pytest.mark.parametrize("kind", KINDS)
def test_the_points_are_the_same_in_every_run(trial: Trials, kind: str):
    """A write is known by its number alone, so that the runs must write in the same order."""
    found = trial(kind, "ingest")
    assert found.kinds_of_writes(found.writes_again()) == found.kinds_of_writes(found.writes)


def test_every_kind_of_change_is_a_point(trial: Trials):
    calls = {name.split()[0] for name in trial("local", "ingest").writes}
    assert calls == {
        "open", "write", "os.mkdir", "os.rename", "os.link", "os.remove", "os.utime"
    }  # fmt: skip
    requests = {name.split()[0] for name in trial("s3", "ingest").writes}
    assert requests == {"PUT", "POST", "DELETE"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_tells_a_file_that_was_lost(trial: Trials, kind: str):
    """The check itself is checked: a lake that lost an archived file does not pass."""
    found = trial(kind, "ingest")
    with pytest.raises(AssertionError):
        found.survives(1, spoil=lambda store: store.delete("raw/late.csv"))
