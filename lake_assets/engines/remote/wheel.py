"""The wheel of lake_assets as it is here: of a checkout or an installed package, the same way.

No build tool is asked, and no network: a wheel is a zip of files in a known order.
https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

import hashlib
import io
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lake_assets import __version__
from lake_assets.engines.remote.requirements import NAME, PACKAGE, wanted

EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
STEM: Final = f"lake_assets-{__version__}"
FILE_NAME: Final = f"{STEM}-py3-none-any.whl"
REGULAR: Final = 0o100644 << 16


def wheel() -> bytes:
    """The wheel. The same files give the same bytes.

    Its requirements are those of remote jobs: Dagster stays where it is.
    """
    files = {
        f"lake_assets/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    info = f"{STEM}.dist-info"
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: lake deploy\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = [f"{name},{_digest(data)},{len(data)}" for name, data in sorted(files.items())]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of files, by name, that does not tell when or where it was made."""
    target = io.BytesIO()
    with ZipFile(target, "w") as archive:
        for name, data in sorted(files.items()):
            entry = ZipInfo(name, EPOCH)
            entry.external_attr = REGULAR
            entry.create_system = 3  # Unix, also on Windows
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, data)
    return target.getvalue()


def _metadata() -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {__version__}"]
    lines.append("Requires-Python: >=3.11")
    lines += [f"Requires-Dist: {requirement}" for requirement in wanted()]
    return "\n".join([*lines, ""])


def _digest(data: bytes) -> str:
    encoded = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={encoded.decode()}"
