"""One fork server and one trial of each kind for each test process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lake_assets_tests.crash.server import Server, serving
from lake_assets_tests.crash.survival import Trial, bucket, directory


@pytest.fixture(scope="session")
def server(s3_endpoint: str) -> Iterator[Server]:
    """Forks the processes that die. The S3 is asked for because its credentials are inherited."""
    with serving() as found:
        yield found


@pytest.fixture(scope="session")
def trial(
    server: Server, s3_endpoint: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Trial]:
    """The trial of a scenario on a kind of store; its lake is prepared once."""
    made: dict[tuple[str, str], Trial] = {}

    def find(kind: str, name: str) -> Trial:
        if (kind, name) not in made:
            root: Path = tmp_path_factory.mktemp(f"{kind}-{name}")
            empty = bucket(s3_endpoint, root.name) if kind == "s3" else directory(root)
            made[kind, name] = Trial(name, empty, server)
        return made[kind, name]

    return find
