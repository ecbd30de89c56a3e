"""From settings to a Spark engine, with a sentence for whatever is missing."""

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lake_assets.engines.java import SparkCannotRun, installed_spark

if TYPE_CHECKING:
    from lake_assets.engines.spark import SparkEngine

CONNECT_PORT = 15_002
"""Of Spark Connect, unless the address names another."""
SECONDS = 5
"""For a server to take a connection: Spark's own client asks for ten minutes."""


def spark_engine(
    master: str | None,
    remote: str | None,
    options: Mapping[str, str],
    *,
    in_dagster: bool = False,
) -> "SparkEngine":
    """An engine whose session is open.

    Args:
        master: where Spark is; neither this nor ``remote`` is Spark on this machine, ``local[*]``.
        remote: a Spark Connect server, instead.
        options: more settings of Spark.
        in_dagster: open it through dagster-pyspark's resource.

    Raises:
        SparkCannotRun: PySpark, Java or the server is missing; says what to do.
    """
    installed_spark()
    if remote:
        _find_server(remote)
    try:
        from lake_assets.engines.spark import (
            SparkEngine,
            dagster_session,
            open_session,
            session_options,
        )

        given = session_options(master or (None if remote else "local[*]"), remote, options)
        session = dagster_session(given) if in_dagster else open_session(given)
    except ImportError as error:
        extra = "spark-connect" if remote else "spark"
        raise SparkCannotRun(
            f"Spark cannot run: {error}. Install it: pip install 'lake-assets[spark,{extra}]'"
        ) from error
    return SparkEngine(lambda: session)


def _find_server(remote: str) -> None:
    # What follows the host may be a token.
    parts = urlsplit(remote.partition(";")[0])
    host, port = parts.hostname, parts.port or CONNECT_PORT
    if parts.scheme != "sc" or not host:
        if remote.startswith("local"):
            return
        raise SparkCannotRun(
            "LAKE_SPARK__REMOTE is no address of a Spark Connect server: sc://host:15002"
        )
    try:
        socket.create_connection((host, port), timeout=SECONDS).close()
    except OSError as error:
        raise SparkCannotRun(
            f"No Spark Connect server answers at {host}:{port} ({error.strerror or error}). Start "
            "it, or mend LAKE_SPARK__REMOTE."
        ) from error
