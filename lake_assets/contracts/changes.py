"""What a change of a contract means for rows that are there and for those who read them."""

from enum import StrEnum

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
