"""AWS Lambda: validates a file the moment that S3 tells of it, or refuses it if it is nobody's.

The sensor does the same some seconds later. Both may see a file, in any order or at once: it is
let in or refused once. What the function does not do, for whatever reason, the sensor does.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

from lake_assets.contracts.lake import Lake
from lake_assets.contracts.load import load_lakes
from lake_assets.jobs.hints import dataset_at, is_unknown, prefix_in
from lake_assets.jobs.unknown import refuse_unknown_key
from lake_assets.jobs.validate import validate_key
from lake_assets.settings import Settings, connect, load_settings
from lake_assets.storage.s3_events import TEST, Notice, UnknownEvent, messages, notices

LOGGER = logging.getLogger(__name__)
LOGGER.setLevel(logging.INFO)  # Lambda's own handler shows what reaches it


class UnknownLake(LookupError):
    """No lake is in the bucket. The message says where the lakes are, and what to set."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object.

    Attributes:
        bucket, key: as S3 knows it.
        outcome: ``validated`` or ``refused``; ``taken``, if it is not there any more, because
            another run was faster or somebody deleted it; ``ignored``, if it is not for us;
            ``failed``, if it is to be tried again.
        destination: the key where the file is now, if we moved it.
        reason: a code, where there is one to give: of the refusal, of why it was ignored, or the
            name of the error.
        detail: the same as a sentence.
    """

    bucket: str
    key: str
    outcome: Literal["validated", "refused", "taken", "ignored", "failed"]
    destination: str | None = None
    reason: str | None = None
    detail: str | None = None


def handler(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:  # noqa: ARG001
    """Validate the files that an event tells of.

    Args:
        event: of S3: its notification, also through SNS or in a batch from SQS, or the event
            ``Object Created`` of EventBridge.
        context: Lambda's; not used.

    Returns:
        ``records``: a dictionary an object, as `Outcome` has it. For a batch from SQS also
        ``batchItemFailures``, so that only the messages that failed are delivered again.

    Raises:
        StoreUnavailable: for an event that is no batch, so that Lambda tries it again. All other
            errors likewise: `UnknownLake`, `UnknownEvent`, a wrong setting or contract. Whatever
            the event tells of has been tried when an error is raised.
    """
    batch = messages(event)
    if batch is None:
        outcomes, error = _validate_all(event)
        if error:
            raise error
        return {"records": [asdict(outcome) for outcome in outcomes]}
    records, failures = [], []
    for message in batch:
        outcomes, error = _validate_all(message.body)
        records += [asdict(outcome) for outcome in outcomes]
        if error:
            failures.append({"itemIdentifier": message.identifier})
    return {"records": records, "batchItemFailures": failures}


def lake_of(
    lakes: Sequence[Lake], settings: Settings, bucket: str, key: str
) -> tuple[Lake, str] | None:
    """The lake that an object is in, and the object's key in it; None if it is beside the lakes.

    Raises:
        UnknownLake: no lake is in the bucket.
    """
    places = [(lake, settings.uri_of(lake)) for lake in lakes]
    prefixes = [
        (lake, prefix) for lake, uri in places if (prefix := prefix_in(bucket, uri)) is not None
    ]
    if not prefixes:
        known = "; ".join(f"{lake.lake} is at {uri}" for lake, uri in places)
        raise UnknownLake(
            f"No lake is in the bucket {bucket!r}: {known}. Set LAKE_URI, or LAKE_<NAME>_URI, in "
            "the environment of this function, or take the trigger from the bucket."
        )
    inside = [(lake, prefix) for lake, prefix in prefixes if key.startswith(prefix)]
    if not inside:
        return None
    lake, prefix = max(inside, key=lambda found: len(found[1]))  # the innermost of nested lakes
    return lake, key.removeprefix(prefix)


@cache
def _lakes() -> Sequence[Lake]:
    return load_lakes()


def _validate_all(document: object) -> tuple[list[Outcome], Exception | None]:
    """What became of each object, and the first error: one that fails does not stop the others."""
    outcomes: list[Outcome] = []
    errors: list[Exception] = []

    def note(outcome: Outcome, error: Exception | None = None) -> None:
        outcomes.append(outcome)
        LOGGER.log(
            logging.ERROR if error else logging.INFO, json.dumps(asdict(outcome)), exc_info=error
        )
        if error:
            errors.append(error)

    try:
        for notice in notices(document):
            try:
                note(_validate(notice))
            except Exception as error:
                note(_failed(notice.bucket, notice.key, error), error)
    except UnknownEvent as error:
        note(_failed("", "", error), error)
    return outcomes, errors[0] if errors else None


def _failed(bucket: str, key: str, error: Exception) -> Outcome:
    return Outcome(bucket, key, "failed", reason=type(error).__name__, detail=str(error))


def _validate(notice: Notice) -> Outcome:
    bucket, key = notice.bucket, notice.key

    def ignored(reason: str, detail: str) -> Outcome:
        return Outcome(bucket, key, "ignored", None, reason, detail)

    if notice.event == TEST:
        return ignored("test_event", "S3 tries whether its events arrive here. They do.")
    if not notice.created:
        return ignored("not_created", f"The event {notice.event} brings no new file.")
    if notice.marks_folder:
        return ignored("folder", "The object is how consoles show an empty folder.")
    settings = load_settings()
    found = lake_of(_lakes(), settings, bucket, key)
    dataset = found and dataset_at(*found)
    if not found or not (dataset or is_unknown(*found)):
        return ignored("outside_raw", "The object is not in the raw zone of any dataset.")
    lake, name = found
    prefix = key.removesuffix(name)
    store = connect(settings.uri_of(lake), settings.s3_endpoint)
    if dataset:
        verdict = validate_key(store, dataset, name)
    else:
        verdict = refuse_unknown_key(store, lake, name)
    if verdict is None or verdict.outcome == "vanished":
        detail = "The object is not there any more: another run has taken it, or it was deleted."
        return Outcome(bucket, key, "taken", detail=detail)
    assert verdict.outcome != "stuck"  # only a batch passes over a file
    destination = f"{prefix}{verdict.key}"
    return Outcome(bucket, key, verdict.outcome, destination, verdict.reason, verdict.detail)
