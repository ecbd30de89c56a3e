"""Sessions share what is always the same, and nothing else."""

import pytest

from lake_assets.storage.aws import open_session


def test_sessions_read_the_descriptions_of_services_once() -> None:
    first, second = open_session(), open_session()
    assert first.get_service_data("sqs") is second.get_service_data("sqs")


def test_each_session_finds_the_credentials_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for name in ("one", "two"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", name)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        credentials = open_session().get_credentials()
        found.append(credentials and credentials.access_key)
    assert found == ["one", "two"]
