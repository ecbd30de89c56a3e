"""Who is told when something is wrong in a lake, of what, and how often."""

import re
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from lake_assets.contracts.model import ContractModel, Name


class AlertKind(StrEnum):
    """What can be wrong."""

    FAILED_CHECK = "failed_check"  # an asset check that did not pass, blocking or not
    FAILED_RUN = "failed_run"  # a step, or a run that died without one
    SYSTEM_REJECT = "system_reject"  # a file that was refused as a whole
    LATE_DATA = "late_data"  # rows that arrived long after they happened


class AlertSeverity(StrEnum):
    """How grave it is."""

    WARN = "warn"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """The graver, the higher."""
        return list(AlertSeverity).index(self)


class AlertTarget(StrEnum):
    """Where messages go."""

    FILE = "file"
    WEBHOOK = "webhook"
    SNS = "sns"


Runbook = dict[AlertKind, str]
"""Kind -> a line that says what to do."""

ADDRESSES = {
    AlertTarget.FILE: ("path", "path_env"),
    AlertTarget.WEBHOOK: ("webhook_env",),
    AlertTarget.SNS: ("topic_arn", "topic_env"),
}
"""The fields of a route of which each target needs exactly one."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?")


class Route(ContractModel):
    """One target, and what it is told."""

    to: AlertTarget = Field(description="`file`, `webhook` or `sns`.")
    path: str | None = Field(
        default=None, description="To a file: its path. Each message becomes a line of JSON."
    )
    path_env: str | None = Field(
        default=None, description="To a file: the environment variable that holds its path."
    )
    webhook_env: str | None = Field(
        default=None,
        description="To a webhook: the environment variable that holds its URL, which is a secret. "
        "What is sent is what Slack takes.",
    )
    topic_arn: str | None = Field(default=None, description="To SNS: the topic.")
    topic_env: str | None = Field(
        default=None, description="To SNS: the environment variable that holds the topic's ARN."
    )
    min_severity: AlertSeverity = Field(
        default=AlertSeverity.WARN, description="`error` leaves out what only warns."
    )
    kinds: list[AlertKind] = Field(
        default_factory=list,
        description="Only these: `failed_check`, `failed_run`, `system_reject`, `late_data`. "
        "Empty is all.",
    )
    datasets: list[Name] = Field(
        default_factory=list, description="Only these datasets. Empty is all."
    )

    @field_validator("path_env", "webhook_env", "topic_env")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        # The value is not repeated: it may be the secret itself.
        if name is not None and not _VARIABLE.fullmatch(name):
            raise ValueError(
                "must be the name of an environment variable, such as SLACK_WEBHOOK_URL; what the "
                "variable holds does not belong in this file"
            )
        return name

    @field_validator("topic_arn")
    @classmethod
    def _is_a_topic(cls, arn: str | None) -> str | None:
        if arn is not None and not _TOPIC.fullmatch(arn):
            raise ValueError(
                f"{arn!r} is not the ARN of an SNS topic, arn:aws:sns:<region>:<account>:<name>"
            )
        return arn

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        fields = ADDRESSES[self.to]
        given = [
            name
            for names in ADDRESSES.values()
            for name in names
            if getattr(self, name) is not None
        ]
        if strange := [name for name in given if name not in fields]:
            raise ValueError(f"a route to {self.to} has no {strange[0]}; remove it")
        if len(given) != 1:
            wanted = " or ".join(fields)
            raise ValueError(f"a route to {self.to} needs {wanted}; give exactly one")
        return self

    @property
    def name(self) -> str:
        """Tells routes apart and shows no secret: ``webhook SLACK_WEBHOOK_URL``."""
        (field,) = (name for name in ADDRESSES[self.to] if getattr(self, name) is not None)
        return f"{self.to} {getattr(self, field)}"


class Alerts(ContractModel):
    """Routes, and how often they are told."""

    routes: list[Route] = Field(default_factory=list, description="Without one, nobody is told.")
    remind_hours: float = Field(
        default=24, gt=0, description="What stays wrong is told again after so many hours."
    )
    group_seconds: float = Field(
        default=10,
        ge=0,
        le=3600,
        description="So long after something happened it is told, with all else as one message. "
        "The sensor looks every 30 seconds.",
    )
    runbook: Runbook = Field(
        default_factory=dict,
        description="Kind -> what to do, a line or a link. It stands in place of our own line.",
    )

    @model_validator(mode="after")
    def _routes_are_apart(self) -> Self:
        names = [route.name for route in self.routes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two routes lead to {twice[0]!r}; make one of them")
        return self
