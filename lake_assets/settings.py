"""The environment, read in one place and validated once.

=========================  ==========================================================
variable                   meaning
=========================  ==========================================================
``LAKE_URI``               where lakes are kept: ``file:///dir`` or ``s3://bucket[/prefix]``;
                           each lake stands below it under its own name
``LAKE_<NAME>_URI``        where one lake is, exactly; for example ``LAKE_RETAIL_URI``
``LAKE_<NAME>_QUEUE_URL``  the SQS queue that gets S3's events of one lake: its URL
``LAKE_S3_ENDPOINT``       an S3-compatible endpoint, if it is not AWS
``LAKE_WORKERS``           tasks at once on this machine; one a core if not set
``LAKE_GIT_URL``           what stands before a file's path on a Git host, for links to the code:
                           ``https://github.com/team/lake/blob/main``
``LAKE_DAGSTER_URL``       where people open Dagster, for the links in alerts
``LAKE_METRICS``           where metrics for CloudWatch go, in its embedded format: ``off`` (if not
                           set), ``stdout``, ``file:/path``, or ``tcp://host:port`` for its agent
``LAKE_WAREHOUSE``         the warehouse that lakes are loaded into: ``duckdb:/path``, with
                           ``{lake}`` for a lake's name, or ``snowflake``, which is meant too where
                           only its settings are there
=========================  ==========================================================

Those of engines begin with ``LAKE_<ENGINE>__``; see the models below.

AWS credentials and region come from AWS's own variables and files, never from here.
"""

import os
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSettings

from lake_assets.contracts.lake import QUEUE_URL, Lake
from lake_assets.engines.remote.options import Options
from lake_assets.engines.remote.targets import EmrServerlessTarget, EmrTarget, GlueTarget
from lake_assets.storage.open import open_store
from lake_assets.storage.store import Store
from lake_assets.warehouse.options import SnowflakeOptions


class SettingsError(ValueError):
    """The environment is wrong. The message names the variable and what to do."""


class SparkSettings(BaseModel):
    """Which Spark; neither is the environment's own, as on a cluster's node."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    master: str | None = None
    """`local[4]`, `spark://host:7077`, ...; else the environment decides."""
    remote: str | None = None
    """A Spark Connect server instead, `sc://host:15002`."""
    options: dict[str, str] = {}
    """More settings of Spark, as JSON."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.master and self.remote:
            raise ValueError("names a MASTER and a REMOTE; only one can run the tasks")
        return self


class Settings(BaseSettings):
    """What the environment says; see the table above."""

    model_config = SettingsConfigDict(
        env_prefix="LAKE_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    uri: str | None = None
    s3_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/\s]+/?$")
    workers: int | None = Field(default=None, ge=1, le=256)
    git_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    dagster_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    metrics: str = Field(default="off", pattern=r"^(off|stdout|file:.+|tcp://[^\s/:]+:\d{1,5})$")
    spark: SparkSettings = SparkSettings()
    remote: Options | None = None
    glue: GlueTarget | None = None
    emr_serverless: EmrServerlessTarget | None = None
    emr: EmrTarget | None = None
    warehouse: str | None = Field(default=None, pattern=r"^(snowflake|duckdb:.+)$")
    snowflake: SnowflakeOptions | None = None

    @field_validator("uri")
    @classmethod
    def _has_a_known_form(cls, uri: str | None) -> str | None:
        if uri is not None and not uri.startswith(("s3://", "file://", "/", ".", "~")):
            raise ValueError("must be s3://bucket[/prefix], file:///dir or a path")
        return uri

    def uri_of(self, lake: Lake) -> str:
        """Where a lake is: its own variable, else ``LAKE_URI``, else its YAML, else ./lake/."""
        own = os.environ.get(f"LAKE_{lake.lake.upper()}_URI")
        if own:
            return own
        if self.uri:
            return f"{self.uri.rstrip('/')}/{lake.lake}"
        return lake.uri or (Path.cwd() / "lake" / lake.lake).as_uri()

    def queue_of(self, lake: Lake) -> str | None:
        """The queue that gets S3's events of a lake: its own variable, else its YAML.

        There is none for all lakes: one lake would delete what is told to another.

        Raises:
            SettingsError: the variable is not the URL of a queue.
        """
        name = f"LAKE_{lake.lake.upper()}_QUEUE_URL"
        own = os.environ.get(name)
        if own and not re.fullmatch(QUEUE_URL, own):
            raise SettingsError(
                f"{name}={_shown(own)}: must be the URL of an SQS queue, such as "
                "https://sqs.eu-west-1.amazonaws.com/123456789012/arrivals"
            )
        return own or lake.intake.queue_url


def load_settings() -> Settings:
    """Read the environment.

    Dagster asks for each asset where its YAML is, which has to do with one setting: reading all of
    them that often would take a third of the time in which 200 datasets load.

    Raises:
        SettingsError: with one sentence a variable that is wrong.
    """
    return _read(frozenset(pair for pair in os.environ.items() if pair[0].startswith("LAKE_")))


@lru_cache(maxsize=4)
def _read(_: frozenset[tuple[str, str]]) -> Settings:
    """The settings of an environment with these variables, which is the environment now."""
    try:
        return Settings()
    except UnreadableSettings as error:
        raise SettingsError(
            f"{error}: one of its variables, LAKE_<FIELD>__..., has to be JSON and is not, such as "
            """LAKE_SPARK__OPTIONS='{"spark.executor.memory": "4g"}'."""
        ) from None
    except ValidationError as error:
        raise SettingsError("\n".join(map(_sentence, error.errors()))) from None


def _sentence(mistake: ErrorDetails) -> str:
    name = f"LAKE_{'__'.join(map(str, mistake['loc'])).upper()}"
    told = mistake["msg"].removeprefix("Value error, ")
    # Only what is no secret is shown: settings of engines may hold tokens.
    if len(mistake["loc"]) > 1 or not isinstance(mistake["input"], str):
        return f"{name}: {told}"
    return f"{name}={_shown(mistake['input'])}: {told}"


def _shown(value: str) -> str:
    """A value as it may be shown: some write credentials before the host."""
    return re.sub(r"//[^/@]*@", "//***@", repr(value))


@cache
def connect(uri: str, endpoint: str | None = None) -> Store:
    """Open a store and prove, once a process, that it can do what a lake needs.

    Raises:
        StoreUnavailable: it is not there, cannot be written, or ignores conditional writes.
    """
    store = open_store(uri, endpoint=endpoint)
    store.check()
    return store
