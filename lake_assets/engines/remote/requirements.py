"""What a remote job installs beside lake_assets: exact versions, those that are installed here.

The same versions of Polars and of the rest are what makes the same bytes come out on any engine.
"""

import tomllib
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import lake_assets
from lake_assets.engines.remote.errors import RemoteRunError
from lake_assets.engines.remote.names import Architecture

PACKAGE: Final = Path(lake_assets.__file__).parent
NAME: Final = "lake-assets"
EXTRA: Final = "remote"
MACHINES: Final = {Architecture.X86_64: "x86_64", Architecture.ARM64: "aarch64"}
GLIBC_MINORS: Final = range(34, 16, -1)
"""Amazon Linux 2023, on which Glue 5 and EMR 7 run, has glibc 2.34; wheels for older ones fit."""


class PackagingFailed(RemoteRunError):
    """The artifacts cannot be made on this machine."""


@dataclass(frozen=True)
class Platform:
    """What the workers run: CPython of a version (`3.11`), on Linux with a processor."""

    python: str = "3.11"
    architecture: Architecture = Architecture.X86_64

    @property
    def tag(self) -> str:
        """For file names: cp311-x86_64."""
        return f"cp{self.python.replace('.', '')}-{self.architecture}"

    @property
    def tags(self) -> list[str]:
        """The platform tags whose wheels run there, best first."""
        machine = MACHINES[self.architecture]
        found = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
        return [*found, f"manylinux2014_{machine}"]

    @property
    def markers(self) -> dict[str, str]:
        """How environment markers are answered there: https://peps.python.org/pep-0508/"""
        return {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": MACHINES[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }


def wanted() -> list[Requirement]:
    """What the extra `remote` asks for: from pyproject.toml in a checkout, else as installed."""
    project = PACKAGE.parent / "pyproject.toml"
    if project.is_file():
        found = tomllib.loads(project.read_text("utf-8"))["project"]
        if found["name"] == NAME:
            return [Requirement(text) for text in found["optional-dependencies"][EXTRA]]
    requirements = map(Requirement, _installed(NAME).requires or [])
    return [
        requirement
        for requirement in requirements
        if requirement.marker
        and requirement.marker.evaluate({"extra": EXTRA})
        and not requirement.marker.evaluate({"extra": ""})
    ]


def locked(platform: Platform) -> tuple[str, ...]:
    """`name==version` of everything that the extra needs on a platform, sorted by name.

    Raises:
        PackagingFailed: something of it is not installed here.
    """
    versions: dict[str, str] = {}
    todo = [(requirement, frozenset[str]()) for requirement in wanted()]
    done: set[tuple[str, frozenset[str]]] = set()
    while todo:
        requirement, extras = todo.pop()
        if not _applies(requirement, extras, platform):
            continue
        name = canonicalize_name(requirement.name)
        asked = frozenset(requirement.extras)
        if (name, asked) in done:
            continue
        done.add((name, asked))
        found = _installed(requirement.name)
        versions[name] = found.version
        todo += [(Requirement(text), asked) for text in found.requires or []]
    return tuple(f"{name}=={versions[name]}" for name in sorted(versions))


def _applies(requirement: Requirement, extras: frozenset[str], platform: Platform) -> bool:
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate({**platform.markers, "extra": extra})
        for extra in extras or {""}
    )


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise PackagingFailed(
            f"{name} is not installed here, and remote jobs need it, in the version that is. "
            f"Install `lake-assets[{EXTRA}]`, with the Python that the jobs run on."
        ) from None
