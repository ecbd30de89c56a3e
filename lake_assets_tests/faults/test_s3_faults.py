"""A store that fails now and then: a run succeeds, or says so; the next one completes it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import polars as pl
import pytest
from botocore.retries.standard import ExponentialBackoff

from lake_assets.jobs.compaction.compact import CompactionError
from lake_assets.jobs.pipeline import run_pipeline
from lake_assets.jobs.reconciling.reconcile import reconcile
from lake_assets.storage import Store, StoreUnavailable, open_store
from lake_assets.storage.s3 import S3Store
from lake_assets.storage.s3_client import make_client
from lake_assets_tests.crash.races import SHOP, assert_tables, fill_shop
from lake_assets_tests.faults.proxy import Kind, Proxy, proxied
from lake_assets_tests.jobs.lakes import (
    ENGINE,
    assert_accounted,
    contract,
    csv,
    drop,
    keys,
    refused_files,
    rejects,
    run,
    sale,
    sales,
    stale_dates_of,
    table,
)

LAKE = contract()
FILES = {
    "a.csv": csv(sale("T1", "2025-05-29"), sale("T2", "2025-05-30"), sale("", "2025-05-30")),
    "b.csv": csv(sale("T2", "2025-05-30", quantity=4), sale("T3", "2025-05-28")),
    "twin.csv": csv(sale("T2", "2025-05-30", quantity=4), sale("T3", "2025-05-28")),
    "empty.csv": b"",
}
WHEN = ["ingest_ts", "ingest_run_id"]
"""Columns in which two runs differ that began at different times."""


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The retries for which a client has backed off, which takes no time here."""
    seen: list[int] = []

    def delay(_: ExponentialBackoff, context: Any) -> float:
        seen.append(context.attempt_number)
        return 0

    monkeypatch.setattr(ExponentialBackoff, "delay_amount", delay)
    monkeypatch.setattr("lake_assets.storage.s3_bucket.random.uniform", lambda *_: 0)
    return seen


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients give up on an answer before a test does."""
    monkeypatch.setattr("lake_assets.storage.s3_client.READ_SECONDS", 0.3)


def filled(store: Store) -> Store:
    for name, data in FILES.items():
        drop(store, name, data)
    return store


def gold(store: Store) -> pl.DataFrame:
    return table(store, "gold/").drop(WHEN)


@pytest.fixture
def undisturbed(s3_uri: str, s3_endpoint: str) -> pl.DataFrame:
    store = filled(open_store(f"{s3_uri}/undisturbed", endpoint=s3_endpoint))
    run(store, LAKE)
    return gold(store)


def assert_complete(store: Store, undisturbed: pl.DataFrame) -> None:
    """As if nothing had happened."""
    assert_accounted(store)
    assert reconcile(store, LAKE).faults == []
    assert stale_dates_of(store) == []
    assert sales(store, "processed/") == ["T1", "T2", "T2", "T3"]
    assert [reject["line_number"] for reject in rejects(store)] == [4]
    assert list(refused_files(store)) == ["rejected/system/empty.csv"]
    assert gold(store).equals(undisturbed)


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind is not Kind.STALLED], ids=lambda kind: kind.name.lower()
)
def test_a_run_through_faults_of_one_kind_succeeds_or_says_so_and_the_next_completes_it(
    s3_uri: str, s3_endpoint: str, waits: list[int], undisturbed: pl.DataFrame, kind: Kind
):
    direct = filled(open_store(f"{s3_uri}/lake", endpoint=s3_endpoint))
    with proxied(Proxy(s3_endpoint, [kind], every=3, seed=1)) as proxy:
        disturbed = open_store(f"{s3_uri}/lake", endpoint=proxy.url)
        with suppress(StoreUnavailable, CompactionError):
            run(disturbed, LAKE)
    assert proxy.broken[kind] > 10
    assert bool(waits) == (kind is not Kind.TRICKLE)
    run(direct, LAKE)
    assert_complete(direct, undisturbed)


@pytest.mark.usefixtures("impatient")
def test_a_run_through_requests_that_are_never_answered_does_not_wait_for_ever(
    s3_uri: str, s3_endpoint: str, waits: list[int], undisturbed: pl.DataFrame
):
    direct = filled(open_store(f"{s3_uri}/lake", endpoint=s3_endpoint))
    with (
        proxied(Proxy(s3_endpoint, [Kind.STALLED], every=4, seed=1, most=15)) as proxy,
        suppress(StoreUnavailable, CompactionError),
    ):
        run(open_store(f"{s3_uri}/lake", endpoint=proxy.url), LAKE)
    assert proxy.broken[Kind.STALLED] == 15
    assert len(waits) >= 15
    run(direct, LAKE)
    assert_complete(direct, undisturbed)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(2))
def test_runs_through_faults_of_all_kinds_come_to_an_end(
    s3_uri: str, s3_endpoint: str, waits: list[int], undisturbed: pl.DataFrame, seed: int
):
    direct = filled(open_store(f"{s3_uri}/lake", endpoint=s3_endpoint))
    with proxied(Proxy(s3_endpoint, every=2, seed=seed, most=100)) as proxy:
        for _ in range(20):
            # A new client each time, as each process has its own.
            with suppress(StoreUnavailable, CompactionError):
                run(open_store(f"{s3_uri}/lake", endpoint=proxy.url), LAKE)
                break
        else:
            raise AssertionError("no run has succeeded")
    assert len(proxy.broken) == len(Kind)
    assert_complete(direct, undisturbed)


def test_tables_on_tables_are_those_of_an_undisturbed_run_whatever_broke(
    s3_uri: str, s3_endpoint: str, waits: list[int]
):
    alone, direct = (open_store(f"{s3_uri}/{one}", endpoint=s3_endpoint) for one in ("a", "b"))
    for store in (alone, direct):
        fill_shop(store, files=2)
    run_pipeline(alone, SHOP, ENGINE)
    kinds = [Kind.ERROR, Kind.RESET_AFTER, Kind.TRUNCATED]
    with proxied(Proxy(s3_endpoint, kinds, every=3, seed=1, most=80)) as proxy:
        for _ in range(20):
            with suppress(StoreUnavailable, CompactionError):
                run_pipeline(open_store(f"{s3_uri}/b", endpoint=proxy.url), SHOP, ENGINE)
                break
        else:
            raise AssertionError("no run has succeeded")
    assert proxy.broken.keys() == set(kinds)
    assert_tables(direct, alone)


@pytest.mark.parametrize("kind", [Kind.ERROR, Kind.SLOW_DOWN, Kind.RESET_BEFORE])
def test_a_store_that_always_fails_is_told_and_nothing_has_changed(
    s3_uri: str, s3_endpoint: str, waits: list[int], kind: Kind
):
    direct = filled(open_store(f"{s3_uri}/lake", endpoint=s3_endpoint))
    before = keys(direct)
    with (
        proxied(Proxy(s3_endpoint, [kind], every=1)) as proxy,
        pytest.raises(StoreUnavailable, match=r"[Rr]un again"),
    ):
        run(open_store(f"{s3_uri}/lake", endpoint=proxy.url), LAKE)
    assert keys(direct) == before


def putting(store: Store) -> None:
    store.put("k", b"data")


def creating(store: Store) -> None:
    assert store.put_if_absent("k", b"data")


def replacing(store: Store) -> None:
    assert store.put_over("k", b"data", store.head("k"))


def publishing(store: Store) -> None:
    store.publish(store.stage("k", b"data"))


def moving(store: Store) -> None:
    store.move(store.head("raw/k"), "k")


def passing_on(store: Store) -> None:
    store.pass_on(store.head("validated/k"), "k")


@pytest.mark.parametrize("work", [putting, creating, replacing, publishing, moving, passing_on])
@pytest.mark.parametrize(
    "kind",
    [Kind.ERROR, Kind.SLOW_DOWN, Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.TRUNCATED],
    ids=lambda kind: kind.name.lower(),
)
def test_a_write_of_which_every_other_request_is_broken_is_done_once(
    s3_uri: str,
    s3_endpoint: str,
    waits: list[int],
    kind: Kind,
    work: Callable[[Store], None],
):
    direct = open_store(f"{s3_uri}/lake", endpoint=s3_endpoint)
    direct.put("raw/k", b"data")
    if work is replacing:
        direct.put("k", b"before")
    if work is passing_on:
        direct.move(direct.head("raw/k"), "validated/k")
    with proxied(EveryOther(s3_endpoint, [kind])) as proxy:
        disturbed = open_store(f"{s3_uri}/lake", endpoint=proxy.url)
        assert isinstance(disturbed, S3Store)
        disturbed.copies_on_condition  # noqa: B018 - found out before the requests are counted
        proxy.requests = 0
        proxy.broken.clear()
        waits.clear()
        work(disturbed)
    assert direct.read("k") == b"data"
    assert proxy.requests == 2 * proxy.broken[kind] > 0
    assert waits == [1] * proxy.broken[kind]
    assert keys(direct) == (["k"] if work in {moving, passing_on} else ["k", "raw/k"])


class EveryOther(Proxy):
    """Breaks the first request, the third, and so on: each is repeated once."""

    def draw(self) -> Kind | None:
        self.requests += 1
        if self.requests % 2 == 0:
            return None
        self.broken[self.kinds[0]] += 1
        return self.kinds[0]


def test_a_client_repeats_with_back_off_and_does_not_wait_for_ever(s3_endpoint: str):
    config: Any = make_client(s3_endpoint).meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 5}
    assert (config.connect_timeout, config.read_timeout) == (5, 60)
