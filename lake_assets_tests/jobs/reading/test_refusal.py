"""The line between a file's fault and the store's."""

from collections.abc import Callable

import pytest
from polars.exceptions import PanicException

from lake_assets.jobs.reading.refusal import VANISHED, Refusal, attempt
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.storage.errors import ObjectNotFound, StoreUnavailable


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_what_works_gives_its_result() -> None:
    assert attempt(lambda: 5) == 5


@pytest.mark.parametrize("error", [PanicException("index out of range"), ValueError("no number")])
def test_a_fault_nobody_foresaw_is_the_files_and_shows_its_traceback(error: BaseException) -> None:
    refusal = attempt(raising(error))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "error_reading_file"
    assert refusal.detail.startswith("Traceback")
    assert f"{type(error).__name__}: {error}" in refusal.detail


def test_a_file_leaves_the_batch_for_the_reason_that_was_given() -> None:
    assert attempt(raising(FileRefusedError("too_large", "why"))) == Refusal("too_large", "why")
    gone = attempt(raising(ObjectNotFound("a.csv")))
    assert isinstance(gone, Refusal)
    assert gone.reason == VANISHED


@pytest.mark.parametrize(
    "error", [StoreUnavailable("no answer"), MemoryError(), KeyboardInterrupt(), SystemExit()]
)
def test_what_is_about_no_file_stops_the_batch(error: BaseException) -> None:
    with pytest.raises(type(error)):
        attempt(raising(error))
