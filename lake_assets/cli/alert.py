"""A test message to the routes of a lake."""

import os
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from lake_assets.alerts.routes import targets
from lake_assets.alerts.targets.target import DeliveryFailed
from lake_assets.alerts.trial import trial
from lake_assets.contracts.lake import Lake


def send_test(console: Console, lake: Lake) -> bool:
    """Send it, and print what became of each route.

    Returns:
        Whether each route that is on took it, and there is one.
    """
    found, off = targets(lake.alerts.routes, os.environ)
    message = trial(lake.lake, datetime.now(UTC))
    failed = 0
    for name, target in found.items():
        try:
            target.send(message)
        except DeliveryFailed as error:
            failed += 1
            console.print(f"[red]✗[/] {escape(f'{name}: {error}')}", soft_wrap=True)
        else:
            console.print(f"[green]✓[/] {escape(f'{name}: told')}", soft_wrap=True)
    for sentence in off:
        console.print(f"[yellow]-[/] {escape(sentence)}", soft_wrap=True)
    if not lake.alerts.routes:
        console.print(f"{lake.lake} has no routes: add `alerts` to its defs.yaml", soft_wrap=True)
    return bool(found) and not failed
