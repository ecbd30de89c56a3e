import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from urllib3 import HTTPResponse

from lake_assets.storage import (
    ObjectBusy,
    ObjectChanged,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    ReadInterrupted,
    StagedLost,
    StoreUnavailable,
    open_store,
)
from lake_assets.storage.s3 import S3Store
from lake_assets_tests.storage.conftest import ignore_conditions_of_copies

MIB = 1024**2
Hook = Callable[[AWSPreparedRequest], AWSResponse | None]


@pytest.fixture
def store(s3_store: S3Store) -> S3Store:
    assert s3_store.copies_on_condition  # tried now, before a test watches the requests
    return s3_store


def before(store: S3Store, operation: str, hook: Hook) -> None:
    """Let `hook` see each request of the operation; what it returns is the answer."""
    events: Any = store.client.meta.events
    events.register(f"before-send.s3.{operation}", lambda request, **_: hook(request))


def answer(status: int, body: bytes = b"", **headers: str) -> AWSResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = HTTPResponse(io.BytesIO(body), names, status, preload_content=False)
    return AWSResponse("http://s3", status, HTTPHeaders.from_dict(names), raw)


def error(status: int, code: str) -> AWSResponse:
    text = f"<Error><Code>{code}</Code><Message>secret words</Message></Error>"
    return answer(status, text.encode(), content_type="application/xml")


def once(*answers: AWSResponse | None) -> Hook:
    """The answers in turn, then the store's own."""
    queue = list(answers)
    return lambda _: queue.pop(0) if queue else None


def text(header: Any) -> str:
    return header.decode() if isinstance(header, bytes) else str(header)


def in_bucket(store: S3Store) -> dict[str, str]:
    """Bucket and prefix, to reach behind the store."""
    bucket, _, prefix = store.uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Prefix": prefix}


def uploads(store: S3Store) -> int:
    found = store.client.list_multipart_uploads(Bucket=in_bucket(store)["Bucket"])
    return len(found.get("Uploads", []))


def keys(store: S3Store) -> list[str]:
    return [info.key for info in store.list()]


# --- what S3 alone has ------------------------------------------------------


def test_folder_markers_and_the_neighbours_of_the_prefix_are_not_objects(store: S3Store) -> None:
    bucket, prefix = in_bucket(store).values()
    for key in (f"{prefix}/", f"{prefix}/raw/", f"{prefix}ful/x", "elsewhere"):
        store.client.put_object(Bucket=bucket, Key=key, Body=b"")
    store.put("raw/x", b"")
    assert keys(store) == ["raw/x"]


def test_an_object_with_a_key_like_a_folder_is_shown_if_it_holds_data(store: S3Store) -> None:
    bucket, prefix = in_bucket(store).values()
    store.client.put_object(Bucket=bucket, Key=f"{prefix}/raw/odd/", Body=b"data")
    (found,) = store.list()
    store.move(found, "rejected/odd")
    assert keys(store) == ["rejected/odd"]


def test_a_listing_of_several_pages_is_complete(store: S3Store) -> None:
    names = [f"{number:02}" for number in range(7)]
    for name in names:
        store.put(name, b"")

    def small_pages(params: dict[str, Any], **_: Any) -> None:
        params["query_string"]["max-keys"] = "3"

    store.client.meta.events.register("before-call.s3.ListObjectsV2", small_pages)
    assert keys(store) == names


def test_a_large_write_is_staged_in_parts(store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake_assets.storage.s3_multipart.PART_BYTES", 5 * MIB)
    data = bytes(5 * MIB) + b"the rest"
    staged = store.stage("k", data)
    assert len(staged.part_etags) == 2
    store.publish(staged)
    assert store.read("k") == data


def test_a_failed_staging_leaves_no_upload(store: S3Store) -> None:
    before(store, "UploadPart", lambda _: error(403, "AccessDenied"))
    with pytest.raises(StoreUnavailable):
        store.stage("k", b"data")
    assert uploads(store) == 0


def test_an_object_too_large_for_one_copy_is_moved_in_parts(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake_assets.storage.s3_multipart.COPY_BYTES", 5 * MIB)
    monkeypatch.setattr("lake_assets.storage.s3_multipart.COPY_PART_BYTES", 5 * MIB)
    data = bytes(5 * MIB) + b"the rest"
    store.put("raw/x", data)
    dropped = store.head("raw/x")
    store.move(dropped, "validated/x")
    moved = store.head("validated/x")
    assert keys(store) == ["validated/x"]
    assert store.read("validated/x") == data
    assert moved.etag.endswith("-2")
    assert moved.arrived == dropped.modified
    assert store.moved_from(moved, dropped)
    assert uploads(store) == 0


def test_a_failed_copy_in_parts_leaves_no_upload(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake_assets.storage.s3_multipart.COPY_BYTES", 1)
    before(store, "UploadPartCopy", lambda _: error(412, "PreconditionFailed"))
    store.put("raw/x", b"data")
    with pytest.raises(ObjectChanged):
        store.move(store.head("raw/x"), "validated/x")
    assert uploads(store) == 0


def test_the_content_type_moves_along(store: S3Store) -> None:
    bucket, prefix = in_bucket(store).values()
    store.client.put_object(
        Bucket=bucket, Key=f"{prefix}/raw/x", ContentType="text/csv", ContentEncoding="gzip"
    )
    store.move(store.head("raw/x"), "validated/x")
    found = store.client.head_object(Bucket=bucket, Key=f"{prefix}/validated/x")
    assert (found["ContentType"], found["ContentEncoding"]) == ("text/csv", "gzip")


@pytest.mark.parametrize("stamp", ["yesterday", "2025-01-01T00:00:00"])
def test_a_stamp_that_we_did_not_write_is_not_believed(store: S3Store, stamp: str) -> None:
    bucket, prefix = in_bucket(store).values()
    store.client.put_object(Bucket=bucket, Key=f"{prefix}/k", Metadata={"lake-arrived": stamp})
    found = store.head("k")
    assert found.arrived == found.modified


def test_requests_carry_their_conditions(store: S3Store) -> None:
    seen: dict[str, dict[str, str]] = {}
    for operation in ("PutObject", "CopyObject", "DeleteObject", "GetObject"):

        def note(request: AWSPreparedRequest, operation: str = operation) -> None:
            seen[operation] = {name.lower(): text(value) for name, value in request.headers.items()}

        before(store, operation, note)
    store.put_if_absent("raw/x", b"data")
    found = store.head("raw/x")
    store.read("raw/x", if_match=found.etag)
    store.move(found, "validated/x")
    quoted = f'"{found.etag}"'
    assert seen["PutObject"]["if-none-match"] == "*"
    assert "content-md5" in seen["PutObject"]
    assert seen["GetObject"]["if-match"] == quoted
    assert seen["CopyObject"]["if-none-match"] == "*"
    assert seen["CopyObject"]["x-amz-copy-source-if-match"] == quoted
    assert seen["DeleteObject"]["if-match"] == quoted


# --- interruptions and races ------------------------------------------------


def test_a_move_interrupted_before_its_delete_is_finished_without_a_second_copy(
    store: S3Store,
) -> None:
    store.put("raw/x", b"rows")
    dropped = store.head("raw/x")
    before(store, "DeleteObject", once(error(403, "AccessDenied")))
    with pytest.raises(StoreUnavailable):
        store.move(dropped, "validated/x")
    assert keys(store) == ["raw/x", "validated/x"]
    assert store.moved_from(store.head("validated/x"), dropped)
    copied = store.head("validated/x")
    (again,) = store.list("raw/")
    store.move(again, "validated/x")
    assert keys(store) == ["validated/x"]
    assert store.head("validated/x") == copied


def test_passing_on_that_was_interrupted_before_its_delete_is_finished(store: S3Store) -> None:
    store.put("raw/x", b"rows")
    store.move(store.head("raw/x"), "validated/x")
    waiting = store.head("validated/x")
    before(store, "DeleteObject", once(error(403, "AccessDenied")))
    with pytest.raises(StoreUnavailable):
        store.pass_on(waiting, "archive/x")
    assert keys(store) == ["archive/x", "validated/x"]
    store.pass_on(waiting, "archive/x")
    assert keys(store) == ["archive/x"]


def test_a_move_takes_three_requests_and_passing_on_two(store: S3Store) -> None:
    store.put("raw/x", b"rows")
    found = store.head("raw/x")
    seen: list[str] = []
    store.client.meta.events.register(
        "before-send.s3", lambda request, **_: seen.append(request.method)
    )
    store.move(found, "validated/x")
    assert seen == ["HEAD", "PUT", "DELETE"]
    waiting = store.head("validated/x")
    seen.clear()
    store.pass_on(waiting, "archive/x")
    assert seen == ["PUT", "DELETE"]


def test_a_store_is_tried_once_for_conditional_copies(s3_store: S3Store) -> None:
    ignore_conditions_of_copies(s3_store)
    for number in range(2):
        s3_store.put(f"raw/{number}", b"rows")
        s3_store.move(s3_store.head(f"raw/{number}"), f"validated/{number}")
    s3_store.put("raw/0", b"other")
    with pytest.raises(ObjectExists):
        s3_store.move(s3_store.head("raw/0"), "validated/0")
    assert s3_store.read("validated/0") == b"rows"
    assert keys(s3_store) == ["raw/0", "validated/0", "validated/1"]


def put_behind(store: S3Store, key: str, data: bytes) -> None:
    bucket, prefix = in_bucket(store).values()
    store.client.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=data)


def test_a_destination_that_comes_up_during_the_copy_is_kept(store: S3Store) -> None:
    store.put("raw/x", b"rows")
    found = store.head("raw/x")

    def overtaken(_: AWSPreparedRequest) -> AWSResponse:
        put_behind(store, "validated/x", b"the other's")
        return error(412, "PreconditionFailed")

    before(store, "CopyObject", overtaken)
    with pytest.raises(ObjectExists):
        store.move(found, "validated/x")
    assert store.read("validated/x") == b"the other's"
    assert store.read("raw/x") == b"rows"


def test_a_source_that_changes_during_the_copy_is_kept(store: S3Store) -> None:
    store.put("raw/x", b"rows")
    found = store.head("raw/x")
    before(store, "CopyObject", lambda _: error(412, "PreconditionFailed"))
    with pytest.raises(ObjectChanged):
        store.move(found, "validated/x")
    assert keys(store) == ["raw/x"]


def test_an_object_that_arrives_after_the_copy_under_the_old_key_is_the_next_arrival(
    store: S3Store,
) -> None:
    store.put("raw/x", b"first")

    def overtaken(_: AWSPreparedRequest) -> None:
        put_behind(store, "raw/x", b"second")

    before(store, "DeleteObject", overtaken)
    store.move(store.head("raw/x"), "validated/x")
    assert store.read("validated/x") == b"first"
    assert store.read("raw/x") == b"second"


@pytest.mark.usefixtures("no_waiting")
def test_a_conflict_of_writers_is_tried_again(store: S3Store) -> None:
    conflict = error(409, "ConditionalRequestConflict")
    before(store, "PutObject", once(conflict, conflict))
    assert store.put_if_absent("k", b"data") is True


@pytest.mark.usefixtures("no_waiting")
def test_a_conflict_that_does_not_end_is_told(store: S3Store) -> None:
    before(store, "PutObject", lambda _: error(409, "ConditionalRequestConflict"))
    with pytest.raises(ObjectBusy, match="Run again"):
        store.put_if_absent("k", b"data")


@pytest.mark.usefixtures("no_waiting")
def test_a_creation_whose_answer_got_lost_is_still_ours(store: S3Store) -> None:
    bucket, prefix = in_bucket(store).values()

    def lose_the_answer(request: AWSPreparedRequest) -> AWSResponse | None:
        writer = request.headers["x-amz-meta-lake-writer"]
        if store.client.list_objects_v2(Bucket=bucket)["KeyCount"]:
            return None
        behind.put_object(
            Bucket=bucket,
            Key=f"{prefix}/k",
            Body=b"data",
            Metadata={"lake-writer": text(writer)},
        )
        return error(500, "InternalError")

    behind = S3Store(bucket, endpoint=store.client.meta.endpoint_url).client
    before(store, "PutObject", lose_the_answer)
    assert store.put_if_absent("k", b"data") is True
    assert store.put_if_absent("k", b"data") is False


def test_a_repeated_completion_is_judged_by_the_object(store: S3Store) -> None:
    staged = store.stage("k", b"data")
    store.publish(staged)
    before(store, "CompleteMultipartUpload", lambda _: error(404, "NoSuchUpload"))
    store.publish(staged)
    store.put("k", b"atad")
    with pytest.raises(StagedLost, match="Run the task"):
        store.publish(staged)


def test_an_upload_that_is_gone_is_known_by_the_status_alone(store: S3Store) -> None:
    staged = store.stage("k", b"data")
    before(store, "AbortMultipartUpload", lambda _: answer(404))
    store.abort(staged)
    store.publish(staged)
    before(store, "CompleteMultipartUpload", lambda _: answer(404))
    store.publish(staged)
    store.put("k", b"atad")
    with pytest.raises(StagedLost, match="Run the task"):
        store.publish(staged)


def test_where_etags_are_no_digests_the_recorded_sha256_decides(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = store.stage("k", b"data")
    store.publish(staged)
    before(store, "CompleteMultipartUpload", lambda _: error(404, "NoSuchUpload"))
    monkeypatch.setattr("lake_assets.storage.s3.multipart_etag", lambda _: None)
    store.publish(staged)


# --- reading ----------------------------------------------------------------


def short_body(_: AWSPreparedRequest | None) -> AWSResponse:
    return answer(200, b"only this", content_length="100", etag='"e"')


@pytest.mark.usefixtures("no_waiting")
def test_a_body_that_ends_early_raises_instead_of_ending(store: S3Store) -> None:
    before(store, "GetObject", short_body)
    with store.open("k") as file, pytest.raises(ReadInterrupted, match="Read it again"):
        file.read()
    with pytest.raises(ReadInterrupted):
        store.read("k")


@pytest.mark.usefixtures("no_waiting")
def test_reading_at_once_survives_a_broken_connection(store: S3Store) -> None:
    store.put("k", b"all of it")
    before(store, "GetObject", once(short_body(None)))
    assert store.read("k") == b"all of it"


# --- a store that must be refused -------------------------------------------


def test_a_store_that_ignores_if_none_match_is_refused_and_left_clean(store: S3Store) -> None:
    def ignore(request: AWSPreparedRequest) -> None:
        del request.headers["If-None-Match"]

    before(store, "PutObject", ignore)
    with pytest.raises(StoreUnavailable, match=r"ignores conditional writes \(If-None-Match\)"):
        store.check()
    assert keys(store) == []


def test_a_store_whose_listing_is_late_is_refused(store: S3Store) -> None:
    empty = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    before(store, "ListObjectsV2", lambda _: answer(200, empty))
    with pytest.raises(StoreUnavailable, match="does not list"):
        store.check()


# --- errors as sentences ----------------------------------------------------


def test_a_missing_bucket_is_named(s3_endpoint: str) -> None:
    missing = open_store("s3://no-such-bucket/lake", endpoint=s3_endpoint)
    for use in (missing.check, lambda: list(missing.list()), lambda: missing.stage("k", b"")):
        with pytest.raises(StoreUnavailable, match=r"s3://no-such-bucket.* does not exist\. Cre"):
            use()


def test_missing_credentials_are_told(s3_store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreUnavailable, match=r"no complete AWS credentials .* Set AWS_PROFILE"):
        s3_store.check()


def test_half_of_the_credentials_are_told(
    s3_store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreUnavailable, match="no complete AWS credentials"):
        s3_store.check()


def test_an_unknown_profile_is_told(s3_store: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StoreUnavailable, match="AWS_PROFILE"):
        s3_store.check()


@pytest.mark.usefixtures("no_waiting", "s3_endpoint")
def test_an_endpoint_that_does_not_answer_is_named_without_its_password() -> None:
    silent = open_store("s3://bucket", endpoint="http://me:hunter2@127.0.0.1:1")
    with pytest.raises(StoreUnavailable, match=r"^127\.0\.0\.1:1 does not answer"):
        silent.check()


@pytest.mark.usefixtures("s3_endpoint")
def test_an_endpoint_that_is_no_url_is_told() -> None:
    with pytest.raises(StoreUnavailable, match="LAKE_S3_ENDPOINT"):
        open_store("s3://bucket", endpoint="localhost").check()


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (403, "AccessDenied", "s3:ListBucket"),
        (403, "InvalidAccessKeyId", "does not accept the credentials"),
        (403, "SignatureDoesNotMatch", "does not accept the credentials"),
        (400, "ExpiredToken", "have expired"),
        (301, "PermanentRedirect", "another region"),
        (403, "RequestTimeTooSkewed", "clock"),
        (403, "InvalidObjectState", "archive storage class"),
        (501, "NotImplemented", "does not implement"),
        (503, "SlowDown", "overloaded"),
        (500, "InternalError", "overloaded"),
        (418, "Teapot", "Teapot"),
    ],
)
def test_each_answer_of_s3_becomes_a_sentence(
    store: S3Store, status: int, code: str, sentence: str
) -> None:
    before(store, "GetObject", lambda _: error(status, code))
    with pytest.raises(StoreUnavailable) as refused:
        store.read("k")
    assert sentence in str(refused.value)
    assert f"{store.uri}/k" in str(refused.value)
    assert "secret words" not in str(refused.value)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(
    ("status", "expected"),
    [(403, StoreUnavailable), (404, ObjectNotFound), (412, ObjectChanged), (503, StoreUnavailable)],
)
def test_answers_to_head_have_no_code_but_their_status_will_do(
    store: S3Store, status: int, expected: type[Exception]
) -> None:
    before(store, "HeadObject", lambda _: answer(status))
    with pytest.raises(expected):
        store.head("k")


def test_times_are_whole_seconds_so_that_listings_and_heads_agree(store: S3Store) -> None:
    store.put("k", b"")
    (listed,) = store.list()
    head: ObjectInfo = store.head("k")
    assert listed == head
    assert head.modified.microsecond == 0
