"""Records of an archived file as they stand in it, by the line on which each begins."""

from collections.abc import Collection, Iterator
from itertools import chain

import polars as pl

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.reading.fetch import KILOBYTE
from lake_assets.kernels.decoding.compression import expand
from lake_assets.kernels.decoding.cuts import cut_stream
from lake_assets.kernels.decoding.encoding import BYTE_ORDER_MARKS, Encoding
from lake_assets.kernels.decoding.lines import count_lines, split_lines
from lake_assets.kernels.decoding.transcoding import to_utf8, to_utf8_stream
from lake_assets.kernels.parsing.records import join_records
from lake_assets.storage.ledger import Input
from lake_assets.storage.ranged import open_ranged
from lake_assets.storage.store import Store

PIECE_BYTES = 1 << 20
"""How much text is held at once, about."""

LONGEST_MARK = max(len(mark) for mark, _ in BYTE_ORDER_MARKS)


def raw_records(
    store: Store, dataset: Dataset, item: Input, lines: Collection[int]
) -> dict[int, str]:
    """The exact text of some records of a file, without their line ends.

    The file is read as a stream up to the last of them, whatever its size, with the encoding and
    the delimiter that the ledger has of it: the contract may have changed since.

    Args:
        store: of the lake.
        dataset: the contract, for its limits.
        item: an ingested file, archived.
        lines: physical lines (from 1) on which records begin, as rows and rejects name them.

    Returns:
        Line -> text; lines that the file does not have are left out. A record of several lines
        is whole. Bytes that are not in the file's encoding are kept as in a reject's ``raw_row``.

    Raises:
        ObjectNotFound, ObjectChanged: the archived file is gone, or was replaced meanwhile.
        FileRefusedError: it cannot be expanded, or has a line that the contract takes no more.
    """
    found: dict[int, str] = {}
    left = sorted(set(lines))
    limits = dataset.format
    # The ledger has no delimiter of NDJSON, where each line is a record whatever quotes it has.
    delimiter = "," if item.delimiter is None else item.delimiter
    most = limits.record_lines if delimiter else 1
    with open_ranged(store, store.head(item.destination)) as stream:
        encoding, chunks = _decoded(expand(stream, limits), item.encoding or "utf-8")
        pieces = cut_stream(chunks, PIECE_BYTES, most, limits.max_line_kb * KILOBYTE)
        for cut, data in pieces:
            if not left:
                break
            behind = cut.first_line + count_lines(data)
            here = [line for line in left if line < behind]
            if here:
                text, _ = to_utf8(data[encoding.mark :] if cut.start == 0 else data, encoding)
                found |= _records(
                    text, [line - cut.first_line for line in here], delimiter, most, here
                )
                left = left[len(here) :]
    return found


def _decoded(chunks: Iterator[bytes], name: str) -> tuple[Encoding, Iterator[bytes]]:
    """Text that can be cut at bytes, and the encoding that it is in."""
    head = b""
    while len(head) < LONGEST_MARK and (chunk := next(chunks, b"")):
        head += chunk
    mark = next(
        (mark for mark, of in BYTE_ORDER_MARKS if of == name and head.startswith(mark)), b""
    )
    encoding = Encoding(name, len(mark))
    chunks = chain([head], chunks)
    if encoding.keeps_newlines:
        return encoding, chunks
    return Encoding("utf-8"), to_utf8_stream(chunks, encoding)


def _records(
    text: bytes, starts: list[int], delimiter: str, most: int, numbers: list[int]
) -> dict[int, str]:
    """The records that begin on these lines (from 0) of a text; ``numbers`` are their names."""
    lines = split_lines(text)
    if not delimiter:
        texts = lines["raw_row"].gather(starts)
        return dict(zip(numbers, texts, strict=True))
    # Each start with the lines that its record may span is a piece of its own: what stands above
    # it cannot take part in it.
    windows = (
        pl.DataFrame({"start": starts}, schema={"start": pl.Int64})
        .with_row_index("piece")
        .with_columns(
            pl.int_ranges("start", pl.min_horizontal(pl.col("start") + most, lines.height)).alias(
                "at"
            )
        )
        .explode("at", empty_as_null=False)
    )
    spread = lines[windows["at"]].with_columns(
        windows["piece"], windows["at"].cast(pl.UInt32).alias("line_number")
    )
    first = join_records(spread, delimiter, most).unique("piece", keep="first", maintain_order=True)
    return {numbers[piece]: text for piece, text in first.select("piece", "raw_row").iter_rows()}
