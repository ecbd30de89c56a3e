"""The Lambda validates a file once, whatever else validates it at the same time."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import moto.settings
import pytest

from lake_assets import lambda_handler
from lake_assets.contracts.load import load_lakes
from lake_assets.jobs.unknown import refuse_unknown, refuse_unknown_key
from lake_assets.jobs.validate import Verdict, validate, validate_key
from lake_assets.lambda_handler import UnknownLake, handler, lake_of
from lake_assets.settings import Settings, connect
from lake_assets.storage import Store, StoreUnavailable, open_store
from lake_assets.storage.s3_events import UnknownEvent
from lake_assets_tests.docs import pages
from lake_assets_tests.jobs.lakes import (
    contents,
    contract,
    csv,
    dataset_of,
    drop,
    hooked,
    keys,
    once,
    reason,
    refused_files,
    run,
    sale,
)
from lake_assets_tests.runtimes import Runtime
from lake_assets_tests.storage.test_s3_events import (
    TEST_EVENT,
    bridged,
    forwarded,
    notification,
    published,
    queued,
)

GOOD = csv(sale("T1"))
BAD = b"transaction_id,store_id\n1,2\n"
LAKE = contract()
DATASET = dataset_of(LAKE)
PAGE = pages.PROJECT / "docs" / "how-to" / "validate-at-once-with-lambda.md"


@pytest.fixture
def bucket(s3_uri: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket in which the lakes of the function are."""
    monkeypatch.setenv("LAKE_URI", s3_uri)
    monkeypatch.setenv("LAKE_S3_ENDPOINT", s3_endpoint)
    return s3_uri.removeprefix("s3://")


@pytest.fixture
def store(bucket: str, s3_endpoint: str) -> Store:
    """The lake of the function."""
    return open_store(f"s3://{bucket}/retail", endpoint=s3_endpoint)


@pytest.fixture
def local_store(tmp_path: Path) -> Store:
    (tmp_path / "lake").mkdir()
    return open_store(str(tmp_path / "lake"))


@pytest.fixture(params=["local_store", "store"], ids=["local", "s3"])
def any_store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


def of(bucket: str, event: dict[str, Any]) -> dict[str, Any]:
    """The same event for another bucket."""
    moved: dict[str, Any] = json.loads(json.dumps(event).replace("lake", bucket, 1))
    return moved


def arrived(bucket: str, key: str, size: int = 9) -> dict[str, Any]:
    """S3's notification that an object is there; the key encoded."""
    return of(bucket, notification(key, size=size))


def assert_in_one_place(store: Store, files: dict[str, bytes]) -> None:
    """Nothing waits in raw/, and each file is where it belongs, with its reason if refused."""
    assert keys(store, "raw/") == []
    good = {f"validated/{name}": data for name, data in files.items() if data == GOOD}
    bad = {f"rejected/system/{name}": data for name, data in files.items() if data == BAD}
    assert contents(store, "validated/") == good
    assert refused_files(store) == bad
    assert [reason(store, key)["reason"] for key in bad] == ["missing_columns"] * len(bad)


WAYS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "S3": lambda event: event,
    "SNS": published,
    "SQS": queued,
    "SNS to SQS": lambda event: queued(forwarded(event)),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_good_file_is_validated_and_a_bad_one_refused_whatever_the_event_came_through(
    bucket: str, store: Store, way: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    drop(store, "my sales+1.csv", GOOD)
    drop(store, "bad.csv", BAD)
    good = handler(way(arrived(bucket, "retail/raw/my+sales%2B1.csv")), None)
    bad = handler(way(arrived(bucket, "retail/raw/bad.csv")), None)
    assert good["records"] == [
        {
            "bucket": bucket,
            "key": "retail/raw/my sales+1.csv",
            "outcome": "validated",
            "destination": "retail/validated/my sales+1.csv",
            "reason": None,
            "detail": None,
        }
    ]
    [refused] = bad["records"]
    assert refused.pop("detail").startswith("the header lacks timestamp, item_id")
    assert refused == {
        "bucket": bucket,
        "key": "retail/raw/bad.csv",
        "outcome": "refused",
        "destination": "retail/rejected/system/bad.csv",
        "reason": "missing_columns",
    }
    assert good.get("batchItemFailures", []) == bad.get("batchItemFailures", []) == []
    assert_in_one_place(store, {"my sales+1.csv": GOOD, "bad.csv": BAD})
    assert json.loads(json.dumps(good)) == good


def test_files_of_ndjson_go_where_their_dataset_has_them(bucket: str, s3_endpoint: str) -> None:
    store = open_store(f"s3://{bucket}/telco", endpoint=s3_endpoint)
    line = b'{"customer_id": "C1", "registration_date": "2024-01-01", "status": "active"}\n'
    files = {"customers/a.ndjson": line, "other/c.ndjson": line, "customers/b.ndjson": b"[" + line}
    found = []
    for name, data in files.items():
        drop(store, name, data)
        day = store.head(f"raw/{name}").modified.date()
        found += handler(arrived(bucket, f"telco/raw/{name}"))["records"]
    assert [(one["outcome"], one["reason"], one["destination"]) for one in found] == [
        ("validated", None, "telco/audit/customers/validated/a.ndjson"),
        ("refused", "unknown_folder_structure", f"telco/rejected/_unknown/{day}/other/c.ndjson"),
        ("refused", "invalid_ndjson_format", f"telco/rejected/customers/{day}/b.ndjson"),
    ]
    assert keys(store, "raw/") == []


def test_a_file_that_eventbridge_tells_of_is_validated(bucket: str, store: Store) -> None:
    drop(store, "a+b%20c.csv", GOOD)
    [record] = handler(of(bucket, bridged("retail/raw/a+b%20c.csv")))["records"]
    assert record["destination"] == "retail/validated/a+b%20c.csv"
    assert_in_one_place(store, {"a+b%20c.csv": GOOD})


def test_a_file_whose_name_no_lake_takes_is_refused(bucket: str, store: Store) -> None:
    client = boto3.client("s3", endpoint_url=Settings().s3_endpoint)
    client.put_object(Bucket=bucket, Key="retail/raw/a//b.csv", Body=GOOD)
    [record] = handler(arrived(bucket, "retail/raw/a//b.csv"))["records"]
    assert (record["outcome"], record["reason"]) == ("refused", "invalid_name")
    assert keys(store, "raw/") == []
    assert list(refused_files(store).values()) == [GOOD]
    [again] = handler(arrived(bucket, "retail/raw/a//b.csv"))["records"]
    assert again["outcome"] == "taken"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (TEST_EVENT, "test_event"),
        (notification("retail/raw/a.csv", "ObjectRemoved:Delete"), "not_created"),
        (bridged("retail/raw/a.csv", "Object Deleted"), "not_created"),
        (notification("retail/raw/", size=0), "folder"),
        (notification("retail/validated/a.csv"), "outside_raw"),
        (notification("retail/.probe/0"), "outside_raw"),
        (notification("retail2/raw/a.csv"), "outside_raw"),
        (notification("a.csv"), "outside_raw"),
    ],
)
def test_what_is_not_for_us_is_left_and_said_so(
    bucket: str, store: Store, event: dict[str, Any], why: str
) -> None:
    for key in ("raw/a.csv", "validated/a.csv"):
        store.put(key, GOOD)
    [record] = handler(of(bucket, event))["records"]
    assert (record["outcome"], record["reason"], record["destination"]) == ("ignored", why, None)
    assert record["detail"].endswith(".")
    assert keys(store) == ["raw/a.csv", "validated/a.csv"]


def test_an_event_that_comes_twice_finds_the_file_taken(bucket: str, store: Store) -> None:
    drop(store, "a.csv", GOOD)
    drop(store, "b.csv", BAD)
    event = queued(
        *[arrived(bucket, f"retail/raw/{name}.csv") for name in ("a", "a", "b", "b", "c")]
    )
    first, second = handler(event), handler(event)
    assert [record["outcome"] for record in first["records"]] == [
        "validated",
        "taken",
        "refused",
        "taken",
        "taken",
    ]
    assert {record["outcome"] for record in second["records"]} == {"taken"}
    assert first["batchItemFailures"] == second["batchItemFailures"] == []
    assert_in_one_place(store, {"a.csv": GOOD, "b.csv": BAD})


def test_an_event_of_a_file_that_a_run_has_ingested_finds_it_taken(
    bucket: str, store: Store
) -> None:
    drop(store, "a.csv", GOOD)
    run(store, LAKE)
    before = keys(store)
    [record] = handler(arrived(bucket, "retail/raw/a.csv"))["records"]
    assert record["outcome"] == "taken"
    assert keys(store) == before


def test_a_file_that_was_replaced_is_validated_as_it_is_now(bucket: str, store: Store) -> None:
    drop(store, "a.csv", BAD)
    event = arrived(bucket, "retail/raw/a.csv")
    drop(store, "a.csv", GOOD)
    assert [record["outcome"] for record in handler(event)["records"]] == ["validated"]
    assert_in_one_place(store, {"a.csv": GOOD})


MOMENTS = [
    ("before", "head", "raw/"),
    ("after", "head", "raw/"),
    ("before", "read", "raw/"),
    ("after", "read", "raw/"),
    ("before", "put", "rejected/"),
    ("after", "put", "rejected/"),
    ("before", "move", ""),
    ("after", "move", ""),
]


@pytest.mark.parametrize(("when", "call", "where"), MOMENTS)
@pytest.mark.parametrize("data", [GOOD, BAD], ids=["good", "bad"])
def test_a_run_of_the_sensor_may_come_in_between_at_any_moment(
    any_store: Store, data: bytes, when: str, call: str, where: str
) -> None:
    drop(any_store, "a.csv", data)

    def sensor() -> None:
        verdicts.extend(validate(any_store, LAKE, DATASET))

    verdicts: list[Verdict] = []
    hook = once(call, sensor, where)
    watched = hooked(any_store, before=hook) if when == "before" else hooked(any_store, after=hook)
    ours = validate_key(watched, DATASET, "raw/a.csv")
    if ours:
        verdicts.append(ours)
    assert {verdict.outcome for verdict in verdicts} & {"validated", "refused"}
    assert_in_one_place(any_store, {"a.csv": data})


def test_threads_that_validate_the_same_files_at_once_leave_each_in_one_place(
    any_store: Store,
) -> None:
    files = {f"{number}.csv": BAD if number % 2 else GOOD for number in range(6)}
    for name, data in files.items():
        drop(any_store, name, data)
    start = threading.Barrier(4)

    def lambdas() -> list[Verdict | None]:
        start.wait()
        return [validate_key(any_store, DATASET, f"raw/{name}") for name in files]

    def sensor() -> list[Verdict]:
        start.wait()
        return validate(any_store, LAKE, DATASET)

    with ThreadPoolExecutor(4) as pool:
        ours = [pool.submit(lambdas), pool.submit(lambdas)]
        theirs = [pool.submit(sensor), pool.submit(sensor)]
        verdicts = [verdict for done in (*ours, *theirs) for verdict in done.result() if verdict]  # type: ignore[attr-defined]
    settled = {verdict.source_file for verdict in verdicts if verdict.outcome != "vanished"}
    assert settled == set(files)
    assert_in_one_place(any_store, files)


def test_the_same_event_handled_twice_at_once_is_no_error(bucket: str, store: Store) -> None:
    files = {"a.csv": GOOD, "b.csv": BAD}
    for name, data in files.items():
        drop(store, name, data)
    event = queued(*[arrived(bucket, f"retail/raw/{name}") for name in files])
    start = threading.Barrier(3)

    def handle() -> dict[str, Any]:
        start.wait()
        return handler(event)

    with ThreadPoolExecutor(3) as pool:
        done = [future.result() for future in [pool.submit(handle) for _ in range(3)]]
    assert [summary["batchItemFailures"] for summary in done] == [[], [], []]
    assert_in_one_place(store, files)


@pytest.fixture
def denied(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store lets nobody read `raw/denied.csv`."""

    def deny(call: str, *args: Any) -> None:
        if call == "head" and args[0] == "raw/denied.csv":
            raise StoreUnavailable("S3 denied access.")

    monkeypatch.setattr(lambda_handler, "connect", lambda *_: hooked(store, before=deny))
    for name in ("a.csv", "denied.csv", "b.csv"):
        drop(store, name, GOOD)
    yield
    assert keys(store, "raw/") == ["raw/denied.csv"]
    assert keys(store, "validated/") == ["validated/a.csv", "validated/b.csv"]


@pytest.mark.usefixtures("denied")
def test_of_a_batch_only_the_messages_that_failed_come_again(
    bucket: str, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("a.csv", "denied.csv", "b.csv")
    summary = handler(queued(*[arrived(bucket, f"retail/raw/{name}") for name in names]))
    assert summary["batchItemFailures"] == [{"itemIdentifier": "m1"}]
    assert [record["outcome"] for record in summary["records"]] == [
        "validated",
        "failed",
        "validated",
    ]
    assert summary["records"][1]["reason"] == "StoreUnavailable"
    assert summary["records"][1]["detail"] == "S3 denied access."
    [told] = [entry for entry in caplog.records if entry.levelno == logging.ERROR]
    assert json.loads(told.getMessage())["key"] == "retail/raw/denied.csv"


@pytest.mark.usefixtures("denied")
def test_an_event_that_is_no_batch_raises_after_the_others_are_done(bucket: str) -> None:
    records = [
        record
        for name in ("a.csv", "denied.csv", "b.csv")
        for record in arrived(bucket, f"retail/raw/{name}")["Records"]
    ]
    with pytest.raises(StoreUnavailable, match=r"S3 denied access\."):
        handler({"Records": records})


def test_a_message_that_is_no_event_of_s3_comes_again_alone(bucket: str, store: Store) -> None:
    drop(store, "a.csv", GOOD)
    batch = queued("hello", arrived(bucket, "retail/raw/a.csv"))
    summary = handler(batch)
    assert summary["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert summary["records"][0]["reason"] == "UnknownEvent"
    assert_in_one_place(store, {"a.csv": GOOD})


def test_an_event_that_is_not_of_s3_is_an_error() -> None:
    with pytest.raises(UnknownEvent, match=r"no event of S3: \{\}"):
        handler({})


def test_an_event_of_a_bucket_without_a_lake_says_where_the_lakes_are(bucket: str) -> None:
    with pytest.raises(UnknownLake) as error:
        handler(notification("retail/raw/a.csv"))
    assert str(error.value).startswith("No lake is in the bucket 'lake': ")
    assert f"retail is at s3://{bucket}/retail" in str(error.value)
    assert "Set LAKE_URI, or LAKE_<NAME>_URI" in str(error.value)


def test_lakes_are_found_by_bucket_and_prefix_the_innermost_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lakes = [LAKE.model_copy(update={"lake": name}) for name in ("outer", "inner", "disk")]
    monkeypatch.setenv("LAKE_OUTER_URI", "s3://b")
    monkeypatch.setenv("LAKE_INNER_URI", "s3://b/x/y/")
    monkeypatch.setenv("LAKE_DISK_URI", "file:///b")
    find = partial(lake_of, lakes, Settings(), "b")
    assert find("raw/a") == (lakes[0], "raw/a")
    assert find("x/y/raw/a") == (lakes[1], "raw/a")
    assert find("x/yz/raw/a") == (lakes[0], "x/yz/raw/a")
    monkeypatch.delenv("LAKE_OUTER_URI")
    assert lake_of(lakes[1:], Settings(), "b", "raw/a") is None


NOBODYS = "telco/raw/nobody/a b.csv"


def test_a_file_of_no_dataset_is_refused_once_where_the_lake_keeps_such_files(
    bucket: str, s3_endpoint: str
) -> None:
    telco = open_store(f"s3://{bucket}/telco", endpoint=s3_endpoint)
    telco.put("raw/nobody/a b.csv", b"x")
    day = telco.head("raw/nobody/a b.csv").modified.date()
    kept = f"rejected/_unknown/{day}/nobody/a b.csv"
    event = queued(arrived(bucket, NOBODYS.replace(" ", "+")))
    [refused] = handler(event)["records"]
    assert refused.pop("detail").startswith("no dataset of the lake telco takes files from where")
    assert refused == {
        "bucket": bucket,
        "key": NOBODYS,
        "outcome": "refused",
        "destination": f"telco/{kept}",
        "reason": "unknown_folder_structure",
    }
    assert contents(telco, "rejected/")[kept] == b"x"
    assert reason(telco, kept)["reason"] == "unknown_folder_structure"
    [again] = handler(event)["records"]
    assert (again["outcome"], again["destination"]) == ("taken", None)
    assert keys(telco, "raw/") == []
    assert keys(telco, "rejected/") == [kept, f"{kept}_reason.json"]


@pytest.mark.parametrize(("when", "call", "where"), MOMENTS)
def test_a_run_that_refuses_files_of_no_dataset_may_come_in_between(
    local_store: Store, when: str, call: str, where: str
) -> None:
    lake = next(lake for lake in load_lakes() if lake.unknown)
    lake = lake.model_copy(update={"intake": LAKE.intake})
    local_store.put("raw/nobody/a.csv", b"x")

    def run() -> None:
        verdicts.extend(refuse_unknown(local_store, lake))

    verdicts: list[Verdict] = []
    hook = once(call, run, where)
    watched = (
        hooked(local_store, before=hook) if when == "before" else hooked(local_store, after=hook)
    )
    if ours := refuse_unknown_key(watched, lake, "raw/nobody/a.csv"):
        verdicts.append(ours)
    assert {verdict.outcome for verdict in verdicts} & {"refused"}
    assert keys(local_store, "raw/") == []
    [kept, told] = keys(local_store, "rejected/")
    assert local_store.read(kept) == b"x"
    assert told == f"{kept}_reason.json"


def test_a_file_of_no_dataset_is_not_looked_for_where_one_takes_it() -> None:
    lake = next(lake for lake in load_lakes() if lake.unknown)
    store = hooked(open_store("."), before=lambda *_: pytest.fail("the store was asked"))
    for key in ("raw/plans/a.csv", "validated/a.csv"):
        with pytest.raises(ValueError, match="is not where telco looks for files of no dataset"):
            refuse_unknown_key(store, lake, key)


LIGHT = """
import json, sys
from lake_assets.lambda_handler import handler
handler(json.loads(sys.argv[1]))
heavy = ("dagster", "dagster_aws", "pandas", "pyarrow", "pyspark", "rich", "typer")
print([name for name in heavy if name in sys.modules], "polars" in sys.modules)
"""


def test_a_cold_start_loads_neither_dagster_nor_spark() -> None:
    command = [sys.executable, "-c", LIGHT, json.dumps(TEST_EVENT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[] True\n"


ALONE = """
import json, sys
from lake_assets.lambda_handler import handler
print(json.dumps(handler(json.loads(sys.argv[1]))))
"""


@pytest.mark.spark
def test_the_function_runs_on_the_wheel_and_the_extra_remote(
    spark_runtime: Runtime, bucket: str, store: Store, s3_endpoint: str, tmp_path: Path
) -> None:
    drop(store, "a.csv", GOOD)
    event = json.dumps(arrived(bucket, "retail/raw/a.csv"))
    settings = {"LAKE_URI": f"s3://{bucket}", "LAKE_S3_ENDPOINT": s3_endpoint}
    done = spark_runtime.run("-c", ALONE, event, cwd=tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    assert [record["outcome"] for record in json.loads(done.stdout)["records"]] == ["validated"]
    assert_in_one_place(store, {"a.csv": GOOD})


def policy_of_the_page(bucket: str) -> dict[str, Any]:
    """The one that the page shows, for another bucket."""
    [text] = [block.text for block in pages.blocks(PAGE) if "Statement" in block.text]
    policy: dict[str, Any] = json.loads(text.replace("my-lake", bucket))
    return policy


@pytest.fixture
def become(bucket: str, s3_endpoint: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Give this process only the rights of a policy, from now on."""
    iam = boto3.client("iam", endpoint_url=s3_endpoint)

    def user(policy: dict[str, Any]) -> None:
        iam.create_user(UserName=bucket)
        document = json.dumps(policy)
        iam.put_user_policy(UserName=bucket, PolicyName="lake", PolicyDocument=document)
        key = iam.create_access_key(UserName=bucket)["AccessKey"]
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        patch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        connect.cache_clear()

    with pytest.MonkeyPatch.context() as patch:
        yield user
    connect.cache_clear()


def test_the_rights_on_the_page_are_enough(
    bucket: str, store: Store, become: Callable[[dict[str, Any]], None]
) -> None:
    names = ("good.csv", "bad.csv", "gone.csv")
    drop(store, "good.csv", GOOD)
    drop(store, "bad.csv", BAD)
    become(policy_of_the_page(bucket))
    summary = handler(queued(*[arrived(bucket, f"retail/raw/{name}") for name in names]))
    assert [(r["outcome"], r["reason"]) for r in summary["records"]] == [
        ("validated", None),
        ("refused", "missing_columns"),
        ("taken", None),
    ]


@pytest.mark.parametrize("place", ["raw", "validated", ".probe"])
def test_with_fewer_rights_than_on_the_page_a_file_waits_and_the_event_comes_again(
    bucket: str, store: Store, become: Callable[[dict[str, Any]], None], place: str
) -> None:
    drop(store, "good.csv", GOOD)
    policy = policy_of_the_page(bucket)
    resource = f"arn:aws:s3:::{bucket}/retail/{place}/*"
    for statement in policy["Statement"]:
        statement["Resource"] = [each for each in statement["Resource"] if each != resource]
    policy["Statement"] = [each for each in policy["Statement"] if each["Resource"]]
    become(policy)
    with pytest.raises(StoreUnavailable, match="S3 denied access to"):
        handler(arrived(bucket, "retail/raw/good.csv"))
