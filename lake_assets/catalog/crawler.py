"""Start the Glue crawler that keeps a table's partitions known to Athena."""

from typing import Literal


class CrawlerError(Exception):
    """The crawler could not be started; gold is written all the same."""


def start_crawler(name: str) -> Literal["started", "already running"]:
    """Start a crawler, once.

    Args:
        name: of the crawler, in the account and region of the environment.

    Returns:
        Whether it was started now. One that is running already will miss what is written behind
        its back; the next compaction starts it again.

    Raises:
        CrawlerError: there is no such crawler, or it may not be started.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        boto3.client("glue").start_crawler(Name=name)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "CrawlerRunningException":
            return "already running"
        raise CrawlerError(
            f"cannot start the Glue crawler {name!r}: {code}. Create it in this account and "
            "region, allow glue:StartCrawler, or drop gold.crawler_name from the contract."
        ) from error
    except BotoCoreError as error:
        raise CrawlerError(f"cannot reach Glue to start the crawler {name!r}: {error}") from error
    return "started"
