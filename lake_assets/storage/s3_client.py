"""How S3 is reached, and what its answers mean to a person."""

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from lake_assets.storage.aws import open_session
from lake_assets.storage.aws_credentials import explain_credentials
from lake_assets.storage.errors import StoreError, StoreUnavailable, explain_s3

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

CONNECT_SECONDS = 5
READ_SECONDS = 60  # between two bytes of an answer
ATTEMPTS = 5  # with a back-off that doubles, and a quota for all requests of a client


def make_client(endpoint: str | None) -> "S3Client":
    """A client for AWS, or for an endpoint. Raises StoreUnavailable if that is no URL."""
    session = open_session()
    region = session.get_config_variable("region")
    try:
        client = session.create_client(
            "s3",
            endpoint_url=endpoint,
            # An endpoint ignores the region, but requests are signed with one.
            region_name=region or ("us-east-1" if endpoint else None),
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                max_pool_connections=32,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                # Integrity is by Content-MD5, which every store checks: botocore's own checksums
                # are refused by some, and S3 asks for them again when an upload is completed.
                request_checksum_calculation="when_required",
                s3={"addressing_style": "path" if endpoint else "auto"},
            ),
        )
        return cast("S3Client", client)
    except ValueError as exc:
        raise StoreUnavailable(
            "The S3 endpoint is not a URL. Set LAKE_S3_ENDPOINT to one like "
            "http://127.0.0.1:9000, or to nothing for AWS."
        ) from exc


def explain(exc: ClientError | BotoCoreError, where: str, endpoint: str | None) -> StoreError:
    """The error that says what was wrong, where, and what to do."""
    if sentence := explain_credentials(exc, where):
        return StoreUnavailable(sentence)
    match exc:
        case ClientError():
            return explain_s3(exc.response.get("Error", {}).get("Code") or "", where)
        case HTTPClientError() | NoConnectionError():
            server = urlsplit(endpoint).netloc.rpartition("@")[2] if endpoint else "AWS"
            return StoreUnavailable(
                f"{server} does not answer for {where} ({type(exc).__name__}). Check the network "
                "and LAKE_S3_ENDPOINT, then run again."
            )
    return StoreUnavailable(f"boto3 could not ask for {where}: {type(exc).__name__}.")
