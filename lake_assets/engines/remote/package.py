"""Put what remote jobs need into a bucket: `lake deploy`.

An artifact's key holds a digest of all that it is made of, so that a second deployment of the same
makes and uploads nothing, and another never touches what a run in flight reads.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lake_assets import __version__
from lake_assets.engines.remote.bundle import collect, environment, zip_of_wheels
from lake_assets.engines.remote.deployment import MANIFEST, Artifact, Deployment
from lake_assets.engines.remote.errors import NotDeployed
from lake_assets.engines.remote.names import Engine
from lake_assets.engines.remote.requirements import Platform, locked
from lake_assets.engines.remote.wheel import FILE_NAME, STEM, wheel
from lake_assets.storage.errors import ObjectNotFound
from lake_assets.storage.store import Store

SCRIPT: Final = b"""\
from lake_assets.jobs.__main__ import main

if code := main():
    raise SystemExit(code)
"""
"""What the services start. A plain end is a success to all of them; some take exit(0) for none."""


@dataclass(frozen=True)
class Planned:
    """An artifact: its name in the manifest, its key, its digest, and how to make it."""

    name: str
    key: str
    digest: str
    make: Callable[[Path], None]


@dataclass(frozen=True)
class Deployed:
    """A planned artifact, its size if it is known, and whether it was uploaded just now."""

    planned: Planned
    bytes: int | None
    is_new: bool


@dataclass(frozen=True)
class Plan:
    """What a deployment consists of."""

    platform: Platform
    requirements: tuple[str, ...]
    artifacts: tuple[Planned, ...]


def plan(engines: Iterable[Engine], platform: Platform) -> Plan:
    """What these engines need. Nothing is downloaded or uploaded.

    Raises:
        PackagingFailed: something that jobs need is not installed here.
    """
    wanted = set(engines)
    requirements = locked(platform)
    own = wheel()
    artifacts = [_content("script", "lake_job.py", SCRIPT), _content("wheel", FILE_NAME, own)]
    # Wheels that pip finds for exact versions are the same ones next time: their names suffice.
    made_of = [platform.tag, hashlib.sha256(own).hexdigest(), *requirements]
    if Engine.GLUE in wanted:
        glue = Platform(platform.python)  # has no other processors
        made_of_glue = [glue.tag, *made_of[1:]]

        def make_wheels(target: Path) -> None:
            with tempfile.TemporaryDirectory() as directory:
                collect(requirements, glue, Path(directory))
                zip_of_wheels(requirements, Path(directory), target)

        file = f"{STEM}-{glue.tag}.gluewheels.zip"
        artifacts.append(_bundle("wheels/x86_64", file, ["zip", *made_of_glue], make_wheels))
    if wanted & {Engine.EMR_SERVERLESS, Engine.EMR}:

        def make_environment(target: Path) -> None:
            with (
                tempfile.TemporaryDirectory() as directory,
                tempfile.TemporaryDirectory() as work,
            ):
                collect(requirements, platform, Path(directory))
                environment(requirements, platform, Path(directory), Path(work), target)

        name = f"environment/{platform.architecture}"
        file = f"{STEM}-{platform.tag}.tar.gz"
        artifacts.append(_bundle(name, file, ["tar", *made_of], make_environment))
    return Plan(platform, requirements, tuple(artifacts))


def survey(store: Store, planned: Plan) -> list[Deployed]:
    """What of a plan is there already. Raises StoreError."""
    return [Deployed(artifact, _size(store, artifact.key), False) for artifact in planned.artifacts]


def deploy(store: Store, planned: Plan) -> list[Deployed]:
    """Make and upload what is not there, then the manifest.

    Raises:
        PackagingFailed: an artifact cannot be made here.
        StoreError: the bucket cannot be read or written.
    """
    done = []
    for seen in survey(store, planned):
        size = seen.bytes
        if size is None:
            with tempfile.TemporaryDirectory() as directory:
                made = Path(directory) / "artifact"
                seen.planned.make(made)
                store.upload(seen.planned.key, made)
                size = made.stat().st_size
        done.append(Deployed(seen.planned, size, is_new=seen.bytes is None))
    manifest = _manifest(store, planned, done)
    store.put(MANIFEST, (manifest.model_dump_json(indent=2) + "\n").encode())
    return done


def _manifest(store: Store, planned: Plan, done: Iterable[Deployed]) -> Deployment:
    """The manifest; artifacts of the same code for other engines stay in it."""
    made = {
        each.planned.name: Artifact(
            key=each.planned.key, digest=each.planned.digest, bytes=each.bytes or 0
        )
        for each in done
    }
    new = Deployment(
        uri=store.uri,
        version=__version__,
        python=planned.platform.python,
        requirements=planned.requirements,
        artifacts=made,
    )
    try:
        old = Deployment.read(store)
    except NotDeployed:
        return new
    same = (old.python, old.requirements) == (new.python, new.requirements)
    if same and old.artifacts.get("wheel") == made["wheel"]:
        return new.model_copy(update={"artifacts": {**old.artifacts, **made}})
    return new


def _size(store: Store, key: str) -> int | None:
    try:
        return store.head(key).size
    except ObjectNotFound:
        return None


def _content(name: str, file: str, data: bytes) -> Planned:
    digest = hashlib.sha256(data).hexdigest()

    def make(target: Path) -> None:
        target.write_bytes(data)

    return Planned(name, _key(digest, file), digest, make)


def _bundle(name: str, file: str, made_of: Iterable[str], make: Callable[[Path], None]) -> Planned:
    digest = hashlib.sha256("\n".join(made_of).encode()).hexdigest()
    return Planned(name, _key(digest, file), digest, make)


def _key(digest: str, file: str) -> str:
    return f"artifacts/{digest[:20]}/{file}"
