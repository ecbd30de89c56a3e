"""A file's bytes as UTF-8. No byte can stop it: a damaged one costs its own line."""

import codecs
from collections.abc import Iterable, Iterator

from lake_assets.kernels.decoding.encoding import Encoding, errors_of, keep_unmapped
from lake_assets.kernels.decoding.lines import count_lines, divide, windows


def to_utf8(data: bytes, encoding: Encoding) -> tuple[bytes, list[int]]:
    """A piece of a file as UTF-8, line by line the same lines.

    UTF-8 itself is returned as it is, damaged bytes included; ``lines.split_lines`` finds them. So
    it does in text that was UTF-16 or such; see :func:`to_utf8_stream`.

    Args:
        data: whole lines, without a byte order mark.
        encoding: of the file.

    Returns:
        The text, and the indices (from 0) of the lines that are not in the encoding. Those are
        kept byte for byte, each as the Latin-1 character of its number.
    """
    if encoding.is_utf8:
        return data, []
    if not encoding.keeps_newlines:
        return b"".join(to_utf8_stream([data], Encoding(encoding.name))), []
    try:
        return _decode(data, encoding), []
    except UnicodeError:
        return _in_windows(data, encoding)


def to_utf8_stream(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """A whole file as UTF-8, chunk by chunk: for encodings that cannot be cut at bytes.

    A byte that is not in the encoding (of half a surrogate pair, or odd at the end) becomes the
    three bytes of the lone surrogate U+DC00 + its number: never valid UTF-8, so that
    ``lines.split_lines`` finds the line undecodable, and has the byte back.

    Args:
        chunks: the file's bytes from the first, in chunks of any size.
        encoding: of the file; its byte order mark is dropped.
    """
    is_windows = encoding.name.startswith("cp125")
    errors = "lake_assets.keep_or_escape" if is_windows else "lake_assets.escape"
    decoder = codecs.getincrementaldecoder(encoding.name)(errors)
    mark = encoding.mark
    for chunk in chunks:
        text, mark = chunk[mark:], max(0, mark - len(chunk))
        if not encoding.is_utf8:
            text = decoder.decode(text).encode("utf-8", "surrogatepass")
        if text:
            yield text
    if not encoding.is_utf8 and (rest := decoder.decode(b"", final=True)):
        yield rest.encode("utf-8", "surrogatepass")


def _decode(data: bytes, encoding: Encoding) -> bytes:
    return data.decode(encoding.name, errors_of(encoding.name)).encode()


def _in_windows(data: bytes, encoding: Encoding) -> tuple[bytes, list[int]]:
    """Only the windows with damage in them are decoded line by line."""
    parts: list[bytes] = []
    damaged: list[int] = []
    first = 0
    for window in windows(data):
        try:
            parts.append(_decode(window, encoding))
        except UnicodeError:
            for index, text in enumerate(divide(window)):
                try:
                    parts.append(_decode(text, encoding))
                except UnicodeError:
                    parts.append(text.decode("latin-1").encode())
                    damaged.append(first + index // 2)
        first += count_lines(window)
    return b"".join(parts), damaged


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


def _keep_or_escape(error: UnicodeError) -> tuple[str, int]:
    try:
        return keep_unmapped(error)
    except UnicodeError:
        return _escape(error)


codecs.register_error("lake_assets.escape", _escape)
codecs.register_error("lake_assets.keep_or_escape", _keep_or_escape)
