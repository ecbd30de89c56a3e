"""What `lake deploy` leaves in a bucket, as the submitting side reads it.

`deploy.json` names each artifact by a key that holds its digest. The file changes with each
deployment and the artifacts never do: a run in flight keeps those that it was started with.
"""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from lake_assets import __version__
from lake_assets.engines.remote.errors import NotDeployed, OtherVersion, StorageFailed
from lake_assets.engines.remote.wheel import wheel
from lake_assets.storage.errors import ObjectNotFound, StoreError
from lake_assets.storage.store import Store

MANIFEST = "deploy.json"


class Artifact(BaseModel):
    """An object of the deployment. ``key`` is below the deployment's URI.

    ``digest`` is the SHA-256 of its bytes, or of the list of all that a bundle was made of.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    digest: str
    bytes: int


class Deployment(BaseModel):
    """The manifest. Names of artifacts: script, wheel, wheels/<arch>, environment/<arch>."""

    model_config = ConfigDict(frozen=True)

    uri: str
    version: str
    python: str
    requirements: tuple[str, ...]
    artifacts: dict[str, Artifact]

    @classmethod
    def read(cls, store: Store) -> Self:
        """The deployment in a bucket.

        Raises:
            NotDeployed: there is none, or its manifest cannot be read.
            OtherVersion: it is one of another version of lake_assets.
            StorageFailed: the bucket cannot be read.
        """
        try:
            with store.open(MANIFEST) as stream:
                found = cls.model_validate_json(stream.read())
        except ObjectNotFound:
            raise NotDeployed(
                f"Nothing is deployed at {store.uri}. Run `lake deploy --to {store.uri}`."
            ) from None
        except ValidationError:
            raise NotDeployed(
                f"{store.uri}/{MANIFEST} is no manifest that lake_assets {__version__} can read. "
                f"Run `lake deploy --to {store.uri}` again."
            ) from None
        except StoreError as error:
            raise StorageFailed(str(error)) from error
        if found.version != __version__:
            raise OtherVersion(
                f"lake_assets {found.version} is deployed at {store.uri}, and {__version__} "
                f"submits. Run `lake deploy --to {store.uri}` with {__version__}."
            )
        return found

    def check(self, store: Store, names: Iterable[str]) -> None:
        """Prove that artifacts are there.

        Raises:
            NotDeployed: one is not part of the deployment, or its object is gone.
            StorageFailed: the bucket cannot be read.
        """
        for name in names:
            artifact = self.artifacts.get(name)
            if artifact is None:
                raise NotDeployed(
                    f"The deployment at {store.uri} has no {name}. Run "
                    f"`lake deploy --to {store.uri} {_options(name)}`."
                )
            try:
                size = store.head(artifact.key).size
            except ObjectNotFound:
                size = None
            except StoreError as error:
                raise StorageFailed(str(error)) from error
            if size != artifact.bytes:
                raise NotDeployed(
                    f"{store.uri}/{artifact.key} is gone, or is not what was deployed. Run "
                    f"`lake deploy --to {store.uri} {_options(name)}` again."
                )

    def is_this_code(self) -> bool:
        """Whether the files of lake_assets that are deployed are those that run here."""
        deployed = self.artifacts.get("wheel")
        return deployed is not None and deployed.digest == own_digest()

    def locate(self, name: str) -> str:
        """The URI of an artifact."""
        return f"{self.uri}/{self.artifacts[name].key}"


def _options(name: str) -> str:
    """What `lake deploy` is told to make an artifact."""
    kind, _, architecture = name.partition("/")
    if kind == "environment":
        return f"--for emr-serverless --arch {architecture}"
    return "--for glue"


@cache
def own_digest() -> str:
    """SHA-256 of the wheel of what runs here, which stays as it was when it was imported."""
    return sha256(wheel()).hexdigest()
