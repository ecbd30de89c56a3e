"""A lake of tables on tables as a few lists: parts in NDJSON by arrival, orders by event date.

Makers (CSV, by arrival) are looked up by parts (NDJSON, by arrival), and those by orders (NDJSON,
by event date). Makers and parts carry; all keep snapshots, and all have dated folders.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.zones import PREFIXES
from lake_assets_tests.jobs.lakes import csv
from lake_assets_tests.jobs.model import MOST, File, Model, Row

KINDS = ("makers", "parts", "orders")
CARRYING = KINDS[:2]
LOOKED_UP = {"parts": "makers", "orders": "parts"}
"""Dataset -> the one that it looks up, on the number of the key: part 1 is of maker 1."""


@cache
def lake(version: int) -> Lake:
    """Every other version has the rule of :func:`~lake_assets_tests.jobs.model.takes`."""
    return Lake.model_validate(
        {
            "lake": "shop",
            "arrivals_start": "2025-01-01",
            "intake": {"settle_seconds": 0},
            "datasets": [_declared(kind, version) for kind in KINDS],
        }
    )


def _declared(kind: str, version: int) -> dict[str, Any]:
    rule = {"name": "few", "expression": f"quantity < {MOST}"}
    by_event = {"column": "at", "start": "2025-01-01", "max_days_ahead": 9}
    lookups = {
        of: {"dataset": of, "on": {"group": "id"}, "columns": {"found": "quantity"}} for of in KINDS
    }
    return {
        "name": kind,
        "contract_version": str(version),
        "format": {"type": "csv" if kind == "makers" else "ndjson"},
        "zones": {
            **{zone: f"{zone}/{kind}/" for zone in PREFIXES},
            "gold": "staging/",
            "dated": True,
        },
        "columns": [
            {"name": "id", "required": True},
            {"name": "at", "type": "timestamp", "formats": ["yyyy-MM-dd"], "required": True},
            {"name": "group"},
            {"name": "quantity", "type": "integer", "required": True},
        ],
        "rules": [rule] if version % 2 else [],
        "key": ["id"],
        "partition": {"by": "arrival", "start": "2025-01-01"} if kind in CARRYING else by_event,
        "quality": {"volume": None},
        "gold": {
            "table": kind,
            "row_hash": ["quantity"],
            "snapshots": True,
            "carry": kind in CARRYING,
            "lookups": [lookups[LOOKED_UP[kind]]] if kind in LOOKED_UP else [],
        },
    }


@dataclass(eq=False)
class TableFile(File):
    """A file of one of the datasets."""

    kind: str = ""

    @property
    def data(self) -> bytes:
        texts = list(map(self.text, self.rows))
        if self.kind == "makers":
            return csv(*texts, header="id,at,group,quantity")
        return "".join(f"{text}\n" for text in texts).encode()

    @property
    def header_lines(self) -> int:
        return 1 if self.kind == "makers" else 0

    def text(self, row: Row) -> str:
        key, day, quantity = row
        values = {"id": key, "at": day, "group": key, "quantity": quantity}
        return ",".join(map(str, values.values())) if self.header_lines else json.dumps(values)

    def date(self, row: Row) -> str:
        return self.arrived.date().isoformat() if self.kind in CARRYING else row[1]


@dataclass
class StatesModel(Model):
    """Of a table that carries, where bytes that come back behind others are news.

    Which files were duplicates is told by the ledger: bytes that two runs of one arrival date have
    brought are known from either. What the ledger says has to be one of the answers that are right.

    Attributes:
        told: name and arrival of a file -> whether the ledger has it as a duplicate.
    """

    told: dict[tuple[str, datetime], bool] = field(default_factory=dict)

    def ingest(self, version: int) -> bool:
        chosen, before = self.next_batch(), self.ingested
        read: list[File] = []
        for number, file in enumerate(chosen):
            file.duplicate = self.told[file.name, file.arrived]
            file.version = version
            if number:
                assert file.duplicate == (read[-1:] != [] and read[-1].data == file.data)
            else:
                same = [one for one in before if one.data == file.data]
                followed = [one for one in same if self.is_followed(one, before)]
                assert file.duplicate or followed or not same
                assert not file.duplicate or len(followed) < len(same)
            if not file.duplicate:
                read.append(file)
            self.validated.remove(file)
        if chosen:
            self.runs.append(chosen)
        return bool(chosen)

    def is_followed(self, file: File, among: list[File]) -> bool:
        """Whether a file of other bytes arrived later."""
        return any(one.data != file.data and one.arrived > file.arrived for one in among)


Rows = Mapping[str, tuple[object, str, int]]
"""Key -> quantity, file and line of a table's row."""


@dataclass
class TablesModel:
    """A model for each dataset; and the tables that come of them."""

    of: dict[str, Model] = field(
        default_factory=lambda: {
            kind: StatesModel(False) if kind in CARRYING else Model(False) for kind in KINDS
        }
    )

    def tables(self, kind: str) -> Mapping[str, Rows]:
        """Date (ISO) -> its table, of the dates that have rows."""
        rows = sorted(self._rows(kind))
        dates = sorted({day for *_, day, _, _ in rows})
        return {
            date: {
                key: (quantity, name, line)
                for _, name, line, day, key, quantity in rows
                if day == date or (kind in CARRYING and day < date)
            }
            for date in dates
        }

    def _rows(self, kind: str) -> Iterator[tuple[Any, str, int, str, str, object]]:
        """Those of a later arrival behind those of an earlier one."""
        for file in self.of[kind].standing:
            for line, row in file.good():
                yield file.arrived, file.name, line, file.date(row), row[0], row[2]
