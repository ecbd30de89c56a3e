"""What answers of AWS mean to a person."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ReadTimeoutError,
    UnknownServiceError,
)

from lake_assets.engines.remote import errors
from lake_assets.engines.remote.explain import explain
from lake_assets_tests.engines.remote.conftest import refusal

URL = "https://glue.example"


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (NoCredentialsError(), errors.NoCredentials, "Set AWS_PROFILE"),
        (ProfileNotFound(profile="p"), errors.NoCredentials, "Correct AWS_PROFILE"),
        (
            CredentialRetrievalError(provider="p", error_msg="e"),
            errors.NoCredentials,
            "aws sso login",
        ),
        (NoRegionError(), errors.WrongRegion, "Set AWS_REGION"),
        (EndpointConnectionError(endpoint_url=URL), errors.Unreachable, "Check the network"),
        (ConnectTimeoutError(endpoint_url=URL), errors.Unreachable, "Check the network"),
        (ReadTimeoutError(endpoint_url=URL), errors.Unreachable, "Check the network"),
        (
            UnknownServiceError(service_name="s", known_service_names="t"),
            errors.Refused,
            "UnknownServiceError",
        ),
    ],
)
def test_what_boto3_could_not_ask(
    error: BotoCoreError, kind: type[errors.RemoteRunError], told: str
) -> None:
    found = explain(error, "the Glue job 'retail'")
    assert type(found) is kind
    assert "the Glue job 'retail'" in str(found)
    assert told in str(found)


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        ("ConcurrentRunsExceededException", "", errors.ServiceBusy),
        ("ThrottlingException", "Rate exceeded", errors.ServiceBusy),
        ("ServiceQuotaExceededException", "vCPU", errors.ServiceBusy),
        ("InternalServerException", "", errors.Unreachable),
        ("503", "", errors.Unreachable),
        ("ExpiredTokenException", "", errors.NoCredentials),
        ("UnrecognizedClientException", "", errors.NoCredentials),
        ("EntityNotFoundException", "Entity not found", errors.NoSuchTarget),
        ("ResourceNotFoundException", "Application does not exist", errors.NoSuchTarget),
        ("InvalidRequestException", "Cluster id 'j-1' is not valid.", errors.NoSuchTarget),
        ("AccessDeniedException", "no", errors.Denied),
        ("ValidationException", "iam:PassRole", errors.Denied),
        ("InvalidInputException", "Worker type G.99X", errors.Refused),
    ],
)
def test_what_a_service_answers(code: str, said: str, kind: type[errors.RemoteRunError]) -> None:
    found = explain(refusal(code, said), "the Glue job 'retail'")
    assert type(found) is kind
    assert "the Glue job 'retail'" in str(found)


def test_only_what_may_pass_is_worth_another_run() -> None:
    assert errors.ServiceBusy.retryable
    assert errors.Unreachable.retryable
    for kind in (errors.Denied, errors.NoSuchTarget, errors.NoCredentials, errors.Refused):
        assert not kind.retryable
