"""Which encoding a file is in."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from lake_assets.contracts.format import DETECT
from lake_assets.kernels.decoding.detection import detect_escaped, detect_legacy, detect_wide

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

SHIFTING = ("utf-16", "utf-32", "utf-7", "iso2022", "hz")
"""Codecs in which the byte of a line feed or a quote may also be a part of another character."""


NO_TEXT = {
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "an old Office format",
    b"SQLite format 3\0": "SQLite",
}
"""What people take for a table of text, and how it begins."""


def no_text(head: bytes) -> str | None:
    """The format of a file that is no text, if it is a known one."""
    return next((name for start, name in NO_TEXT.items() if head.startswith(start)), None)


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
        """Whether line ends and quotes are their ASCII bytes, which are part of nothing else.

        Such a file can be cut at bytes. The trailing bytes of Shift JIS, Big5, GB 18030 and the
        EUC codecs are all 0x30 or above, so that these can, too.
        """
        return not self.name.startswith(SHIFTING) and '\n\r"'.encode(self.name) == b'\n\r"'


def keep_unmapped(error: UnicodeError) -> tuple[str, int]:
    """Windows' code pages leave bytes undefined; those that the WHATWG's tables keep as C1.

    Raises:
        UnicodeError: any other byte that the code page does not have.
    """
    if isinstance(error, UnicodeDecodeError):
        data = error.object[error.start : error.end]
        if all(0x80 <= byte <= 0x9F for byte in data):
            return data.decode("latin-1"), error.end
    raise error


codecs.register_error("lake_assets.keep_unmapped", keep_unmapped)


def errors_of(name: str) -> str:
    """How the bytes that a codec does not have are to be treated, as codecs name it."""
    return "lake_assets.keep_unmapped" if name.startswith("cp125") else "strict"


def sniff_encoding(head: bytes, declared: Sequence[str]) -> Encoding | None:
    """Decide a file's encoding from its first bytes.

    A byte order mark decides. Otherwise the declared encodings are tried in order, and the first
    that fits is it. UTF-8 fits if the text says so: a few bad bytes among good multi-byte
    characters are damage to single rows, not another encoding. The others have to fit without
    damage, or, if none does, with as little as is borne in UTF-8. The word ``detect`` stands for
    whatever the bytes look most like; UTF-16, UTF-32 and ISO 2022 are then recognised before all
    others, as their bytes may be valid UTF-8.

    Args:
        head: the first bytes of the file; may end within a character.
        declared: codec names in the contract's order, and ``detect``.

    Returns:
        The encoding, or None if none of the declared ones can be it.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return Encoding(name, len(mark))
    names = [name if name == DETECT else codecs.lookup(name).name for name in declared]
    if wide := detect_wide(head):  # which is valid in nearly every other encoding, full of NULs
        return Encoding(wide) if wide in names or DETECT in names else None
    if DETECT in names and (found := detect_escaped(head)):
        return Encoding(found)
    for name in names:
        if name == DETECT:
            found = "utf-8" if _mostly(head, "utf-8") else detect_legacy(head)
            if found:
                return Encoding(found)
        elif _mostly(head, name) if name == "utf-8" else _wholly(head, name):
            return Encoding(name)
    for name in names:
        if name != DETECT and _mostly(head, name):
            return Encoding(name)
    return None


def decode_head(head: bytes, encoding: Encoding, *, whole: bool) -> str:
    """The text of a file's head. A character that a head cuts in two is left out.

    Args:
        head: the first bytes of the file, its byte order mark included.
        encoding: of the file. Bytes that it does not have become U+FFFD.
        whole: whether ``head`` is all of the file.
    """
    decoder = codecs.getincrementaldecoder(encoding.name)("lake_assets.keep_or_replace")
    if not encoding.name.startswith("cp125"):
        decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    return decoder.decode(head[encoding.mark :], final=whole)


def _keep_or_replace(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return keep_unmapped(error)
    except UnicodeError:
        return codecs.replace_errors(error)


codecs.register_error("lake_assets.keep_or_replace", _keep_or_replace)


def _wholly(head: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)(errors_of(name)).decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _mostly(head: bytes, name: str) -> bool:
    """Whether more kinds of characters beyond ASCII are good than bytes are damaged."""
    text = codecs.getincrementaldecoder(name)("replace").decode(head)
    damaged = text.count("\N{REPLACEMENT CHARACTER}")
    return not damaged or sum(character > "\x7f" for character in set(text)) > damaged
