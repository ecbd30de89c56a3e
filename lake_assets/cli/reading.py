"""The first megabytes of a file on disk, expanded and cut at a line end."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from lake_assets.cli.opening import UsageError
from lake_assets.contracts.format import DETECT, CsvFormat, TextFormat
from lake_assets.kernels.decoding.compression import compression_of, expand_head
from lake_assets.kernels.decoding.encoding import Encoding, decode_head, no_text, sniff_encoding
from lake_assets.kernels.parsing.layout import HEAD_BYTES
from lake_assets.kernels.refusal import FileRefusedError

MEGABYTE = 1_000_000
START_BYTES = 64
"""Enough to know a format by."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file.

    Attributes:
        path: of the file.
        size: of the file as it is on disk, in bytes.
        data: its content, expanded; whole lines, unless its first line is longer than that.
        whole: whether that is all of the content.
        compression: how it is compressed; None if it is not.
        encoding: None if it is none of those tried.
        found_by: how the encoding was told, for people.
        refusal: why its content cannot be had; then ``data`` is empty.
    """

    path: Path
    size: int
    data: bytes
    whole: bool
    compression: str | None
    encoding: Encoding | None
    found_by: str
    refusal: FileRefusedError | None = None

    @property
    def text(self) -> str:
        """The content as text; what is no text becomes U+FFFD."""
        return decode_head(self.data, self.encoding or Encoding("utf-8"), whole=True)


def read_head(path: Path, megabytes: float, limits: TextFormat | None = None) -> Head:
    """Read the beginning of a file.

    Args:
        path: of the file.
        megabytes: of content to read, at most.
        limits: its encodings are tried in order on a file without a byte order mark, and it says
            how far a compressed file may expand. None is the default of contracts.

    Raises:
        UsageError: the path is a directory, no file that can be read, or plainly not text.
    """
    limits = limits or CsvFormat()
    if path.is_dir():
        raise UsageError(f"{path} is a directory; name the files in it, such as {path}/*.csv")
    most = max(1, int(megabytes * MEGABYTE))
    refusal = None
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(START_BYTES)
            file.seek(0)
            data, whole = expand_head(file, limits, most)
    except FileRefusedError as error:
        data, whole, refusal = b"", False, error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    if kind := no_text(start):
        raise UsageError(f"{path} is {kind}, not text; export it as CSV first")
    encoding = sniff_encoding(data[:HEAD_BYTES], limits.encodings)
    if not whole:
        data = _cut(data, encoding or Encoding("utf-8"))
    return Head(
        path,
        size,
        data,
        whole,
        compression_of(start),
        encoding,
        _found_by(data, encoding, limits.encodings),
        refusal,
    )


def _cut(data: bytes, encoding: Encoding) -> bytes:
    """Without a last line that is not whole; all of it if there is only one.

    A carriage return at the very end is no line end yet: a line feed may belong to it.
    """
    feed, carriage = ("\n".encode(encoding.name), "\r".encode(encoding.name))
    unit = len(feed)
    end = max(
        _behind_last(data, feed, encoding.mark, len(data)),
        _behind_last(data, carriage, encoding.mark, len(data) - unit),
    )
    return data[:end] or data


def _behind_last(data: bytes, sign: bytes, mark: int, stop: int) -> int:
    """The end of the last such sign before ``stop``, at a whole number of them; 0 without one."""
    at = data.rfind(sign, 0, stop)
    while at >= 0 and (at - mark) % len(sign):
        at = data.rfind(sign, 0, at + len(sign) - 1)
    return at + len(sign) if at >= 0 else 0


def _found_by(data: bytes, encoding: Encoding | None, declared: list[str]) -> str:
    if encoding is None:
        return f"none of {', '.join(declared)} fits"
    if encoding.mark:
        return "its byte order mark says so"
    names = [name if name == DETECT else codecs.lookup(name).name for name in declared]
    if encoding.is_utf8:
        damaged = "\N{REPLACEMENT CHARACTER}" in decode_head(data, encoding, whole=False)
        return "nearly all bytes are UTF-8" if damaged else "the bytes are UTF-8"
    if encoding.name not in names:
        return "what the bytes look most like"
    first = names[0]
    return "the first that is declared" if encoding.name == first else f"the bytes are no {first}"
