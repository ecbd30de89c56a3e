"""The messages of a job, over a network that fails."""

import json

import pytest
from botocore.exceptions import EndpointConnectionError
from dagster_aws.pipes import PipesS3MessageReader

from lake_assets.engines.remote.exchange import LINES, MessageReader
from lake_assets.storage.s3 import S3Store


def message(method: str, **params: object) -> str:
    return json.dumps({"__dagster_pipes_version": "0.1", "method": method, "params": params})


def test_a_connection_that_breaks_is_asked_again(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.example")

    reader = MessageReader(store, "pipes/t/", 0)
    store.client.put_object(Bucket=store.bucket, Key="pipes/t/messages/1.json", Body=b"{}")
    with reader.get_params() as params:
        with monkeypatch.context() as patch:
            patch.setattr(PipesS3MessageReader, "messages_are_readable", fail)
            patch.setattr(PipesS3MessageReader, "download_messages_chunk", fail)
            assert not reader.messages_are_readable(params)
            assert reader.download_messages_chunk(1, params) is None
        assert reader.messages_are_readable(params)
        assert reader.download_messages_chunk(1, params) == "{}"


def test_the_tail_has_the_last_lines_of_all_that_a_person_reads(store: S3Store) -> None:
    lines = [
        *(message("log", message=f"old {number}") for number in range(LINES)),
        message("log_external_stream", stream="stderr", text="two\nlines\n"),
        message("report_custom_message", payload={"report": {}}),
        "no message",
        message("closed", exception={"name": "E", "message": "E: last\n", "stack": []}),
    ]
    body = "\n".join(lines).encode()
    store.client.put_object(Bucket=store.bucket, Key="pipes/t/messages/1.json", Body=body)
    reader = MessageReader(store, "pipes/t/", 0)
    with reader.get_params() as params:
        reader.download_messages_chunk(1, params)
    tail = reader.tail.splitlines()
    assert len(tail) == LINES
    assert tail[-4:] == [f"old {LINES - 1}", "two", "lines", "E: last"]
