"""Routes of alerts, and what is told of one that is wrong."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets.contracts import ContractError, load_lake
from lake_assets.contracts.alerts import AlertKind, Alerts, AlertSeverity, Route
from lake_assets.contracts.load import DEFS

ARN = "arn:aws:sns:eu-west-1:123456789012:alerts"
RETAIL = DEFS / "retail" / "defs.yaml"
SECRET = "https://hooks.example.org/services/T0PS3CR3T"


def sentence(**route: Any) -> str:
    """What is said of a route."""
    with pytest.raises(ValidationError) as error:
        Route.model_validate(route)
    (mistake,) = error.value.errors()
    return str(mistake["ctx"]["error"])


@pytest.mark.parametrize(
    "route",
    [
        {"to": "file", "path": "alerts.ndjson"},
        {"to": "file", "path_env": "LAKE_ALERTS_FILE"},
        {"to": "webhook", "webhook_env": "SLACK_WEBHOOK_URL"},
        {"to": "sns", "topic_arn": ARN},
        {"to": "sns", "topic_arn": f"{ARN}.fifo".replace("aws:", "aws-cn:")},
        {"to": "sns", "topic_env": "TOPIC", "min_severity": "error", "kinds": ["late_data"]},
    ],
)
def test_a_right_route_is_taken(route: dict[str, Any]) -> None:
    assert Route.model_validate(route).name.startswith(route["to"])


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({"to": "file"}, "a route to file needs path or path_env; give exactly one"),
        ({"to": "file", "path": "a", "path_env": "A"}, "give exactly one"),
        ({"to": "webhook"}, "a route to webhook needs webhook_env"),
        ({"to": "webhook", "path": "a"}, "a route to webhook has no path; remove it"),
        ({"to": "sns", "webhook_env": "A"}, "a route to sns has no webhook_env; remove it"),
        ({"to": "sns", "topic_arn": "alerts"}, "'alerts' is not the ARN of an SNS topic"),
        ({"to": "file", "path_env": "my path"}, "the name of an environment variable"),
    ],
)
def test_a_wrong_route_is_told_with_what_to_do(route: dict[str, Any], told: str) -> None:
    assert told in sentence(**route)


def test_a_secret_in_place_of_its_variable_is_not_repeated(tmp_path: Path) -> None:
    told = sentence(to="webhook", webhook_env=SECRET)
    assert "SLACK_WEBHOOK_URL" in told
    assert "T0PS3CR3T" not in told
    assert "T0PS3CR3T" not in wrong_yaml(tmp_path, f"- {{to: webhook, webhook_env: '{SECRET}'}}")


def wrong_yaml(tmp_path: Path, route: str) -> str:
    """What is said of retail's YAML with this route."""
    text = RETAIL.read_text("utf-8")
    begin = text.index("      - to: file")
    path = tmp_path / "defs.yaml"
    path.write_text(f"{text[:begin]}      {route}\n{text[text.index('  datasets:') :]}")
    with pytest.raises(ContractError) as error:
        load_lake(path)
    return str(error.value)


def test_the_yaml_names_the_line_of_a_wrong_route(tmp_path: Path) -> None:
    line = RETAIL.read_text("utf-8").splitlines().index("      - to: file") + 1
    told = wrong_yaml(tmp_path, "- {to: webhook, path: a}")
    assert f"defs.yaml:{line}: alerts.routes.0: a route to webhook has no path" in told


def test_a_route_for_a_dataset_that_is_none_is_told(tmp_path: Path) -> None:
    told = wrong_yaml(tmp_path, "- {to: file, path: a, datasets: [returns]}")
    assert "the route 'file a' is for ['returns'], which is no dataset here" in told
    assert "['sales']" in told


def test_two_routes_to_one_place_are_told() -> None:
    one = Route.model_validate({"to": "file", "path": "a"})
    with pytest.raises(ValidationError, match="two routes lead to 'file a'"):
        Alerts(routes=[one, one])


def test_retail_tells_a_file_that_the_environment_names() -> None:
    (route,) = load_lake(RETAIL).alerts.routes
    assert (route.name, route.kinds) == ("file LAKE_ALERTS_FILE", [])
    assert set(AlertSeverity) == {AlertSeverity.WARN, AlertSeverity.ERROR}


def test_an_error_is_graver_than_a_warning() -> None:
    assert AlertSeverity.ERROR.rank > AlertSeverity.WARN.rank


def test_a_runbook_names_kinds() -> None:
    assert Alerts.model_validate({"runbook": {"late_data": "call"}}).runbook == {
        AlertKind.LATE_DATA: "call"
    }
    with pytest.raises(ValidationError, match="failed_check"):
        Alerts.model_validate({"runbook": {"lateness": "call"}})
