"""lake_assets with all that it needs, in the two forms that the services take.

For Glue a zip of wheels, for EMR a packed environment; both for Linux, whatever runs here. pip
finds the wheels, so that indexes and proxies are those of its configuration.
"""

import gzip
import re
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from lake_assets import __version__
from lake_assets.engines.remote.requirements import NAME, PackagingFailed, Platform
from lake_assets.engines.remote.wheel import EPOCH, FILE_NAME, REGULAR, wheel

UNPACKED: Final = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}
"""Notes of the installer about this machine, which nothing needs to import a package."""


def collect(requirements: Sequence[str], platform: Platform, directory: Path) -> None:
    """Put lake_assets' wheel and those of the requirements into a directory.

    Raises:
        PackagingFailed: pip is not here, or found no wheel of a requirement for the platform.
    """
    (directory / FILE_NAME).write_bytes(wheel())
    _pip("download", platform, ["--dest", str(directory), *requirements])


def zip_of_wheels(requirements: Sequence[str], directory: Path, target: Path) -> None:
    """Glue's form: `wheels/` with the wheels, and with the requirements that it then installs.

    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
    """
    listed = "\n".join([*requirements, f"{NAME}=={__version__}", ""])
    with ZipFile(target, "w", ZIP_STORED) as archive:  # wheels are compressed already
        _add(archive, "wheels/requirements.txt", listed.encode())
        for found in sorted(directory.glob("*.whl")):
            _add(archive, f"wheels/{found.name}", found.read_bytes())


def environment(
    requirements: Sequence[str], platform: Platform, directory: Path, work: Path, target: Path
) -> None:
    """EMR's form: what is in site-packages, as Spark unpacks it for `--archives`.

    Raises:
        PackagingFailed: pip could not unpack the wheels.
    """
    where = ["--no-index", "--find-links", str(directory), "--target", str(work), "--no-compile"]
    _pip("install", platform, [*where, *requirements, f"{NAME}=={__version__}"])
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(work.rglob("*")):
            name = path.relative_to(work).as_posix()
            if not path.is_file() or path.name in UNPACKED or name.startswith("bin/"):
                continue
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as stream:
                archive.addfile(entry, stream)


def _add(archive: ZipFile, name: str, data: bytes) -> None:
    entry = ZipInfo(name, EPOCH)
    entry.external_attr = REGULAR
    entry.create_system = 3
    archive.writestr(entry, data)


def _pip(verb: str, platform: Platform, arguments: Sequence[str]) -> None:
    chosen = ["--no-deps", "--only-binary=:all:", "--implementation", "cp"]
    chosen += ["--python-version", platform.python]
    for tag in platform.tags:
        chosen += ["--platform", tag]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    command = [sys.executable, "-m", "pip", verb, *quiet, *chosen, *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode == 0:
        return
    said = done.stderr.decode("utf-8", "replace")
    if "No module named pip" in said:
        raise PackagingFailed(
            "There is no pip in this environment to find the wheels with. Install "
            "`lake-assets[deploy]`."
        )
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
    # An index may have its password in the URL.
    told = re.sub(r"//[^/@\s]*@", "//***@", " ".join(errors[-2:] or ["it said nothing"]))
    raise PackagingFailed(
        f"pip {verb} found no way to the wheels for Python {platform.python} on Linux "
        f"{platform.architecture} ({told}). Check the network and pip's index; versions are those "
        f"that are installed here, so that a Python {platform.python} here helps most."
    )
