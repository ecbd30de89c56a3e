"""Gold that is built on other gold, in Dagster: what is shown, and what follows by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.tables.current import current_snapshot
from lake_assets.kernels.gold import gold_schema
from lake_assets.settings import connect
from lake_assets.storage import Store
from lake_assets.storage.zones import stale_key
from lake_assets_tests.components.conftest import at_once, definitions
from lake_assets_tests.jobs.club import DAYS, lake, pairs

FIRST, SECOND, THIRD, FOURTH = DAYS[:4]


@dataclass
class Club:
    """The club's lake in Dagster."""

    lake: Lake
    store: Store
    defs: dg.Definitions
    instance: dg.DagsterInstance
    cursor: Any = None

    def drop(self, dataset: str, name: str, *rows: str) -> None:
        """Take in a file, as the sensor's run does."""
        of = self.lake.dataset(dataset)
        header = ",".join(column.name for column in of.columns)
        self.store.put(of.zones.raw + name, "\n".join([header, *rows, ""]).encode())
        job = self.defs.resolve_job_def(f"club_{dataset}_ingest")
        today = datetime.now(UTC).date().isoformat()
        assert job.execute_in_process(instance=self.instance, partition_key=today).success

    def tick(self) -> set[tuple[str, str]]:
        """Table and date of the gold that the automation requests."""
        found = dg.evaluate_automation_conditions(
            defs=self.defs, instance=self.instance, cursor=self.cursor
        )
        self.cursor = found.cursor
        return {
            (one.gold.table, day)
            for one in self.lake.datasets
            for day in found.get_requested_partitions(_gold(one.gold.table))
            if day
        }

    def make(self, requested: set[tuple[str, str]]) -> None:
        """Do what was requested: a run for each range of dates without a gap, as Dagster does."""
        for table in sorted({table for table, _ in requested}):
            days = sorted(day for one, day in requested if one == table)
            starts = [day for day in days if _day_before(day) not in days]
            ends = [day for day in days if _day_before(day, -1) not in days]
            for first, last in zip(starts, ends, strict=True):
                assert self.run(table, first, last)

    def run(self, table: str, first: str, last: str) -> bool:
        """Make a range of dates; whether that went well."""
        job = self.defs.resolve_implicit_global_asset_job_def()
        done = job.execute_in_process(
            instance=self.instance,
            asset_selection=[_gold(table), dg.AssetKey(["club", "audit", f"audit_{table}"])],
            tags={
                "dagster/asset_partition_range_start": first,
                "dagster/asset_partition_range_end": last,
            },
            raise_on_error=False,
        )
        return done.success

    def settle(self) -> list[set[tuple[str, str]]]:
        """Let the automation go on until nothing is left; what each tick requested."""
        ticks = []
        while requested := self.tick():
            ticks.append(requested)
            self.make(requested)
        return ticks

    def metadata(self, table: str, day: str) -> dict[str, Any]:
        """That of the latest materialization of a date's gold."""
        wanted = dg.AssetRecordsFilter(asset_key=_gold(table), asset_partitions=[day])
        (record,) = self.instance.fetch_materializations(wanted, limit=1).records
        assert record.asset_materialization
        return {name: one.value for name, one in record.asset_materialization.metadata.items()}


def _day_before(day: str, days: int = 1) -> str:
    return str(date.fromisoformat(day) - timedelta(days=days))


def _gold(table: str) -> dg.AssetKey:
    return dg.AssetKey(["club", "staging", table])


@pytest.fixture(params=[0, 32], ids=["by the automation", "at once"])
def club(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Club]:
    """Two tariffs, and members of two dates; all gold is made."""
    monkeypatch.setenv("LAKE_CLUB_URI", str(tmp_path))
    # Bound anew: a copy of a dataset is another than the one that was looked up.
    of = Lake.model_validate(at_once(lake(), request.param).model_dump())
    with dg.DagsterInstance.ephemeral() as instance:
        # The condition on tags of new updates knows none before the first event of all.
        instance.report_runless_asset_event(dg.AssetMaterialization("something"))
        found = Club(of, connect(str(tmp_path)), definitions(of), instance)
        found.tick()
        found.drop("tariffs", "t.csv", f"a,{FIRST},basic,1.00")
        found.settle()
        found.drop("members", "m.csv", f"m1,{FIRST},a,Lyon", f"m2,{SECOND},a,Nice")
        found.settle()
        yield found


def test_a_late_file_runs_through_to_the_newest_date(club: Club) -> None:
    members = club.lake.dataset("members")
    club.drop("members", "late.csv", f"m3,{FIRST},a,Metz")
    assert ("members", SECOND) in set().union(*club.settle())
    assert set(pairs(club.store, members, SECOND, "town")) == {"m1", "m2", "m3"}
    assert club.settle() == []


def test_the_dates_behind_a_late_file_follow_all_at_once(club: Club) -> None:
    club.drop("members", "later.csv", f"m3,{THIRD},a,Pau", f"m4,{FOURTH},a,Gap")
    club.settle()
    club.drop("members", "late.csv", f"m5,{FIRST},a,Metz")
    behind = {("members", day) for day in (SECOND, THIRD, FOURTH)}
    first, *then = club.settle()
    made_at_once = club.lake.dataset("members").gold.at_once_mb > 0
    if made_at_once:  # the run that made it tells of those behind it as well
        assert (first, then) == (behind | {("members", FIRST)}, [])
    else:
        assert (first, then) == ({("members", FIRST)}, [behind])
    members = club.lake.dataset("members")
    assert set(pairs(club.store, members, FOURTH, "town")) == {"m1", "m2", "m3", "m4", "m5"}


def test_dates_behind_a_gap_are_made_once_and_behind_those_before_it(club: Club) -> None:
    club.drop("members", "later.csv", f"m4,{FOURTH},a,Gap")
    club.settle()
    club.drop("members", "late.csv", f"m5,{FIRST},a,Metz")
    first, *behind = club.settle()
    if ("members", SECOND) not in first:
        (second, *behind) = behind
        assert second == {("members", SECOND)}
    assert behind == [{("members", FOURTH)}]
    members = club.lake.dataset("members")
    assert set(pairs(club.store, members, FOURTH, "town")) == {"m1", "m2", "m4", "m5"}


def test_a_stale_date_that_is_no_partition_keeps_nobody_busy(club: Club) -> None:
    members = club.lake.dataset("members")
    club.store.put(stale_key(members, "1999-12-31", "after-nothing"), b"")
    club.drop("members", "late.csv", f"m5,{FIRST},a,Metz")
    assert len(club.settle()) <= 2


def test_a_date_that_cannot_be_made_does_not_keep_the_others_busy(club: Club) -> None:
    club.drop("members", "later.csv", f"m3,{THIRD},a,Pau", f"m4,{FOURTH},a,Gap")
    club.settle()
    (processed,) = club.store.list(f"processed/members/date={SECOND}/")
    club.store.put(processed.key, b"damaged")
    club.drop("members", "late.csv", f"m5,{FIRST},a,Metz")
    ticks, failed = 0, set()
    while requested := club.tick():
        # A run a date, as if there were gaps between them.
        failed |= {day for table, day in sorted(requested) if not club.run(table, day, day)}
        ticks += 1
        assert ticks < 6
    assert failed == {SECOND}


def test_what_the_ingest_run_has_made_is_not_made_again_where_another_table_follows(
    club: Club,
) -> None:
    club.drop("tariffs", "t2.csv", f"a,{THIRD},basic,2.00")
    made_at_once = club.lake.dataset("tariffs").gold.at_once_mb > 0
    by_itself = [] if made_at_once else [{("tariffs", THIRD)}]
    assert club.settle() == [*by_itself, {("members", SECOND)}]


def test_a_table_follows_when_what_it_looks_up_changes(club: Club) -> None:
    members = club.lake.dataset("members")
    club.drop("tariffs", "t2.csv", f"a,{THIRD},basic,2.00")
    requested = set().union(*club.settle())
    assert ("members", SECOND) in requested
    assert ("members", FIRST) not in requested
    assert {str(fee) for fee in pairs(club.store, members, SECOND, "fee").values()} == {"2.00"}
    assert {str(fee) for fee in pairs(club.store, members, FIRST, "fee").values()} == {"1.00"}
    assert club.settle() == []


def test_gold_shows_its_snapshot_and_the_rows_that_it_carries(club: Club) -> None:
    found = club.metadata("members", SECOND)
    members = club.lake.dataset("members")
    assert found["snapshot"] == current_snapshot(club.store, members, SECOND)
    assert (found["carried"], found["rows_in"], found["rows"], found["files"]) == (1, 1, 2, 1)
    # Where they are is the snapshot's folder, and a loader's way in is beside it.
    folder = f"staging/members/date={SECOND}/snapshot={found['snapshot']}/"
    assert found["path"].endswith(folder)
    assert found["manifest"] == f"{found['path']}_manifest.json"
    assert f"| carried on | members | {FIRST} |" in found["built_on"]
    assert "| looked up | tariffs |" in found["built_on"]
    # The columns that were looked up are in the sample, too.
    assert "| tariff | fee |" in found["sample"].splitlines()[0]


def test_a_table_says_what_a_date_of_it_holds() -> None:
    told = {
        spec.key.path[-1]: spec.description or ""
        for spec in definitions(lake()).resolve_all_asset_specs()
    }
    assert "one row for every member_id known by then" in told["members"]
    assert "`tariff`, `fee` of tariffs, by tariff_id" in told["members"]
    assert "one row for each visit_id of that date" in told["visits"]


def test_gold_that_looks_up_depends_on_the_other_and_its_columns_lead_there() -> None:
    (spec,) = (
        one for one in definitions(lake()).resolve_all_asset_specs() if one.key == _gold("members")
    )
    assert {dep.asset_key for dep in spec.deps} == {
        dg.AssetKey(["club", "processed", "processed_members"]),
        _gold("tariffs"),
    }
    schema = spec.metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == gold_schema(
        lake().dataset("members")
    ).names()
    deps = spec.metadata["dagster/column_lineage"].deps_by_column["tariff"]
    assert {(dep.asset_key.path[-1], dep.column_name) for dep in deps} == {
        ("tariffs", "title"),
        ("processed_members", "tariff_id"),
    }


def test_lookups_are_checked(club: Club) -> None:
    club.drop("members", "m9.csv", f"m9,{SECOND},unknown,Apt")
    club.settle()
    records = club.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(_gold("members"), "lookups"), limit=1
    )
    evaluation = records[0].event.dagster_event.asset_check_evaluation_data  # type: ignore[union-attr]
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
