"""`lake contract diff`: what a change of contracts means, before it is made."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from lake_assets.cli.cells import printable
from lake_assets.cli.fitted import counted, shown
from lake_assets.cli.opening import UsageError
from lake_assets.contracts.changes import Effect
from lake_assets.contracts.errors import ContractError
from lake_assets.contracts.evolution import Comparison, compare_lakes
from lake_assets.contracts.load import load_lake

COLOURS = {Effect.COMPATIBLE: "green", Effect.REPLAY: "yellow", Effect.BREAKING: "bold red"}
WIDTH = max(len(effect.value) for effect in Effect)


def compare(old: Path, new: Path) -> list[Comparison]:
    """The datasets of two lake files.

    Raises:
        UsageError: a file is no contract. It must not look like a breaking change.
    """
    try:
        return compare_lakes(load_lake(old), load_lake(new))
    except ContractError as error:
        raise UsageError(str(error)) from error


def is_breaking(found: Sequence[Comparison]) -> bool:
    """Whether any dataset has a breaking change."""
    return any(each.effect is Effect.BREAKING for each in found)


def show_comparisons(console: Console, found: Sequence[Comparison]) -> None:
    """Each dataset with its changes, and whether its version should be another."""
    for each in found:
        console.print(_title(each), soft_wrap=True)
        for change in each.changes:
            effect = (f"  {change.effect.value:<{WIDTH}}  ", COLOURS[change.effect])
            console.print(Text.assemble(effect, printable(change.where)), soft_wrap=True)
            console.print(Padding(shown(change.sentence), (0, 0, 0, 4)))
        if each.version_is_missing:
            console.print(
                Text.assemble(
                    ("  ! ", "yellow"),
                    f'contract_version is "{each.new_version}" in both. One version stands for '
                    "one reading of the same bytes: raise it.",
                ),
                soft_wrap=True,
            )


def _title(each: Comparison) -> Text:
    versions = {str(v) for v in (each.old_version, each.new_version) if v is not None}
    told = f"version {each.old_version} -> {each.new_version}"
    if len(versions) == 1:
        told = f"version {versions.pop()}"
    changes = counted(len(each.changes), "change") if each.changes else "no change"
    return Text.assemble((each.dataset, "bold"), f" ({told}): {changes}")
