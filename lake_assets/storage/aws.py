"""Sessions with AWS, which all share the descriptions of its services."""

from functools import cache

import botocore.session
from botocore.loaders import Loader, create_loader


def open_session() -> botocore.session.Session:
    """A session of its own: clients of several threads must not be made by one.

    It finds credentials and settings as they are now. Raises ProfileNotFound if AWS_PROFILE names
    no profile.
    """
    session = botocore.session.get_session()
    session.register_component(
        "data_loader", _descriptions(session.get_config_variable("data_path"))
    )
    return session


@cache
def _descriptions(path: str | None) -> Loader:
    """Megabytes of JSON, read once: that takes ten times as long as all else about a client."""
    return create_loader(path)
