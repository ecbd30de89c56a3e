"""Load what is published and not yet loaded, each snapshot exactly once.

One transaction takes the rows of some dates into the staging table, brings the dimensions and facts
up to date that are made from it, and writes the ledger. A load that is killed has done the whole of
a transaction or nothing of it; the next one goes on from the ledger.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lake_assets.jobs.tables.manifest import Manifest, ManifestFile
from lake_assets.storage.store import Store
from lake_assets.warehouse.columns import missing_columns, refuse_missing
from lake_assets.warehouse.dimensions import merge_dimension
from lake_assets.warehouse.errors import WarehouseError
from lake_assets.warehouse.facts import count_keys, merge_facts
from lake_assets.warehouse.ledger import loaded_snapshots, replace_entries
from lake_assets.warehouse.plan import batches, new_manifests
from lake_assets.warehouse.session import Session, transaction
from lake_assets.warehouse.sql import instant, quoted
from lake_assets.warehouse.staging import MAX_FILES, count_dates, forget_carried, forget_dates
from lake_assets.warehouse.star import FactTable, StageTable, Star
from lake_assets.warehouse.touched import forget_touched, touch_all, touch_dates, touch_facts


class RowsMissing(WarehouseError):
    """The staging table does not have the rows that a manifest promises."""


class RowsMultiplied(WarehouseError):
    """A key is in a fact table more than once."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one load has done for one staging table.

    Attributes:
        table: the staging table.
        dates: (ISO) whose snapshots were loaded, in order.
        files, rows: that were read.
    """

    table: str
    dates: tuple[str, ...] = ()
    files: int = 0
    rows: int = 0


def load(
    star: Star, store: Store, session: Session, *, now: datetime | None = None
) -> list[Loaded]:
    """Load all staging tables, those of dimensions first.

    Args:
        star: the tables; they exist.
        store: of the lake.
        session: on the warehouse.
        now: what ``loaded_at`` says.

    Raises:
        WarehouseError: what was committed before it stays.
        StoreError: the lake cannot be read.
    """
    at = now or datetime.now(UTC)
    return [load_stage(star, stage, store, session, at) for stage in star.load_order]


def remake(star: Star, session: Session, *, now: datetime | None = None) -> None:
    """Make dimensions and facts anew from all staged rows, in place: only what differs is written.

    For a table that got a column whose values were staged before.

    Raises:
        WarehouseError: nothing is changed.
    """
    at = now or datetime.now(UTC)
    with transaction(session):
        session.execute(take_turn(star, at))
        session.execute(forget_touched(star))
        for stage in star.stages:
            session.execute(touch_all(star, stage))
        for dimension in star.dimensions:
            _execute(session, merge_dimension(star, dimension, at))
        for fact in star.facts:
            _execute(session, merge_facts(star, fact, at))
            _check_once(star, fact, session)
        session.execute(forget_touched(star))


def load_stage(
    star: Star, stage: StageTable, store: Store, session: Session, at: datetime
) -> Loaded:
    """Load one staging table, and what is made from it; raises as :func:`load`."""
    manifests = new_manifests(store, stage, loaded_snapshots(session, star, stage))
    if manifests:
        refuse_missing(star, missing_columns(session, star))
    done: list[Manifest] = []
    for batch in batches(manifests):
        done += _load_batch(star, stage, store, session, batch, at)
    files = sum(len(one.files) for one in done)
    dates = tuple(one.date for one in done)
    return Loaded(stage.declared.table, dates, files, sum(one.rows for one in done))


def _load_batch(
    star: Star,
    stage: StageTable,
    store: Store,
    session: Session,
    batch: Sequence[Manifest],
    at: datetime,
) -> list[Manifest]:
    with transaction(session):
        # Whoever loads at the same time waits here, and then finds what we have done.
        session.execute(take_turn(star, at))
        loaded = loaded_snapshots(session, star, stage)
        waiting = [one for one in batch if loaded.get(one.date) != one.snapshot]
        if waiting:
            _execute(session, _before(star, stage, waiting))
            _copy(stage, store, session, waiting)
            _execute(session, _behind(star, stage, waiting, at))
            for fact in star.facts:
                _check_once(star, fact, session)
            session.execute(forget_touched(star))
    return waiting


def take_turn(star: Star, at: datetime) -> str:
    """The first statement of a transaction that writes."""
    return f"UPDATE {star.turn} SET {quoted('taken_at')} = {instant(at)}"


def _execute(session: Session, statements: Iterable[str]) -> None:
    for statement in statements:
        session.execute(statement)


def _before(star: Star, stage: StageTable, waiting: Sequence[Manifest]) -> Iterator[str]:
    dates = [one.date for one in waiting]
    yield forget_touched(star)
    yield touch_dates(star, stage, dates)  # those that the new snapshots may not have any more
    yield forget_dates(stage, dates)


def _behind(
    star: Star, stage: StageTable, waiting: Sequence[Manifest], at: datetime
) -> Iterator[str]:
    dates = [one.date for one in waiting]
    if stage.dataset.gold.carry:
        yield forget_carried(stage, dates)
    yield touch_dates(star, stage, dates)
    made = [one for one in star.dimensions if one.stage == stage]
    for dimension in made:
        yield from merge_dimension(star, dimension, at)
    for fact in star.facts:
        for link in fact.links:
            if link.dimension in made:
                yield touch_facts(star, fact, link.dimension, link.declared.on)
    for fact in star.facts:
        yield from merge_facts(star, fact, at)
    yield from replace_entries(star, stage, waiting, at)


def _copy(stage: StageTable, store: Store, session: Session, waiting: Sequence[Manifest]) -> None:
    if stage.dataset.gold.carry:  # a date's file has rows of other dates
        for one in waiting:
            _copy_files(stage, store, session, one.files, one.date)
    else:
        _copy_files(stage, store, session, [f for one in waiting for f in one.files], None)
    dates = [one.date for one in waiting]
    counted = {str(day)[:10]: int(rows) for day, rows in session.execute(count_dates(stage, dates))}
    for one in waiting:
        if (rows := counted.get(one.date, 0)) != one.rows:
            raise RowsMissing(
                f"{stage.declared.table} got {rows} rows of {one.date}, and the manifest of "
                f"snapshot {one.snapshot} says {one.rows}. Nothing of this batch was loaded; look "
                f"whether its files are whole, below {one.files[0].key if one.files else 'gold'}."
            )


def _copy_files(
    stage: StageTable,
    store: Store,
    session: Session,
    files: Sequence[ManifestFile],
    lake_date: str | None,
) -> None:
    for start in range(0, len(files), MAX_FILES):
        session.copy(store, stage, files[start : start + MAX_FILES], lake_date)


def _check_once(star: Star, fact: FactTable, session: Session) -> None:
    ((rows, keys),) = session.execute(count_keys(star, fact))
    if rows != keys:
        raise RowsMultiplied(
            f"{fact.declared.table} would have {rows} rows of {keys} keys. Nothing of this batch "
            "was loaded; somebody else writes this table, or a dimension has two versions of one "
            "time."
        )
