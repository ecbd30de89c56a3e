"""`lake alert`: whether the routes of a lake work."""

import json
from pathlib import Path

import pytest

from lake_assets.cli import opening
from lake_assets.contracts.alerts import Alerts
from lake_assets_tests.alerts.receiver import SECRET, receiver
from lake_assets_tests.cli.conftest import Command

ROUTES = [
    {"to": "file", "path_env": "LAKE_ALERTS_FILE"},
    {"to": "webhook", "webhook_env": "HOOK"},
]


@pytest.fixture
def routed(lake: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, and a retail lake with a file and a webhook."""
    read = opening.contract
    alerts = Alerts.model_validate({"routes": ROUTES})
    monkeypatch.setattr(
        opening, "contract", lambda name: read(name).model_copy(update={"alerts": alerts})
    )
    return lake


def test_each_route_is_sent_a_test(
    routed: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "alerts.ndjson"
    monkeypatch.setenv("LAKE_ALERTS_FILE", str(file))
    with receiver() as heard:
        monkeypatch.setenv("HOOK", heard.url)
        ran = routed("alert")
    assert ran.code == 0
    assert ran.out.splitlines() == ["✓ file LAKE_ALERTS_FILE: told", "✓ webhook HOOK: told"]
    assert heard.bodies[0]["text"] == "[retail] Test: alerts of retail arrive here"
    (line,) = file.read_text("utf-8").splitlines()
    assert json.loads(line)["event"] == "test"


def test_a_route_that_fails_fails_the_command_without_its_secret(
    routed: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as heard:
        heard.answers = [(404, {})]
        monkeypatch.setenv("HOOK", heard.url)
        ran = routed("alert")
    assert ran.code == 1
    assert "✗ webhook HOOK: the webhook of HOOK at 127.0.0.1 answers 404" in ran.out
    assert "- The route 'file LAKE_ALERTS_FILE' is off: LAKE_ALERTS_FILE is not set." in ran.out
    assert SECRET not in ran.out + ran.err


def test_with_every_route_off_nothing_arrives_anywhere(routed: Command) -> None:
    assert routed("alert").code == 1


def test_a_lake_without_routes_is_told_what_to_add(
    lake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = opening.contract
    monkeypatch.setattr(
        opening, "contract", lambda name: read(name).model_copy(update={"alerts": Alerts()})
    )
    ran = lake("alert")
    assert ran.code == 1
    assert "retail has no routes: add `alerts` to its defs.yaml" in ran.out
