"""The targets of the routes that are set up in this environment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lake_assets.alerts.targets.file import FileTarget
from lake_assets.alerts.targets.sns import SnsTarget
from lake_assets.alerts.targets.target import Target
from lake_assets.alerts.targets.webhook import WebhookTarget
from lake_assets.contracts.alerts import AlertTarget, Route


def targets(
    routes: Sequence[Route], environment: Mapping[str, str]
) -> tuple[dict[str, Target], list[str]]:
    """Open nothing yet: only find where each route leads.

    A route whose variable is not set is off, so that one contract serves where there is a channel
    for alerts and where there is none.

    Args:
        routes: of the contract.
        environment: the variables that they name.

    Returns:
        The targets by the name of their route, and a sentence for each route that is off.
    """
    found: dict[str, Target] = {}
    off = []
    for route in routes:
        variable = route.path_env or route.webhook_env or route.topic_env
        value = route.path or route.topic_arn or environment.get(variable or "", "").strip()
        if not value:
            off.append(f"The route {route.name!r} is off: {variable} is not set.")
        else:
            found[route.name] = _target(route, variable or "", value)
    return found, off


def _target(route: Route, variable: str, value: str) -> Target:
    match route.to:
        case AlertTarget.FILE:
            return FileTarget(Path(value).expanduser())
        case AlertTarget.WEBHOOK:
            return WebhookTarget(variable, value)
        case AlertTarget.SNS:
            return SnsTarget(value)
