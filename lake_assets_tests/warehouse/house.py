"""The club's lake with a warehouse: tariffs, members with history, visits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.tables.manifest import ManifestFile
from lake_assets.storage import Store
from lake_assets.warehouse.duckdb_session import DuckDBSession, open_duckdb
from lake_assets.warehouse.load import Loaded, load
from lake_assets.warehouse.session import Rows, Session
from lake_assets.warehouse.star import StageTable, Star, star_of
from lake_assets_tests.jobs.club import ARRIVED, COLUMNS, DAY, OPTIONS, arrive, declared, run

NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)
WAREHOUSE: Mapping[str, Any] = {
    "database": "CLUB_DB",
    "stages": [
        {"table": "STG_TARIFFS", "dataset": "tariffs"},
        {"table": "STG_VISITS", "dataset": "visits"},
        {"table": "STG_MEMBERS", "dataset": "members"},
    ],
    "dimensions": [
        {
            "table": "DIM_TARIFF",
            "stage": "STG_TARIFFS",
            "key": "tariff_id",
            "surrogate": "tariff_sk",
            "columns": ["title", "fee"],
        },
        {
            "table": "DIM_MEMBER",
            "stage": "STG_MEMBERS",
            "key": "member_id",
            "surrogate": "member_sk",
            "history": ["tariff_id"],
            "effective": "seen_on",
            "columns": ["tariff_id", "town"],
        },
    ],
    "facts": [
        {
            "table": "FACT_VISIT",
            "stage": "STG_VISITS",
            "key": "visit_id",
            "at": "seen_on",
            "dimensions": [
                {"table": "DIM_MEMBER", "on": "member_id"},
                {"table": "DIM_TARIFF", "on": "tariff_id"},
            ],
            "columns": ["town"],
        }
    ],
}
MEMBER = {
    "dataset": "members",
    "on": {"member_id": "member_id"},
    "columns": {"town": "town", "tariff_id": "tariff_id"},
}


def warehouse(**change: Any) -> dict[str, Any]:
    """The section, with other values for some of its fields."""
    return {**deepcopy(dict(WAREHOUSE)), **change}


def club(section: Mapping[str, Any] | None = None, **options: Mapping[str, Any]) -> Lake:
    """The lake; ``options`` are those of gold, by dataset."""
    chosen = {**OPTIONS, "visits": {"snapshots": True, "lookups": [MEMBER]}, **options}
    return Lake.model_validate(
        {
            "lake": "club",
            "arrivals_start": "2025-01-01",
            "intake": {"settle_seconds": 0},
            "datasets": [_dataset(name, **chosen[name]) for name in COLUMNS],
            "warehouse": dict(section or WAREHOUSE),
        }
    )


def _dataset(name: str, **gold: Any) -> dict[str, Any]:
    """As the club has it, but for a name: `at` is a keyword that fakesnow does not quote."""
    found = declared(name, **gold)
    columns = [
        {**column, "name": "seen_on"} if column["name"] == "at" else column
        for column in found["columns"]
    ]
    return {**found, "columns": columns, "partition": {"column": "seen_on", "start": "2025-01-01"}}


def wider() -> Lake:
    """The club, whose visits have a note since, which is a column of the facts."""
    datasets = [
        Dataset.model_validate(
            {**one.model_dump(by_alias=True), "columns": [*one.columns, {"name": "note"}]}
        )
        if one.name == "visits"
        else one
        for one in club().datasets
    ]
    changes = {"datasets": datasets, "warehouse": facts_with("note")}
    return Lake.model_validate({**club().model_dump(by_alias=True), **changes})


def facts_with(*columns: str) -> dict[str, Any]:
    """The section, with more columns of the facts."""
    section = warehouse()
    section["facts"][0]["columns"] += columns
    return section


class House:
    """A lake, and a warehouse that is loaded from it."""

    def __init__(self, store: Store, lake: Lake, path: Path) -> None:
        self.store, self.lake, self.path = store, lake, path
        self.star: Star = star_of(lake)
        self.files = 0

    def put(self, dataset: str, *rows: str) -> None:
        """Let a file arrive, each a day after the one before."""
        self.files += 1
        name = f"{dataset}-{self.files}.csv"
        arrived = ARRIVED + DAY * self.files
        arrive(self.store, self.lake.dataset(dataset), name, *rows, arrived=arrived)

    def publish(self) -> None:
        """Everything that waits, to gold."""
        run(self.store, self.lake)

    def load(self, store: Store | None = None, now: datetime = NOW) -> dict[str, Loaded]:
        """Load; by staging table."""
        with self.open() as session:
            done = load(self.star, store or self.store, session, now=now)
        return {one.table: one for one in done}

    def take(self, dataset: str, *rows: str) -> None:
        """From a file to the warehouse."""
        self.put(dataset, *rows)
        self.publish()
        self.load()

    @contextmanager
    def open(self) -> Iterator[DuckDBSession]:
        """The warehouse."""
        with open_duckdb(self.path, self.star) as session:
            yield session

    def ask(self, sql: str) -> Rows:
        """A query's rows."""
        with self.open() as session:
            return session.execute(sql)

    def members(self, *columns: str) -> Rows:
        """Versions of members, in order: (member, version, tariff, from, to), or columns."""
        return self.ask(members(*columns))

    def visits(self) -> Rows:
        """(visit, member's tariff by its version, tariff's title), in order."""
        return self.ask(VISITS)


def members(*columns: str) -> str:
    """The query for versions of members."""
    shown = ", ".join(columns) or (
        "member_id, version, tariff_id, CAST(effective_from AS DATE) AS since, "
        "CAST(effective_to AS DATE) AS until"
    )
    return f"SELECT {shown} FROM CLUB_DB.DW.DIM_MEMBER ORDER BY member_id, version"


VISITS = """
SELECT v.visit_id, m.tariff_id, t.title FROM CLUB_DB.DW.FACT_VISIT AS v
LEFT JOIN CLUB_DB.DW.DIM_MEMBER AS m ON m.member_sk = v.member_sk
LEFT JOIN CLUB_DB.DW.DIM_TARIFF AS t ON t.tariff_sk = v.tariff_sk ORDER BY v.visit_id
"""


class Dying:
    """A session that dies before, or right behind, its nth statement."""

    def __init__(self, session: Session, at: int, *, late: bool) -> None:
        self.dialect, self._session = session.dialect, session
        self._left, self._late = at, late

    def execute(self, sql: str) -> Rows:
        if sql == "ROLLBACK":  # a process that is killed says nothing; its connection ends
            return []
        found: Rows = self._counted(lambda: self._session.execute(sql))
        return found

    def copy(self, *args: Any) -> None:
        self._counted(lambda: self._session.copy(*args))

    def _counted(self, work: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._late:
            raise Death
        result = work()
        if self._left == 0:
            raise Death
        return result


class Watched:
    """A session that notes what it is told, and lets somebody else work before its first BEGIN."""

    def __init__(self, session: Session, work: Callable[[], object] | None = None) -> None:
        self.dialect, self._session, self._work = session.dialect, session, work
        self.said: list[str] = []
        self.copies: list[int] = []

    def execute(self, sql: str) -> Rows:
        if self._work and sql == "BEGIN":
            work, self._work = self._work, None
            work()
        self.said.append(sql)
        return self._session.execute(sql)

    def copy(
        self, store: Store, stage: StageTable, files: Sequence[ManifestFile], lake_date: str | None
    ) -> None:
        self.copies.append(len(files))
        self._session.copy(store, stage, files, lake_date)


class Death(BaseException):
    """As if the process were killed."""
