"""The plan of an ingest run: which files, under which id, cut and grouped into tasks."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lake_assets.contracts.dataset import Dataset
from lake_assets.jobs.arrivals import MEGABYTE
from lake_assets.jobs.task import Engine, Piece, Refusal, Task, survey
from lake_assets.kernels.cuts import find_cuts
from lake_assets.kernels.layout import HEAD_BYTES, FileRefusedError, read_layout
from lake_assets.kernels.timestamps import Evidence
from lake_assets.storage.errors import ObjectChanged, ObjectNotFound
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.store import Store

CHUNK = 4 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks over a batch; files that could not even be planned; SHA-256 of the files cut."""

    ingest_run_id: str
    tasks: tuple[Task, ...]
    refusals: dict[str, Refusal]
    sha256: dict[str, str]


def run_id(files: Sequence[ObjectInfo]) -> str:
    """The id of the run that ingests these files: the same for every driver that plans them.

    Derived from key, ETag, size and arrival of each file, so that drivers that race over one
    batch meet at the same commit record. Sixteen hexadecimal digits.
    """
    lines = sorted(f"{f.key}\n{f.etag}\n{f.size}\n{f.arrived.isoformat()}\n" for f in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def make_plan(
    store: Store, dataset: Dataset, files: Sequence[ObjectInfo], engine: Engine, task_mb: int
) -> Plan:
    """Cut the large files, and group pieces into tasks of about ``task_mb`` of input.

    Args:
        store: of the lake.
        dataset: the contract.
        files: the batch, in the order in which rows are to be written.
        engine: runs the survey of large files whose timestamps may be ambiguous.
        task_mb: about how much input a task reads, in megabytes.
    """
    piece_bytes = max(1, task_mb // 2) * MEGABYTE
    large = [file for file in files if file.size > piece_bytes]
    cut: dict[str, list[Piece]] = {}
    refusals: dict[str, Refusal] = {}
    digests: dict[str, str] = {}
    for file in large:
        try:
            cut[file.key], digests[file.key] = _cut(store, dataset, file, piece_bytes)
        except FileRefusedError as refusal:
            refusals[file.key] = Refusal(refusal.reason, refusal.detail)
        except (ObjectNotFound, ObjectChanged) as change:
            refusals[file.key] = Refusal("vanished", str(change))
    _weigh(store, dataset, cut, refusals, engine)
    pieces = [
        piece
        for file in files
        if file.key not in refusals
        for piece in cut.get(file.key, [Piece(file)])
    ]
    identity = run_id(files)
    tasks = tuple(
        Task(number, identity, dataset, tuple(group))
        for number, group in enumerate(_group(pieces, task_mb * MEGABYTE))
    )
    return Plan(identity, tasks, refusals, digests)


def without(task: Task, keys: set[str]) -> Task:
    """The same task without the pieces of some files."""
    return replace(task, pieces=tuple(p for p in task.pieces if p.file.key not in keys))


def _cut(
    store: Store, dataset: Dataset, file: ObjectInfo, piece_bytes: int
) -> tuple[list[Piece], str]:
    head = store.read(file.key, if_match=file.etag, length=HEAD_BYTES)
    layout = read_layout(head, dataset, whole=False)
    if not layout.encoding.keeps_newlines:
        raise FileRefusedError(
            "too_large",
            f"a file in {layout.encoding.name} of over {piece_bytes:,} bytes cannot be cut; "
            "send it in UTF-8, or raise intake.task_mb",
        )
    with store.open(file.key, if_match=file.etag) as stream:
        cuts, digest = find_cuts(iter(lambda: stream.read(CHUNK), b""), piece_bytes)
    return [Piece(file, cut, layout, Evidence()) for cut in cuts], digest


def _weigh(
    store: Store,
    dataset: Dataset,
    cut: dict[str, list[Piece]],
    refusals: dict[str, Refusal],
    engine: Engine,
) -> None:
    """Give every piece the evidence of its whole file on the order of day and month."""
    pieces = [piece for parts in cut.values() for piece in parts]

    def look(piece: Piece) -> Evidence | Refusal:
        try:
            return survey(store, dataset, piece)
        except FileRefusedError as refusal:
            return Refusal(refusal.reason, refusal.detail)
        except (ObjectNotFound, ObjectChanged) as change:
            return Refusal("vanished", str(change))

    seen: dict[str, Evidence] = {}
    for piece, evidence in zip(pieces, engine.map(look, pieces), strict=True):
        if isinstance(evidence, Refusal):
            refusals[piece.file.key] = evidence
        else:
            seen[piece.file.key] = seen.get(piece.file.key, Evidence()) + evidence
    for key, parts in cut.items():
        cut[key] = [replace(piece, evidence=seen.get(key, Evidence())) for piece in parts]


def _group(pieces: Sequence[Piece], limit: int) -> Iterator[list[Piece]]:
    """Neighbours together, up to ``limit`` bytes, at least one."""
    group: list[Piece] = []
    size = 0
    for piece in pieces:
        bytes_ = piece.cut.end - piece.cut.start if piece.cut else piece.file.size
        if group and size + bytes_ > limit:
            yield group
            group, size = [], 0
        group.append(piece)
        size += bytes_
    if group:
        yield group
