"""The base of every contract model: immutable, and a misspelt key is an error."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
"""A lake, dataset, column or rule name: lower-case letters, digits, underscores."""


class ContractModel(BaseModel):
    """Frozen, and closed: an unknown key is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)
