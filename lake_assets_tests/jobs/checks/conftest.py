"""A lake that was run, with something of everything in it."""

import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.pipeline import Outcome
from lake_assets.storage import Store
from lake_assets_tests.jobs.checks.lakes import filled


@pytest.fixture
def done(local_store: Store, lake: Lake) -> Outcome:
    """Ten good rows, of which one is superseded, two rejects and one blank line."""
    return filled(local_store, lake)
