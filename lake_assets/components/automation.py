"""When gold follows processed by itself."""

from typing import Any

import dagster as dg

AC = dg.AutomationCondition


def when_touched() -> "dg.AutomationCondition[Any]":
    """For each date, as soon as an ingest run has touched it and nothing is under way.

    ``newly_requested``, deliberately not ``newly_updated``, resets it: a date that is touched
    again while its gold is being made must be made once more. ``eager`` looks at the latest
    dates only, and forgets a touch between a request and the next tick.
    """
    touched = AC.any_deps_match(AC.newly_updated()).since(AC.newly_requested())
    return (
        touched & ~AC.any_deps_missing() & ~AC.any_deps_in_progress() & ~AC.in_progress()
    ).with_label("processed rows changed")
