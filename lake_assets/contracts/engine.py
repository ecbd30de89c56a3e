"""Where the jobs of a lake or of a dataset run."""

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from lake_assets.contracts.model import ContractModel


class EngineName(StrEnum):
    """The places where a job can run."""

    LOCAL = "local"
    SPARK = "spark"
    GLUE = "glue"
    EMR_SERVERLESS = "emr-serverless"
    EMR = "emr"


class EngineChoice(ContractModel):
    """An engine, and from what size on; in YAML its name alone will do."""

    name: EngineName = Field(
        default=EngineName.LOCAL, description="local, spark, glue, emr-serverless or emr."
    )
    from_mb: int = Field(
        default=0, ge=0, description="A job that reads fewer megabytes stays on the local engine."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_a_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value
