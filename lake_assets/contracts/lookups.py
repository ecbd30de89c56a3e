"""What a lake's datasets look up in each other, and whether that can be done."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.gold import Lookup


def bind_lookups(datasets: Sequence[Dataset]) -> None:
    """Tell each lookup which dataset it means, and make sure that it can be done.

    Args:
        datasets: of a lake.

    Raises:
        ValueError: one cannot; the message names it.
    """
    named = {dataset.name: dataset for dataset in datasets}
    for dataset in datasets:
        for lookup in dataset.gold.lookups:
            if lookup.dataset not in named:
                raise ValueError(
                    f"{_where(dataset, lookup)}: there is no such dataset in this lake; it has "
                    f"{', '.join(named)}"
                )
    order = looked_up_first(datasets)
    for dataset in order:  # the columns of those that are looked up are known by then
        for lookup in dataset.gold.lookups:
            lookup.bind(named[lookup.dataset])
            _check(dataset, lookup)


def unbound(dataset: Dataset) -> Dataset:
    """The dataset; a copy of it if it looks up what another lake has told it.

    Lakes that are made of the same datasets would else change what the others look up.
    """
    bound = any(lookup.is_bound for lookup in dataset.gold.lookups)
    return dataset.model_copy(deep=True) if bound else dataset


def looked_up_first(datasets: Iterable[Dataset]) -> list[Dataset]:
    """The same datasets, each behind those that it looks up; else in their order.

    Raises:
        ValueError: datasets look each other up in a ring.
    """
    waiting = list(datasets)
    order: list[Dataset] = []
    while waiting:
        open_ = {dataset.name for dataset in waiting}
        ready = next((one for one in waiting if not _looked_up(one) & open_), None)
        if ready is None:
            raise ValueError(
                f"the datasets {', '.join(sorted(open_))} look each other up in a ring, so that "
                "none could be made first; drop one of the lookups"
            )
        order.append(ready)
        waiting.remove(ready)
    return order


def looked_up_columns(dataset: Dataset) -> list[Column]:
    """The columns that a dataset's gold takes from others, under their names there, none required.

    Raises:
        LookupError: the dataset stands alone, in no lake.
    """
    return [
        _columns(lookup.target)[source].model_copy(
            update={"name": name, "aliases": [], "required": False}
        )
        for lookup in dataset.gold.lookups
        for name, source in lookup.columns.items()
    ]


def followers(datasets: Iterable[Dataset], name: str) -> list[Dataset]:
    """Those whose newest table is made again when the table of the dataset ``name`` changes."""
    return [one for one in datasets if one.gold.carry and name in _looked_up(one)]


def _looked_up(dataset: Dataset) -> set[str]:
    return {lookup.dataset for lookup in dataset.gold.lookups}


def _columns(dataset: Dataset) -> Mapping[str, Column]:
    """What a dataset's gold has, but for the columns that are ours."""
    return {column.name: column for column in [*dataset.columns, *looked_up_columns(dataset)]}


def _check(dataset: Dataset, lookup: Lookup) -> None:
    target, where = lookup.target, _where(dataset, lookup)
    if not target.gold.carry:
        raise ValueError(
            f"{where}: its gold has a table for each date, and none of them all rows; give it "
            "`gold.carry: true`"
        )
    if set(lookup.on.values()) != set(target.key) or len(lookup.on) != len(target.key):
        raise ValueError(
            f"{where}: `on` leads to {', '.join(lookup.on.values())}, but the key there is "
            f"{', '.join(target.key)}; with any other columns a row here could find several there"
        )
    there = _columns(target)
    _refuse_unknown(where, lookup.columns.values(), there)
    for mine, other in lookup.on.items():
        one, two = dataset.column(mine), there[other]
        scales = {each.scale for each in (one, two) if each.type is ColumnType.DECIMAL}
        if one.type is not two.type or len(scales) > 1:
            raise ValueError(
                f"{where}: {mine} is {one.type} and {other} is {two.type} there, or of another "
                "scale; they could never be equal for sure"
            )


def _refuse_unknown(where: str, names: Iterable[str], known: Collection[str]) -> None:
    if unknown := sorted(set(names) - set(known)):
        raise ValueError(
            f"{where}: it has no column {', '.join(unknown)}; it has {', '.join(known)}"
        )


def _where(dataset: Dataset, lookup: Lookup) -> str:
    return f"dataset {dataset.name!r}: gold.lookups of {lookup.dataset!r}"
