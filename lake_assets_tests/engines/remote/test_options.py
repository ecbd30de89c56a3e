"""Settings of a remote run."""

import pytest
from pydantic import ValidationError

from lake_assets.engines.remote.options import Options


@pytest.mark.parametrize(
    "uri", ["/lake", "file:///lake", "s3://", "s3://a", "s3://key:secret@bucket", "s3://b ucket/x"]
)
def test_only_a_bucket_can_be_deployed_to(uri: str) -> None:
    with pytest.raises(ValidationError, match="must be s3://bucket or s3://bucket/prefix"):
        Options(deploy_uri=uri)


def test_a_slash_at_the_end_is_none() -> None:
    assert Options(deploy_uri="s3://bucket/deploy/").deploy_uri == "s3://bucket/deploy"
    assert Options(deploy_uri="s3://bucket/").deploy_uri == "s3://bucket"


def test_a_poll_comes_before_the_time_is_over() -> None:
    with pytest.raises(ValidationError, match="poll_seconds must not be longer"):
        Options(deploy_uri="s3://bucket", poll_seconds=60, start_timeout=30)


@pytest.mark.parametrize(("seconds", "minutes"), [(15, 1), (60, 1), (61, 2), (3600, 60)])
def test_services_get_whole_minutes_and_never_less(seconds: float, minutes: int) -> None:
    assert Options(deploy_uri="s3://bucket", run_timeout=seconds).run_minutes == minutes
