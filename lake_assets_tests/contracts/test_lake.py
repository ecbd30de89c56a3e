"""A lake and its datasets."""

from typing import Any

import pytest
from pydantic import ValidationError

from lake_assets.contracts import Lake
from lake_assets.contracts.lake import Intake
from lake_assets_tests.kernels.reading import SMALL


def lake(*datasets: dict[str, Any]) -> Lake:
    return Lake.model_validate(
        {"lake": "tiny", "arrivals_start": "2025-01-01", "datasets": list(datasets)}
    )


def test_a_lake_needs_a_dataset() -> None:
    assert lake(dict(SMALL)).datasets[0].name == "small"
    with pytest.raises(ValidationError, match="at least 1 item"):
        lake()


def test_two_datasets_share_neither_name_nor_zone() -> None:
    with pytest.raises(ValidationError, match="two datasets alike"):
        lake(dict(SMALL), dict(SMALL))
    with pytest.raises(ValidationError, match="share a zone; give each its own"):
        lake(dict(SMALL), {**SMALL, "name": "other"})


def test_a_dataset_is_found_by_its_name() -> None:
    assert lake(dict(SMALL)).dataset("small").name == "small"
    with pytest.raises(KeyError):
        lake(dict(SMALL)).dataset("other")


@pytest.mark.parametrize("cron", ["0 * * *", "hourly", "0 * * * * *"])
def test_standing_checks_have_five_fields_of_cron(cron: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        Lake.model_validate(
            {
                "lake": "tiny",
                "arrivals_start": "2025-01-01",
                "datasets": [dict(SMALL)],
                "intake": {"standing_check_cron": cron},
            }
        )


@pytest.mark.parametrize("url", ["arrivals", "https://host", "https://host/a b", "s3://b/q"])
def test_a_queue_is_named_by_its_url(url: str) -> None:
    good = "https://sqs.eu-west-1.amazonaws.com/123456789012/arrivals"
    assert Intake(queue_url=good).queue_url == good
    with pytest.raises(ValidationError, match="queue_url"):
        Intake(queue_url=url)
