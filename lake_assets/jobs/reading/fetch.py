"""Files and parts of files, from a store to texts that the kernels read."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import BinaryIO

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.format import CsvFormat
from lake_assets.jobs.reading.refusal import Refusal, attempt, recognise
from lake_assets.kernels.decoding.compression import compression_of, expand, expand_head
from lake_assets.kernels.decoding.cuts import Cut, cut_stream
from lake_assets.kernels.decoding.encoding import Encoding
from lake_assets.kernels.decoding.lines import split_lines
from lake_assets.kernels.decoding.transcoding import to_utf8, to_utf8_stream
from lake_assets.kernels.parsing.layout import HEAD_BYTES, Layout, read_layout
from lake_assets.kernels.parsing.texts import Provenance, Text
from lake_assets.kernels.values.evidence import Evidence
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.ranged import open_ranged
from lake_assets.storage.store import Store, each

KILOBYTE = 1 << 10


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file's text, whether they are all of it, and how it is compressed."""

    data: bytes
    whole: bool
    compression: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or a part of a large one.

    Attributes:
        file: where its bytes are, and when it arrived.
        source_file: its name as it was dropped.
        cut, layout: None for a whole file, which shows its layout itself.
        evidence: of the whole file on texts with two readings; None as long as nobody knows.
        again: it is no duplicate, whoever else has its bytes by now: it was ingested and is read
            again, or its table carries, and another file of the batch comes before it.
    """

    file: ObjectInfo
    source_file: str
    cut: Cut | None = None
    layout: Layout | None = None
    evidence: Evidence | None = None
    again: bool = False

    @property
    def size(self) -> int:
        """Bytes to be read."""
        return self.cut.end - self.cut.start if self.cut else self.file.size


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a piece, None where it has to be read as a stream.

    ``sha256`` only where the piece is the whole file and its bytes are here.
    """

    data: bytes | None
    sha256: str = ""


def fetch_all(
    store: Store,
    dataset: Dataset,
    ingest_run_id: str,
    pieces: Sequence[Piece],
    block_bytes: int,
) -> list[Fetched | Refusal]:
    """The bytes of some pieces, several read at once; or why a piece's file leaves the batch.

    A whole file of more than ``block_bytes`` is one that could not be cut: it stays where it is.
    """
    return each(store, partial(_fetch, store, dataset, ingest_run_id, block_bytes), pieces)


def read_head(store: Store, file: ObjectInfo, dataset: Dataset) -> Head:
    """The first bytes of a file, expanded if it is compressed.

    Raises:
        FileRefusedError: it is compressed in a way that cannot be read.
        ObjectNotFound, ObjectChanged: it was taken away or replaced.
    """
    head = store.read(file.key, if_match=file.etag, length=HEAD_BYTES)
    compression = compression_of(head)
    if compression is None:
        return Head(head, file.size <= HEAD_BYTES, None)
    with open_ranged(store, file) as stream:
        return Head(*expand_head(stream, dataset.format, HEAD_BYTES), compression)


def texts_of(
    store: Store,
    piece: Piece,
    fetched: Fetched,
    dataset: Dataset,
    ingest_run_id: str,
    block_bytes: int,
) -> Iterator[Text]:
    """The texts of a piece: one, unless it has to be read as a stream.

    Raises:
        FileRefusedError: the file breaks the contract as a whole.
        ObjectNotFound, ObjectChanged: it was taken away or replaced.
    """
    provenance = Provenance(
        source_file=piece.source_file,
        ingest_run_id=ingest_run_id,
        ingest_ts=piece.file.arrived,
        contract_version=dataset.contract_version,
    )
    data = fetched.data
    if data is None:
        with open_ranged(store, piece.file) as stream:
            yield from _streamed(stream, piece, dataset, provenance, block_bytes)
    elif piece.cut and piece.layout:
        last = piece.cut.end == piece.file.size
        yield Text(data, piece.cut.first_line, piece.layout, provenance, last, piece.evidence)
    elif compression_of(data) or len(data) > dataset.format.max_line_kb * KILOBYTE:
        yield from _streamed(io.BytesIO(data), piece, dataset, provenance, block_bytes)
    else:
        layout = read_layout(data[:HEAD_BYTES], dataset, whole=len(data) <= HEAD_BYTES)
        yield Text(data, 1, layout, provenance, evidence=piece.evidence)


def _streamed(
    stream: BinaryIO, piece: Piece, dataset: Dataset, provenance: Provenance, block_bytes: int
) -> Iterator[Text]:
    """A file block by block: whatever its size, no more than a block of it is held."""
    chunks = expand(stream, dataset.format)
    head, chunks = _peek(chunks, HEAD_BYTES)
    layout = read_layout(head[:HEAD_BYTES], dataset, whole=len(head) <= HEAD_BYTES)
    encoding = layout.encoding
    if not encoding.keeps_newlines:
        chunks, encoding = to_utf8_stream(chunks, encoding), Encoding("utf-8")
    pieces = cut_stream(
        chunks,
        block_bytes,
        dataset.format.record_lines,
        dataset.format.max_line_kb * KILOBYTE,
    )
    held = next(pieces, None)
    following = next(pieces, None)
    while held:
        (cut, data), after = held, next(pieces, None)
        if following and not after and is_tail(following[1], encoding, dataset):
            data, following = data + following[1], None
        last = following is None
        yield Text(data, cut.first_line, layout, provenance, last, piece.evidence, encoding)
        held, following = following, after


def is_tail(data: bytes, encoding: Encoding, dataset: Dataset) -> bool:
    """Whether the last piece of a file has only totals and blank lines.

    They belong to the piece before: only there it shows that no row comes behind the totals.
    """
    if not isinstance(dataset.format, CsvFormat) or dataset.format.totals is None:
        return False
    lines = split_lines(to_utf8(data, encoding)[0])["raw_row"]
    blank = lines.str.strip_chars("".join([*dataset.csv.delimiters, *" \t"])) == ""
    return bool((blank | lines.str.contains(dataset.format.totals)).all())


def _peek(chunks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """More than ``size`` bytes if there are so many, and the chunks as if nothing was taken."""
    taken: list[bytes] = []
    while sum(map(len, taken)) <= size and (chunk := next(chunks, b"")):
        taken.append(chunk)
    return b"".join(taken), chain(taken, chunks)


def _fetch(
    store: Store, dataset: Dataset, ingest_run_id: str, block_bytes: int, piece: Piece
) -> Fetched | Refusal:
    if piece.cut is None and piece.size > block_bytes:
        return Fetched(None)
    data = attempt(partial(_read, store, piece))
    if isinstance(data, Refusal):
        return data
    if piece.cut:
        return Fetched(data)
    sha256 = hashlib.sha256(data).hexdigest()
    duplicate = None if piece.again else recognise(store, dataset, ingest_run_id, sha256)
    return duplicate or Fetched(data, sha256)


def _read(store: Store, piece: Piece) -> bytes:
    if piece.cut is None:
        return store.read(piece.file.key, if_match=piece.file.etag)
    start, length = piece.cut.start, piece.size
    return store.read(piece.file.key, if_match=piece.file.etag, start=start, length=length)
