"""Where the files and tables of a dataset stand: the key prefixes of its zones."""

from collections.abc import Iterable
from typing import Final, Self

from pydantic import Field, model_validator

from lake_assets.contracts.model import ContractModel


class Zones(ContractModel):
    """Key prefixes of the zones below the lake's URI, each ending in ``/``."""

    raw: str = "raw/"
    validated: str = "validated/"
    rejected_system: str = "rejected/system/"
    rejected_rows: str = "rejected/data_quality/"
    processed: str = "processed/"
    gold: str = "gold/"
    archive: str = "archive/validated/"
    ledger: str = "audit/ingest/"
    content: str = "audit/content/"
    versions: str = "audit/versions/"
    restating: str = "audit/restating/"
    superseded: str = "audit/superseded/"
    gold_audit: str = "audit/gold_compaction/"
    dated: bool = Field(
        default=False,
        description="Files in `archive` and `rejected_system` stand in a folder of the date (UTC) "
        "on which they arrived, `archive/2025-01-31/<file>`, under their own names. A second file "
        "of a name on a date gets a mark.",
    )

    @model_validator(mode="after")
    def _prefixes_are_apart(self) -> Self:
        prefixes = self.prefixes.values()
        for prefix in prefixes:
            check_prefix(prefix)
        for one in prefixes:
            if sum(other.startswith(one) for other in prefixes) > 1:
                raise ValueError(f"zone {one!r} is, or contains, another zone; keep them apart")
        return self

    @property
    def prefixes(self) -> dict[str, str]:
        """Name of a zone -> its prefix."""
        return {name: getattr(self, name) for name in PREFIXES}


PREFIXES: Final = tuple(name for name in Zones.model_fields if name != "dated")
"""The names of the zones."""


def check_prefix(prefix: str) -> None:
    """Make sure that keys can begin so.

    Raises:
        ValueError: they cannot.
    """
    if not prefix.endswith("/") or prefix.startswith("/") or ".." in prefix:
        raise ValueError(f"zone {prefix!r} must be a relative prefix that ends in '/'")


def check_nested(prefixes: Iterable[tuple[str, str]]) -> None:
    """Make sure that no zone of a lake stands within another; two may be the same.

    Args:
        prefixes: whose zone it is, and its prefix.

    Raises:
        ValueError: one does; the message names both.
    """
    known = list(prefixes)
    for whose, inner in known:
        for other, outer in known:
            if inner != outer and inner.startswith(outer):
                raise ValueError(
                    f"{inner!r}, {whose}, stands within {outer!r}, {other}: files of one would be "
                    "taken for files of the other. Keep the zones apart"
                )
