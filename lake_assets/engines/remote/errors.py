"""What can go wrong with a remote run, each as a sentence that a person can act on.

`retryable` says whether the same submission may do better later: what only a person mends is not
worth another run.
"""

from typing import ClassVar

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


class RemoteRunError(Exception):
    """A remote run did not do its work, or nobody can tell that it did."""

    retryable: ClassVar[bool] = False


class NoReport(RemoteRunError):
    """The service says that the run succeeded, and the job never said what it did."""


class ManyReports(RemoteRunError):
    """More than one report came: more than one job answered to one submission."""


class BadReport(RemoteRunError):
    """What came as the report is not an object."""


class RunFailed(RemoteRunError):
    """The job ended in a failure."""

    retryable = True


class RunTimedOut(RemoteRunError):
    """The service ended the run because of its own time limit."""


class RunStopped(RemoteRunError):
    """Somebody stopped the run."""


class NeverStarted(RemoteRunError):
    """The run still waited for machines when its time to start was over."""

    retryable = True


class NeverEnded(RemoteRunError):
    """The run was still going when its time was over."""


class UnknownState(RemoteRunError):
    """The run stayed in a state that this version of lake_assets does not know."""


class LostTouch(RemoteRunError):
    """The service did not tell for too long how the run goes."""

    retryable = True


class NoSuchTarget(RemoteRunError):
    """The job, the application or the cluster does not exist, or cannot take a run."""


class Denied(RemoteRunError):
    """The role, of the submitter or of the run, is wrong or lacks a right."""


class Refused(RemoteRunError):
    """The service does not take the submission for another reason."""


class WrongRegion(RemoteRunError):
    """The bucket is in another region than the service."""


class NotDeployed(RemoteRunError):
    """What the run needs is not in the bucket."""


class OtherVersion(NotDeployed):
    """Another version of lake_assets is in the bucket than the one that submits."""


class NoCredentials(RemoteRunError):
    """There are no credentials, or they are not accepted."""


class StorageFailed(RemoteRunError):
    """The bucket cannot be read or written."""

    retryable = True


class Passing(RemoteRunError):
    """What may pass by itself, and is worth asking again within the run's patience."""

    retryable = True


class ServiceBusy(Passing):
    """The service takes no more runs or requests at the moment."""


class Unreachable(Passing):
    """The service does not answer."""


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
