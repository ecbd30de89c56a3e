"""What a file's bytes look like, where neither a mark nor the contract says its encoding."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator

import chardet
from chardet import EncodingEra

SAMPLE = 16 * 1024
"""How many bytes of lines beyond ASCII are looked at."""

CONTEXT = 100
"""How many bytes before the first beyond ASCII: what a short line has. More would outweigh them."""

ERAS = (
    EncodingEra.MODERN_WEB
    | EncodingEra.LEGACY_ISO
    | EncodingEra.LEGACY_MAC
    | EncodingEra.LEGACY_REGIONAL
    | EncodingEra.DOS
)
"""Everything but EBCDIC, in which nearly any bytes are some text."""

VOTES = 3
KINDS = 3
"""With fewer kinds of bytes beyond ASCII than this, old code pages look as likely as today's."""

FAINT = 0.01
"""Below this confidence the detector knows nothing: a handful of characters."""

WESTERN = "cp1252"

SUPERSETS = {
    "iso8859-1": WESTERN,
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
}
"""What browsers read for a name, as the WHATWG's Encoding Standard has it."""

KNOWN = 10
"""So many letters at places that only ISO 8859-2 has for them decide against Windows-1250, which
has its s, t and z with accents at 0x80-0x9F, if there is none of those."""

_C1 = re.compile(rb"[\x80-\x9f]")
_LATIN2 = re.compile(rb"[\xa6\xa9\xab\xac\xae\xb6\xb9\xbb\xbc\xbe]")  # S and s to z in ISO 8859-2
_LINE_ENDS = re.compile(rb"[\r\n]+")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_ISO_2022 = re.compile(rb"\x1b[$(]")


def detect_wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, by where their NUL bytes stand.

    ASCII signs (delimiters, digits, line ends) have their NULs all at one end of the unit. NULs
    that an 8-bit file may have stand anywhere, and its line ends at no unit's end; but in Chinese
    the bytes of a line end are also parts of other characters, so that one at a unit has to do.

    Returns:
        The codec's name, or None.
    """
    nuls = [head[at::4].count(0) for at in range(4)]
    units = len(head) // 4
    if not any(nuls) or len(head) < 4:
        return None
    for name, high, low in (("utf-32-le", (3, 2), 0), ("utf-32-be", (0, 1), 3)):
        is_high = nuls[high[0]] >= 0.95 * units and nuls[high[1]] >= 0.9 * units
        if is_high and nuls[low] <= 0.05 * units:
            return name
    even, odd = nuls[0] + nuls[2], nuls[1] + nuls[3]
    name, many, few = ("utf-16-le", odd, even) if odd > even else ("utf-16-be", even, odd)
    if few * 20 > many:
        return None
    if many * 4 >= len(head):
        return name
    text = head.decode(name, "replace")
    ends = text.count("\n") + text.count("\r")
    seen = head.count(b"\n") + head.count(b"\r") if _is_utf8(head) else 1
    return name if ends * 2 >= max(seen, 1) and many * 100 >= len(head) else None


def detect_escaped(head: bytes) -> str | None:
    """ISO 2022, whose bytes are all ASCII: by the escape sequences that change its sets of signs.

    Returns:
        The codec's name, or None.
    """
    if not head.isascii() or not _ISO_2022.search(head):
        return None
    found = _ask(head[:SAMPLE], ERAS)
    return found if found and found.startswith("iso2022") else None


def detect_legacy(head: bytes) -> str | None:
    """The encoding that text of one byte a character, or of East Asia, is most likely in.

    Looks at whole lines beyond ASCII only, and at thirds of them, so that a damaged line outvotes
    nobody; of a line longer than :data:`SAMPLE`, at what is around its first such byte. Where an
    encoding has a superset of Microsoft's that files are really written in (Windows-1252 for ISO
    8859-1), that one is named.

    Returns:
        A name that ``codecs`` knows, in its own spelling; None if the bytes look like no text.
    """
    lines: list[bytes] = []
    size = 0
    for line in _whole_lines(head):
        if not line.isascii():
            lines.append(_shortened(line))
            size += len(lines[-1])
        if size >= SAMPLE:
            break
    if not lines:
        lines = [_shortened(head)]
    kinds = len({byte for byte in b"".join(lines) if byte > 0x7F})
    eras = ERAS if kinds >= KINDS else EncodingEra.MODERN_WEB
    count = VOTES if len(lines) >= 10 * VOTES else 1
    votes = Counter(_ask(b"".join(lines[at::count]), eras) for at in range(count))
    found = votes.most_common(1)[0][0]
    sample = b"".join(lines)
    if found == "cp1250" and not _C1.search(sample) and len(_LATIN2.findall(sample)) >= KNOWN:
        return "iso8859-2"
    return found


def _whole_lines(head: bytes) -> Iterator[bytes]:
    """Lines with their ends. One expression for both would try a line without an end anew from
    each of its bytes."""
    start = 0
    for end in _LINE_ENDS.finditer(head):
        yield head[start : end.end()]
        start = end.end()


def _shortened(text: bytes) -> bytes:
    if len(text) <= SAMPLE:
        return text
    beyond = _BEYOND_ASCII.search(text)
    start = max(0, beyond.start() - CONTEXT) if beyond else 0
    return text[start : start + SAMPLE]


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _ask(sample: bytes, eras: EncodingEra) -> str | None:
    found = chardet.detect(
        sample, encoding_era=eras, max_bytes=len(sample), compat_names=False,
        no_match_encoding="utf-8",
    )  # fmt: skip
    if not found["encoding"] or found["encoding"].startswith("utf"):  # it cannot be: none fits
        return None
    if found["confidence"] < FAINT:
        return WESTERN
    name = codecs.lookup(found["encoding"]).name
    return SUPERSETS.get(name, name)
