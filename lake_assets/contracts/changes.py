"""What a change of a contract means for rows that are there and for those who read them."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any

from lake_assets.contracts.model import ContractModel


class Effect(StrEnum):
    """How grave a change is; the later, the graver."""

    COMPATIBLE = "compatible"  # rows that are there stay true, and are read as they are
    REPLAY = "needs replay"  # rows that are there were judged or read in another way
    BREAKING = "breaking"  # files, rows or readers that were good are so no more


class Change(ContractModel):
    """One change between two versions of a dataset.

    Attributes:
        where: the place in the contract, such as ``columns.fee.type``.
        effect: how grave it is.
        sentence: what changed, and what follows from it.
        rows: whether the same files may give other rows or other bytes than before.
    """

    where: str
    effect: Effect
    sentence: str
    rows: bool = True


def compatible(where: str, sentence: str, *, rows: bool = True) -> Change:
    """A change after which everything goes on as before."""
    return Change(where=where, effect=Effect.COMPATIBLE, sentence=sentence, rows=rows)


def replay(where: str, sentence: str) -> Change:
    """A change that rows which are there have not seen."""
    return Change(where=where, effect=Effect.REPLAY, sentence=sentence)


def breaking(where: str, sentence: str) -> Change:
    """A change that somebody has to be told of before it is made."""
    return Change(where=where, effect=Effect.BREAKING, sentence=sentence)


def others(
    prefix: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    told: Collection[str] = (),
    remarks: Collection[str] = (),
) -> Iterator[Change]:
    """The fields that nothing above tells of; no row depends on ``remarks``."""
    for field, value in new.items():
        if field in told or value == old[field]:
            continue
        if field in remarks:
            yield compatible(f"{prefix}{field}", "says something else; no row changes", rows=False)
        else:
            yield replay(f"{prefix}{field}", f"was {old[field]}, is {value}")
