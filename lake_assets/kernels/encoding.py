"""Which encoding a file is in, and its bytes as UTF-8."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name and the length of the byte order mark before the text, in bytes."""

    name: str
    mark: int = 0

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes can be read as they are."""
        return self.name == "utf-8"

    @property
    def keeps_newlines(self) -> bool:
        """Whether a line feed is the byte 0x0A, alone: such a file can be cut at bytes."""
        return not self.name.startswith(("utf-16", "utf-32"))


def _keep_unmapped(error: UnicodeError) -> tuple[str, int]:
    """Windows-1252 leaves five bytes undefined; like the WHATWG's table, keep them as C1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("lake_assets.keep_unmapped", _keep_unmapped)


def sniff_encoding(head: bytes, declared: Sequence[str]) -> Encoding | None:
    """Decide a file's encoding from its first bytes.

    A byte order mark decides. Otherwise UTF-8 if it is declared and the text says so: a few bad
    bytes among good multi-byte characters are damage to single rows, not another encoding. Then
    the other declared encodings, in order.

    Args:
        head: the first bytes of the file; may end within a character.
        declared: codec names in the contract's order.

    Returns:
        The encoding, or None if none of the declared ones can be it.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    for name in map(_canonical, declared):
        if name == "utf-8":
            text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
            damaged = text.count("\N{REPLACEMENT CHARACTER}")
            good = sum(character > "\x7f" for character in set(text)) if damaged else 0
            if not damaged or good > damaged:
                return Encoding("utf-8")
        else:
            try:
                codecs.getincrementaldecoder(name)(_errors(name)).decode(head)
            except UnicodeDecodeError:
                continue
            return Encoding(name)
    return None


def to_utf8(data: bytes, encoding: Encoding) -> bytes:
    """A piece of a file as UTF-8. UTF-8 itself is returned as it is, damaged bytes included.

    Raises:
        UnicodeDecodeError: the bytes are not in that encoding.
    """
    if encoding.is_utf8:
        return data
    return data.decode(encoding.name, _errors(encoding.name)).encode()


def decode_head(head: bytes, encoding: Encoding, *, whole: bool) -> str:
    """The text of a file's head. A character that a head cuts in two is left out.

    Args:
        head: the first bytes of the file, its byte order mark included.
        encoding: of the file. Bytes that are no UTF-8 become U+FFFD.
        whole: whether ``head`` is all of the file.

    Raises:
        UnicodeDecodeError: the bytes are not in that encoding.
    """
    errors = "replace" if encoding.is_utf8 else _errors(encoding.name)
    decoder = codecs.getincrementaldecoder(encoding.name)(errors)
    return decoder.decode(head[encoding.mark :], final=whole)


def _canonical(name: str) -> str:
    return codecs.lookup(name).name


def _errors(name: str) -> str:
    return "lake_assets.keep_unmapped" if name.startswith("cp125") else "strict"
