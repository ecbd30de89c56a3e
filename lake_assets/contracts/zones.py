"""Where the files and tables of a dataset stand: the key prefixes of its zones."""

from collections.abc import Iterable, Mapping
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

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


class Unknown(ContractModel):
    """Files that no dataset takes: where they are looked for, and where they go."""

    raw: str = Field(
        description="A file below this prefix that is below no dataset's `raw` is of no dataset."
    )
    rejected: str = Field(
        description="Such a file goes to `<rejected>/<YYYY-MM-DD>/<path>`, by its arrival (UTC), "
        "with a `_reason.json` beside it."
    )

    @field_validator("raw", "rejected")
    @classmethod
    def _can_begin_a_key(cls, prefix: str) -> str:
        check_prefix(prefix)
        return prefix

    @property
    def name(self) -> str:
        """In the place of a dataset's, wherever files are told of."""
        return UNKNOWN


UNKNOWN: Final = "unknown"
"""A name that no dataset has where :class:`Unknown` files are taken away."""


def check_unknown(unknown: Unknown, zones: Mapping[str, Zones]) -> None:
    """Make sure that nothing but dropped files stands where files of no dataset are looked for.

    Args:
        unknown: of the lake.
        zones: of its datasets, by name.

    Raises:
        ValueError: something else would be taken, or could be; the message names it.
    """
    if UNKNOWN in zones:
        raise ValueError(
            f"a dataset is called {UNKNOWN!r}, as are the files of no dataset (`unknown`); give "
            "it another name"
        )
    ours = {"unknown.raw": unknown.raw, "unknown.rejected": unknown.rejected}
    if _meet(*ours.values()):
        raise ValueError(f"`unknown`: {' and '.join(ours.values())} meet; keep them apart")
    for dataset, of in zones.items():
        if unknown.raw.startswith(of.raw):
            raise ValueError(
                f"{of.raw!r}, raw of {dataset}, takes every file below `unknown.raw`, "
                f"{unknown.raw!r}: none would be of no dataset. Give the dataset a folder there"
            )
        for zone, prefix in of.prefixes.items():
            for where, other in ours.items():
                if (zone, where) != ("raw", "unknown.raw") and _meet(prefix, other):
                    raise ValueError(
                        f"{prefix!r}, {zone} of {dataset}, meets {other!r}, `{where}`: files of "
                        "one would be taken for files of the other. Keep them apart"
                    )


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
