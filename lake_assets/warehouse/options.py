"""Settings of Snowflake, which come from the environment alone."""

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

PREFIX = "LAKE_SNOWFLAKE__"


class SnowflakeOptions(BaseModel):
    """How to reach Snowflake. Secrets are never shown."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
    )

    account: str
    """The account's identifier: `organisation-account`."""
    user: str
    """Who loads: a user of type SERVICE, best with a key."""
    password: SecretStr | None = None
    """Its password or access token, unless there is a key."""
    private_key_path: Path | None = None
    """Its private key, a PEM file that has no passphrase."""
    role: str | None = None
    """The role to take on; the loader's own, `<DATABASE>_LOADER`, if not set."""
    warehouse: str | None = None
    """The virtual warehouse that computes; the user's own if not set."""

    @model_validator(mode="after")
    def _proves_who_it_is(self) -> Self:
        if (self.password is None) == (self.private_key_path is None):
            raise ValueError("needs a PASSWORD or a PRIVATE_KEY_PATH, one of the two")
        return self

    def variables(self) -> dict[str, str]:
        """Of each field that is set, the name of the variable that says it.

        Raises:
            ValueError: it is set in another way, which only these settings understand.
        """
        names = {field: f"{PREFIX}{field.upper()}" for field in self.model_dump(exclude_none=True)}
        if lost := sorted(set(names.values()) - os.environ.keys()):
            raise ValueError(
                f"Dagster reads Snowflake's settings by the names of their variables, and {lost} "
                "is not set. Write the names in capitals, each setting in a variable of its own."
            )
        return names
