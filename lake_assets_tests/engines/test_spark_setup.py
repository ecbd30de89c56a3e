"""What Spark lacks is told in a sentence, at once."""

import socket

import pytest

from lake_assets.engines.java import SparkCannotRun
from lake_assets.engines.spark_setup import spark_engine


def test_a_connect_server_that_does_not_answer_is_told_without_its_token() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        port = taken.getsockname()[1]
        with pytest.raises(SparkCannotRun, match=f"answers at 127.0.0.1:{port}") as caught:
            spark_engine(None, f"sc://127.0.0.1:{port}/;token=SECRET", {})
    assert "SECRET" not in str(caught.value)


def test_an_address_that_is_none_is_told_without_its_text() -> None:
    with pytest.raises(SparkCannotRun, match="no address of a Spark Connect server: sc://host"):
        spark_engine(None, "https://h/?token=SECRET", {})


def test_pyspark_that_is_missing_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> str:
        raise SparkCannotRun("PySpark is not installed in this environment.")

    monkeypatch.setattr("lake_assets.engines.spark_setup.installed_spark", missing)
    with pytest.raises(SparkCannotRun, match="PySpark is not installed"):
        spark_engine("local[2]", None, {})
