"""When gold follows processed by itself."""

from typing import Any

import dagster as dg

from lake_assets.components.names import GOLD_TAG
from lake_assets.contracts.dataset import Dataset

AC = dg.AutomationCondition


def when_touched(dataset: Dataset) -> "dg.AutomationCondition[Any]":
    """For each date, as soon as an ingest run has touched it and nothing is under way.

    ``newly_requested``, deliberately not ``newly_updated``, resets it: a date that is touched
    again while its gold is being made must be made once more. ``eager`` looks at the latest
    dates only, and forgets a touch between a request and the next tick.

    What a run touched that has made the dataset's gold itself is passed over, unless another run
    touched the date as well. `&` forgets when a date was updated, and with it which of touch and
    request came last; `since` remembers it, so that it takes the place of `&` here.
    """
    gold_is_made = AC.all_new_updates_have_run_tags(tag_values={GOLD_TAG: dataset.name})
    is_open = AC.newly_updated() & ~gold_is_made
    touched = AC.any_deps_match(AC.newly_updated().since(~is_open)).since(AC.newly_requested())
    return (
        touched & ~AC.any_deps_missing() & ~AC.any_deps_in_progress() & ~AC.in_progress()
    ).with_label("processed rows changed")
