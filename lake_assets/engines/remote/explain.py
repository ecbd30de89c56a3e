"""What an answer of AWS means to a person. Its words are repeated: they name roles and rights."""

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoRegionError
from botocore.exceptions import ConnectionError as NoConnectionError

from lake_assets.engines.remote.errors import (
    Denied,
    NoCredentials,
    NoSuchTarget,
    Refused,
    RemoteRunError,
    ServiceBusy,
    Unreachable,
    WrongRegion,
)
from lake_assets.storage.aws_credentials import REFUSED, explain_credentials

_BUSY = {
    "ConcurrentRunsExceededException", "ProvisionedThroughputExceededException",
    "RequestLimitExceeded", "ResourceNumberLimitExceededException", "ServiceQuotaExceededException",
    "SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException",
}  # fmt: skip
_FAILING = {
    "InternalFailure", "InternalServerError", "InternalServerException", "InternalServiceException",
    "OperationTimeoutException", "RequestTimeout", "ServiceUnavailable", "500", "502", "503", "504",
}  # fmt: skip
_DENIED = {"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_MISSING = {"EntityNotFoundException", "ResourceNotFoundException"}


def explain(error: ClientError | BotoCoreError, target: str) -> RemoteRunError:
    """The error of ours for what a service answered.

    Args:
        error: as boto3 raised it.
        target: what was asked for, to a person: "the Glue job 'retail'".
    """
    if sentence := explain_credentials(error, target):
        return NoCredentials(sentence)
    match error:
        case ClientError():
            return _explain_answer(error, target)
        case NoRegionError():
            return WrongRegion(
                f"No AWS region is set to find {target} in. Set AWS_REGION, or the region of the "
                "engine."
            )
        case HTTPClientError() | NoConnectionError():
            return Unreachable(
                f"AWS does not answer for {target} ({type(error).__name__}). Check the network, "
                "then run again."
            )
    return Refused(f"boto3 could not ask for {target}: {type(error).__name__}.")


def _explain_answer(error: ClientError, target: str) -> RemoteRunError:
    answer = error.response.get("Error", {})
    code, said = answer.get("Code", ""), answer.get("Message", "").strip().rstrip(".")
    if code in _BUSY:
        return ServiceBusy(
            f"AWS takes no more runs or requests for {target} ({code}: {said}). Run again later, "
            "or raise its limit of concurrent runs."
        )
    if code in _FAILING:
        return Unreachable(f"AWS fails at the moment for {target} ({code}). Run again later.")
    if code in REFUSED:
        return NoCredentials(
            f"AWS does not accept the credentials to run {target} with ({code}). Renew them, or "
            "check AWS_PROFILE and the access key in use."
        )
    if code in _MISSING or ("is not valid" in said and "luster id" in said):
        return NoSuchTarget(
            f"There is no such thing as {target} in this account and region ({said}). Correct its "
            "name and the region, or create it; for Glue: `lake deploy --glue-job`."
        )
    if "passrole" in said.lower():
        return Denied(
            f"The submitter may not hand its role to {target} ({said}). Grant it iam:PassRole on "
            "that role."
        )
    if code in _DENIED:
        return Denied(
            f"AWS denies access to {target} ({said}). Grant the submitter's role the right that is "
            "named, on that resource."
        )
    if "role" in said.lower():
        return Denied(
            f"AWS does not accept the role of {target} ({said}). Check that the role exists, that "
            "the service may assume it, and that its ARN is spelt right."
        )
    return Refused(f"AWS does not take the run of {target} ({code}: {said}).")
