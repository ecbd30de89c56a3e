"""Names that a person writes, here and nowhere else; this module is cheap to import."""

from enum import StrEnum


class Engine(StrEnum):
    """Where a job can be submitted."""

    GLUE = "glue"
    EMR_SERVERLESS = "emr-serverless"
    EMR = "emr"


class Architecture(StrEnum):
    """The processors of workers."""

    X86_64 = "x86_64"
    ARM64 = "arm64"
