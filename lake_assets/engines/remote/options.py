"""How a remote run is submitted and followed: settings, with their units."""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_URI = re.compile(r"s3://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/[^\s]*)?")


class Rates(BaseModel):
    """US dollars; the defaults are on-demand prices of us-east-1 on Linux and x86_64.

    Sources: https://aws.amazon.com/glue/pricing/ (a DPU-hour, billed by the second, one minute at
    least) and https://aws.amazon.com/emr/pricing/ (EMR Serverless: vCPU, memory, and storage above
    the 20 GB that each worker has for nothing). EMR on EC2 is billed by its instances, whatever
    runs on them: its rate is yours to give, and without it there is no estimate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    glue_dpu_hour: float = Field(default=0.44, ge=0)
    emr_serverless_vcpu_hour: float = Field(default=0.052624, ge=0)
    emr_serverless_memory_gb_hour: float = Field(default=0.0057785, ge=0)
    emr_serverless_storage_gb_hour: float = Field(default=0.000111, ge=0)
    emr_cluster_hour: float | None = Field(default=None, ge=0)


class Options(BaseModel):
    """What all services have in common. Times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    deploy_uri: str
    """Where `lake deploy` put the artifacts, and where job and submitter meet: s3://bucket/prefix"""
    region: str | None = None
    """Of the service; else AWS's own settings decide."""
    endpoint: str | None = None
    """Of all AWS services, where they are not AWS's own."""
    start_timeout: float = Field(default=900, gt=0)
    """How long a run may wait for machines before it is cancelled."""
    run_timeout: float = Field(default=4 * 3600, gt=0)
    """How long a run may take before it is cancelled."""
    busy_timeout: float = Field(default=900, ge=0)
    """How long a refusal for want of room (concurrent runs, throttling) is asked again."""
    poll_seconds: float = Field(default=10, gt=0)
    """Between two looks at the run's state."""
    message_seconds: float = Field(default=2, ge=0)
    """Between two looks for messages of the job."""
    poll_failures: int = Field(default=30, ge=1)
    """Polls in a row that may fail before the run is given up."""
    rates: Rates = Rates()
    """Prices in US dollars, for the estimate of what a run cost."""

    @field_validator("deploy_uri")
    @classmethod
    def _is_a_bucket(cls, uri: str) -> str:
        if not _URI.fullmatch(uri):
            raise ValueError("must be s3://bucket or s3://bucket/prefix")
        return uri.rstrip("/")

    @model_validator(mode="after")
    def _polls_before_the_end(self) -> Self:
        if self.poll_seconds > min(self.start_timeout, self.run_timeout):
            raise ValueError("poll_seconds must not be longer than start_timeout or run_timeout")
        return self

    @property
    def run_minutes(self) -> int:
        """`run_timeout` as the services take it: whole minutes, at least one."""
        return max(1, -int(-self.run_timeout // 60))
