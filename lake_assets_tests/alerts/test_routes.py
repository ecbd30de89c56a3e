"""Where routes lead in an environment, and what to do about what they tell."""

from pathlib import Path

import pytest

from lake_assets.alerts.routes import targets
from lake_assets.alerts.runbook import OURS, what_to_do
from lake_assets.alerts.targets.file import FileTarget
from lake_assets.alerts.targets.sns import SnsTarget
from lake_assets.alerts.targets.target import Target
from lake_assets.alerts.targets.webhook import WebhookTarget
from lake_assets.contracts.alerts import AlertKind, Alerts, Route
from lake_assets_tests.alerts.notices import identity
from lake_assets_tests.jobs.lakes import contract

ARN = "arn:aws:sns:eu-west-1:123456789012:alerts"


@pytest.mark.parametrize(
    ("route", "name", "target"),
    [
        ({"to": "file", "path": "/var/a"}, "file /var/a", FileTarget(Path("/var/a"))),
        ({"to": "file", "path_env": "AT"}, "file AT", FileTarget(Path("/in/the/environment"))),
        ({"to": "sns", "topic_arn": ARN}, f"sns {ARN}", SnsTarget(ARN)),
        ({"to": "sns", "topic_env": "TOPIC"}, "sns TOPIC", SnsTarget(ARN)),
        (
            {"to": "webhook", "webhook_env": "HOOK"},
            "webhook HOOK",
            WebhookTarget("HOOK", "https://x.org/y"),
        ),
    ],
)
def test_a_route_leads_where_the_contract_or_the_environment_says(
    route: dict[str, str], name: str, target: Target
) -> None:
    environment = {"AT": " /in/the/environment\n", "TOPIC": ARN, "HOOK": "https://x.org/y"}
    assert targets([Route.model_validate(route)], environment) == ({name: target}, [])


def test_a_route_whose_variable_is_not_set_is_off() -> None:
    route = Route.model_validate({"to": "webhook", "webhook_env": "HOOK"})
    for environment in ({}, {"HOOK": ""}, {"HOOK": " "}):
        found, off = targets([route], environment)
        assert found == {}
        assert off == ["The route 'webhook HOOK' is off: HOOK is not set."]


def test_every_kind_has_a_line_that_names_the_lake() -> None:
    assert set(OURS) == set(AlertKind)
    lake = contract()
    lines = [what_to_do(lake, identity(kind=kind)) for kind in AlertKind]
    assert all("{" not in line for line in lines)
    assert "--lake retail" in lines[0]


def test_the_line_of_the_dataset_comes_before_that_of_the_lake() -> None:
    lake = contract()
    lakes = Alerts(runbook={AlertKind.FAILED_RUN: "the lake's", AlertKind.LATE_DATA: "late"})
    own = lake.datasets[0].model_copy(update={"runbook": {AlertKind.FAILED_RUN: "its own"}})
    lake = lake.model_copy(update={"alerts": lakes, "datasets": [own]})
    assert what_to_do(lake, identity(kind=AlertKind.FAILED_RUN)) == "its own"
    assert what_to_do(lake, identity(kind=AlertKind.FAILED_RUN, dataset="")) == "the lake's"
    assert what_to_do(lake, identity(kind=AlertKind.LATE_DATA)) == "late"
