"""What changed in the columns between two versions of a dataset."""

from collections.abc import Iterator, Mapping
from typing import Any

from lake_assets.contracts.changes import Change, Effect, breaking, compatible, replay
from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.widening import Widening, type_name, typed, whole_digits, widening

TYPE = ("type", "precision", "scale")
REMARKS = ("description", "personal")


def renamed_columns(old: Dataset, new: Dataset) -> dict[str, str]:
    """Old name -> new name, of columns that kept their old name as an alias.

    A new column that has several old names among its aliases is none of them.
    """
    before = {column.name for column in old.columns}
    after = {column.name for column in new.columns}
    found = {}
    for column in new.columns:
        names = [name for name in column.aliases if name in before - after]
        if column.name not in before and len(names) == 1:
            found[names[0]] = column.name
    return found


def column_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """The changes of columns, in the order of the old contract, then what is new."""
    renamed = renamed_columns(old, new)
    after = {column.name: column for column in new.columns}
    for column in old.columns:
        name = renamed.get(column.name, column.name)
        if name not in after:
            yield breaking(
                f"columns.{name}",
                "removed: gold has it no more, and readers of it fail. If it got another name, "
                "keep this one as an alias of that column",
            )
            continue
        if name != column.name:
            yield compatible(
                f"columns.{column.name}",
                f"renamed to {name}: rows that are there are read by the alias. Who reads gold "
                "has to use the new name",
            )
        yield from _changes(column, after[name], new)
    known = {renamed.get(column.name, column.name) for column in old.columns}
    for column in new.columns:
        if column.name in known:
            continue
        yield _added(column, {each.name for each in old.columns} - set(after))
    kept = [name for each in old.columns if (name := renamed.get(each.name, each.name)) in after]
    if [column.name for column in new.columns if column.name in known] != kept:
        yield compatible("columns", "in another order: so are those of new gold files")


def _added(column: Column, gone: set[str]) -> Change:
    where = f"columns.{column.name}"
    if merged := [name for name in column.aliases if name in gone]:
        return breaking(
            where,
            f"takes the place of {' and '.join(merged)}: a row that is there has a value of each, "
            "and which one counts would be a guess. Its date is compacted once it is rebuilt",
        )
    if column.required:
        return breaking(
            where,
            "a new required column: files without it are refused, the archived ones too. Make it "
            "optional, until all files that matter have it",
        )
    return compatible(where, "a new optional column: null in rows that are there")


def _changes(old: Column, new: Column, dataset: Dataset) -> Iterator[Change]:
    where = f"columns.{new.name}"
    yield from _type_change(old, new, dataset)
    if new.required and not old.required:
        yield breaking(
            f"{where}.required",
            "is required now: files whose header lacks it are refused, and dates with a null in "
            "it are not compacted before they are rebuilt",
        )
    elif old.required and not new.required:
        yield compatible(f"{where}.required", "is optional now: looser")
    yield from _alias_changes(old, new)
    for remark in REMARKS:
        if getattr(new, remark) != getattr(old, remark):
            yield compatible(f"{where}.{remark}", "says something else; no row changes", rows=False)
    before: Mapping[str, Any] = dict(old)
    apart = {"name", "required", "aliases", *REMARKS, *TYPE}
    for option, value in dict(new).items():
        if option not in apart and value != before[option]:
            yield replay(
                f"{where}.{option}",
                f"was {_shown(before[option])}, is {_shown(value)}: texts in rows that are there "
                "were read by the old one",
            )


def _type_change(old: Column, new: Column, dataset: Dataset) -> Iterator[Change]:
    before, after = typed(old), typed(new)
    types = f"was {type_name(before)}, is {type_name(after)}"
    effect, what = Effect.COMPATIBLE, ""
    match widening(before, after):
        case Widening.SAME:
            return
        case Widening.WIDER:
            what = "wider: rows that are there are read as they are"
        case Widening.CHECKED:
            what = (
                f"rows that are there are read as they are while their numbers have at most "
                f"{whole_digits(after)} digits before the mark. A date with a larger one is not "
                "compacted before it is rebuilt"
            )
        case Widening.TEXT if new.name not in dataset.key:
            effect = Effect.REPLAY
            what = "rows that are there get its digits, where the file may have had 007 or 1,000"
        case _ if (before.type, after.type) == (ColumnType.STRING, ColumnType.JSON):
            effect = Effect.REPLAY
            what = (
                "both are text in Parquet, so that rows that are there keep texts that are no "
                "object or array until their dates are rebuilt"
            )
        case _:
            effect = Effect.REPLAY
            what = (
                "values could be lost or read otherwise, so that dates with rows of the old type "
                "are not compacted before they are rebuilt"
            )
    if new.name in dataset.gold.row_hash:
        what += ". It is of row_hash, which may be another for the same value"
    yield Change(where=f"columns.{new.name}.type", effect=effect, sentence=f"{types}: {what}")


def _alias_changes(old: Column, new: Column) -> Iterator[Change]:
    where = f"columns.{new.name}.aliases"
    # A rename makes an alias of the old name: that is told already.
    if added := [name for name in new.aliases if name not in (*old.aliases, old.name)]:
        yield compatible(where, f"has {', '.join(added)} more: files with such a header are read")
    if gone := [name for name in old.aliases if name not in (*new.aliases, new.name)]:
        make = breaking if new.required else replay
        what = "are refused" if new.required else "lose the column"
        yield make(
            where,
            f"has {', '.join(gone)} no more: files with such a header {what}, and rows of a "
            "contract in which it was the column's name",
        )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
