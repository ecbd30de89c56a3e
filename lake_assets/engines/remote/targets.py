"""Where a service runs our jobs: settings, which the code location reads when it loads."""

from pydantic import BaseModel, ConfigDict, Field

from lake_assets.engines.remote.names import Architecture


class GlueTarget(BaseModel):
    """Which Glue job runs, and on how many workers."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    job_name: str = Field(min_length=1)
    """Of the Glue job that `lake deploy --glue-job` made."""
    worker_type: str = "G.1X"
    """Glue's name for their size."""
    workers: int = Field(default=2, ge=2)
    """How many, the driver among them."""
    arguments: dict[str, str] = {}
    """More arguments of the run, for example `--TempDir`, as JSON."""


class EmrServerlessTarget(BaseModel):
    """Which application runs, as whom, and with which Python."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    application_id: str = Field(min_length=1)
    """Of an application of type Spark."""
    role_arn: str = Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/\S+$")
    """The role that a run has."""
    architecture: Architecture = Architecture.X86_64
    """Of the workers' processors: x86_64 or arm64."""
    python: str = "/usr/bin/python3.11"
    """The interpreter on the workers: of the version that was deployed for. The default one of
    EMR 7 is 3.9, which is too old."""
    spark_conf: dict[str, str] = {}
    """More settings of Spark, as JSON."""
    tags: dict[str, str] = {}
    """Of each run, as JSON."""


class EmrTarget(BaseModel):
    """Which cluster runs, and with which Python."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    cluster_id: str = Field(min_length=1)
    """Of a cluster with Spark."""
    architecture: Architecture = Architecture.X86_64
    """Of the workers' processors: x86_64 or arm64."""
    python: str = "/usr/bin/python3.11"
    """The interpreter on the nodes: of the version that was deployed for. The default one of EMR 7
    is 3.9, which is too old."""
    spark_conf: dict[str, str] = {}
    """More settings of Spark, as JSON."""
