"""The first megabytes of a file on disk, unpacked and cut at a line end."""

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake_assets.cli.opening import UsageError
from lake_assets.contracts.dataset import CsvFormat
from lake_assets.kernels.encoding import Encoding, decode_head, sniff_encoding

MEGABYTE = 1_000_000

COMPRESSIONS: dict[bytes, tuple[str, Callable[[Path], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.GzipFile),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
}
"""How such a file begins, and how it is opened."""
PACKED = {b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"PAR1": "parquet"}
"""What is recognised, and not opened here."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file.

    Attributes:
        path: of the file.
        size: of the file as it is on disk, in bytes.
        data: its content, unpacked; whole lines, unless its first line is longer than that.
        whole: whether that is all of the content.
        compression: how it is packed; None if it is not.
        encoding: None if it is neither of those tried.
        found_by: how the encoding was told, for people.
    """

    path: Path
    size: int
    data: bytes
    whole: bool
    compression: str | None
    encoding: Encoding | None
    found_by: str

    @property
    def text(self) -> str:
        """The content as text; what is no text becomes U+FFFD."""
        if self.encoding is None:
            return self.data.decode("utf-8", "replace")
        try:
            return decode_head(self.data, self.encoding, whole=True)
        except UnicodeDecodeError:
            return self.data[self.encoding.mark :].decode(self.encoding.name, "replace")


def read_head(path: Path, megabytes: float, encodings: list[str] | None = None) -> Head:
    """Read the beginning of a file.

    Args:
        path: of the file.
        megabytes: of content to read, at most.
        encodings: tried in order on a file without a byte order mark; None are the usual ones.

    Raises:
        UsageError: the path is a directory, no file that can be read, or packed in another way.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a directory; name the files in it, such as {path}/*.csv")
    most = max(1, int(megabytes * MEGABYTE))
    compression = None
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(most + 1)
        for magic, (name, opener) in COMPRESSIONS.items():
            if data.startswith(magic):
                compression = name
                with closing(opener(path)) as unpacked:
                    data = unpacked.read(most + 1)
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise UsageError(f"cannot unpack {path} ({compression}): {error}") from error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    for magic, name in PACKED.items():
        if data.startswith(magic):
            raise UsageError(f"{path} is packed ({name}), not text; unpack it first")
    whole = len(data) <= most
    declared = encodings or CsvFormat().encodings
    encoding = sniff_encoding(data[: 1 << 18], declared)
    if not whole:
        data = _cut(data[:most], encoding)
    return Head(path, size, data, whole, compression, encoding, _found_by(encoding, declared))


def _cut(data: bytes, encoding: Encoding | None) -> bytes:
    """Without a last line that is not whole; all of it if there is only one."""
    if encoding is None or encoding.keeps_newlines:
        return data[: data.rfind(b"\n") + 1] or data
    text = decode_head(data, encoding, whole=False)
    text = text[: text.rfind("\n") + 1] or text
    return data[: encoding.mark] + text.encode(encoding.name)


def _found_by(encoding: Encoding | None, declared: list[str]) -> str:
    if encoding is None:
        return f"none of {', '.join(declared)} fits"
    if encoding.mark:
        return "its byte order mark says so"
    if encoding.is_utf8:
        return "the bytes are UTF-8"
    first = codecs.lookup(declared[0]).name
    return "the first that is declared" if encoding.name == first else f"the bytes are no {first}"
