"""What an answer of AWS means to a person. Its words are repeated: they name roles and rights."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
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
_CREDENTIALS = {
    "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId",
    "InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip
_MISSING = {"EntityNotFoundException", "ResourceNotFoundException"}


def explain(error: ClientError | BotoCoreError, target: str) -> RemoteRunError:
    """The error of ours for what a service answered.

    Args:
        error: as boto3 raised it.
        target: what was asked for, to a person: "the Glue job 'retail'".
    """
    match error:
        case ClientError():
            return _explain_answer(error, target)
        case NoCredentialsError() | PartialCredentialsError():
            return NoCredentials(
                f"There are no complete AWS credentials to run {target} with. Set AWS_PROFILE, or "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run Dagster with a role."
            )
        case ProfileNotFound():
            return NoCredentials(
                f"There is no AWS profile of the name in AWS_PROFILE, to run {target} with. "
                "Correct AWS_PROFILE, or add the profile to ~/.aws/config."
            )
        case CredentialRetrievalError() | TokenRetrievalError() | UnauthorizedSSOTokenError():
            return NoCredentials(
                f"The AWS credentials to run {target} with cannot be renewed. Log in again, for "
                "example with `aws sso login`."
            )
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
    if code in _CREDENTIALS:
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
