"""Settings of Snowflake, which come from the environment alone."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator


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
