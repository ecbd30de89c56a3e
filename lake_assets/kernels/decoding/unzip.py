"""The one file in a zip file."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from lake_assets.kernels.decoding.inflate import STEP, Source, damaged
from lake_assets.kernels.refusal import FileRefusedError

OFFICE = "[Content_Types].xml"
"""In the root of every Office Open XML document (ECMA-376, part 2)."""

DIRECTORY = STEP
"""The largest read that a zip file's reader may ask for: its list of members is read at once."""

ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that ``zipfile`` expands in steps. A few kilobytes of bzip2 would be gigabytes at once."""


class ZipSource(Source):
    """What ``zipfile`` reads from. It never gets more at once than a small directory takes."""

    def __init__(self, stream: BinaryIO) -> None:
        if not stream.seekable():
            raise io.UnsupportedOperation("a zip file needs a stream that can seek")
        super().__init__(stream, b"")
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable
        self.failure: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = super().read(DIRECTORY + 1 if size < 0 else min(size, DIRECTORY + 1))
        except OSError as error:  # which zipfile takes for a fault of the file
            self.failure = error
            raise
        if len(data) > DIRECTORY:
            raise zipfile.BadZipFile("its list of files is longer than one file needs")
        return data


def unzip(source: ZipSource) -> Iterator[bytes]:
    """The bytes of the only file, in chunks of at most a megabyte.

    Raises:
        FileRefusedError: ``compression`` if the zip file is damaged, encrypted, or does not hold
            exactly one file, folders and what macOS adds aside.
    """
    expanded = 0
    try:
        with zipfile.ZipFile(source) as archive:
            member = _only_member(archive)
            with archive.open(member) as content:
                while chunk := content.read(STEP):
                    expanded += len(chunk)
                    yield chunk
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError,
    ) as error:  # fmt: skip
        if source.failure:
            raise source.failure from None
        raise damaged("zip", expanded, str(error) or "it ends too early") from error


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if any(member.filename == OFFICE for member in members):
        raise FileRefusedError(
            "error_reading_file", "the file is an Office document such as Excel's; export it as CSV"
        )
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:3])
        raise FileRefusedError(
            "compression",
            f"the zip file holds {len(members)} files ({names}{', ...' * (len(members) > 3)}); "
            "send each in a zip file of its own"
            if members
            else "the zip file holds no file at all",
        )
    member = members[0]
    if member.flag_bits & 1:
        raise FileRefusedError(
            "compression", f"{member.filename} in the zip file is encrypted; send it as it is"
        )
    if member.compress_type not in ZIP_METHODS:
        raise FileRefusedError(
            "compression",
            f"{member.filename} in the zip file is compressed by method {member.compress_type}; "
            "stored and deflated files are read",
        )
    return member
