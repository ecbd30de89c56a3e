"""What boto3 and AWS say of credentials, as sentences that a person can act on."""

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
REFUSED: Final = frozenset({
    "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId",
    "InvalidClientTokenId", "InvalidSecurity", "InvalidSignatureException",
    "MissingAuthenticationToken", "SignatureDoesNotMatch", "UnrecognizedClientException",
})  # fmt: skip
"""Codes with which a service refuses the credentials of a request."""


def explain_credentials(error: ClientError | BotoCoreError, what: str) -> str | None:
    """What is wrong with the credentials that were to be used; None if it is something else.

    Args:
        error: as boto3 raised it, before a service answered.
        what: what was asked for, to a person: "s3://bucket", "the Glue job 'retail'".
    """
    match error:
        case ProfileNotFound():
            return (
                f"There is no AWS profile of the name in AWS_PROFILE, to reach {what} with. "
                "Correct AWS_PROFILE, or add the profile to ~/.aws/config."
            )
        case NoCredentialsError() | PartialCredentialsError():
            return (
                f"There are no complete AWS credentials for {what}. Set AWS_PROFILE, or "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with a role."
            )
        case CredentialRetrievalError() | TokenRetrievalError() | UnauthorizedSSOTokenError():
            return (
                f"The AWS credentials for {what} cannot be renewed. Log in again, for example "
                "with `aws sso login`."
            )
    return None
