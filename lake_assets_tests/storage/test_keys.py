from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_assets.storage import InvalidKey, ObjectInfo, Staged, validate_key
from lake_assets.storage.objects import multipart_etag, validate_prefix


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "empty"),
        ("/etc/passwd", "'/'"),
        ("raw/", "'/'"),
        ("raw//a.csv", "'//'"),
        ("..", "'..'"),
        ("raw/../../silver/evil.parquet", "'..'"),
        ("./a", "'.'"),
        ("raw/a\nb.csv", "control"),
        ("raw/\x00", "control"),
        ("raw/\x7f", "control"),
        ("raw/\x85", "control"),
        ("raw/\udcff.csv", "Unicode"),
        ("é" * 513, "1026 bytes"),
        (".staging/0", ".staging"),
    ],
)
def test_a_key_that_could_leave_the_lake_or_a_log_is_refused_with_the_reason(
    key: str, reason: str
) -> None:
    with pytest.raises(InvalidKey) as refused:
        validate_key(key)
    assert reason in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "key",
    ["a", "raw/a b.csv", "raw/Ünïcode/数据.csv", "a/...", "a/..b", "date=2025-06-12/x+y&z?.csv#1"],
)
def test_ordinary_and_odd_names_are_keys(key: str) -> None:
    validate_key(key)


def test_the_longest_key_is_allowed() -> None:
    validate_key("é" * 512)


@pytest.mark.parametrize("prefix", ["", "raw", "raw/", "raw/re"])
def test_a_prefix_may_end_anywhere(prefix: str) -> None:
    validate_prefix(prefix)


@pytest.mark.parametrize("prefix", ["/", "../", "raw//", "raw/../"])
def test_a_prefix_cannot_lead_out_of_the_store(prefix: str) -> None:
    with pytest.raises(InvalidKey):
        validate_prefix(prefix)


@given(st.text(st.sampled_from("./a\\~ \n\x00é\udc80"), max_size=12))
def test_whatever_is_accepted_stays_below_the_root_and_is_its_own_shortest_form(key: str) -> None:
    try:
        validate_key(key)
    except InvalidKey:
        return
    path = PurePosixPath("/lake") / key
    assert str(path) == f"/lake/{key}"
    assert ".." not in path.parts


@given(
    st.builds(
        Staged,
        key=st.text(),
        upload_id=st.text(),
        part_etags=st.lists(st.text()).map(tuple),
        size=st.integers(0),
        sha256=st.text(),
        rows=st.integers(0),
    )
)
def test_a_staged_write_survives_its_json_form(staged: Staged) -> None:
    assert Staged.from_json(staged.to_json()) == staged


def test_rows_are_optional_in_the_json_form_and_nothing_else_is() -> None:
    plain = Staged("k", "u", ("e",), 1, "s").to_json()
    del plain["rows"]
    assert Staged.from_json(plain).rows == 0
    del plain["sha256"]
    with pytest.raises(KeyError):
        Staged.from_json(plain)


def test_twins_that_arrive_in_the_same_second_have_identities_of_their_own() -> None:
    now = datetime(2025, 6, 12, tzinfo=UTC)
    one, other = (ObjectInfo(key, 1, "etag", now, now) for key in ("raw/a/x.csv", "raw/b/x.csv"))
    assert one.identity != other.identity
    assert one.identity.isascii()


def test_the_etag_of_a_multipart_object_follows_from_those_of_its_parts() -> None:
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    assert multipart_etag((empty,)) == "59adb24ef3cdbe0297f05b395827453f-1"


def test_part_etags_that_are_no_digests_give_no_etag() -> None:
    assert multipart_etag(("opaque",)) is None
