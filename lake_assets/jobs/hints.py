"""What a message about S3 says of a lake: files that may have come to stand in a raw zone.

It is a hint to look, and no more: the listing of raw/ says which files there are.
"""

from collections import Counter
from dataclasses import dataclass, field

from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.lake import Lake
from lake_assets.storage.s3_events import TEST, Notice, UnknownEvent, notices


@dataclass(frozen=True, slots=True)
class Hint:
    """What one message says.

    Attributes:
        keys: of objects that came into a raw zone, in the lake, by the name of the dataset; those
            of no dataset by that of the lake's ``unknown``.
        ignored: how many of its events are not for us, by why.
        unknown: a sentence about what is no event of S3; at most 200 letters of it are shown.
    """

    keys: dict[str, set[str]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    unknown: str | None = None


def hint_of(lake: Lake, uri: str, body: str) -> Hint:
    """Read a message.

    Args:
        lake: the contract.
        uri: where the lake is: s3://bucket[/prefix].
        body: the text in the message; an event of S3, however it is wrapped.
    """
    hint = Hint()
    try:
        for notice in notices(body):
            _note(hint, lake, uri, notice)
    except UnknownEvent as error:
        return Hint(hint.keys, hint.ignored, str(error))
    if not (hint.keys or hint.ignored):
        hint.ignored["without an event"] += 1
    return hint


def _note(hint: Hint, lake: Lake, uri: str, notice: Notice) -> None:
    if notice.event == TEST:
        hint.ignored["S3's test"] += 1
        return
    if not notice.created:
        hint.ignored["not about a new object"] += 1
        return
    if notice.marks_folder:
        hint.ignored["about an empty folder"] += 1
        return
    prefix = prefix_in(notice.bucket, uri)
    if prefix is None or not notice.key.startswith(prefix):
        hint.ignored["about another place than the lake"] += 1
        return
    key = notice.key.removeprefix(prefix)
    dataset = dataset_at(lake, key)
    if lake.unknown and is_unknown(lake, key):
        hint.keys.setdefault(lake.unknown.name, set()).add(key)
        return
    if dataset is None:
        hint.ignored["about an object outside of every raw zone"] += 1
        return
    hint.keys.setdefault(dataset.name, set()).add(key)


def prefix_in(bucket: str, uri: str) -> str | None:
    """What the keys of the lake at ``uri`` begin with, if it is in the bucket."""
    scheme, _, rest = uri.partition("://")
    name, _, prefix = rest.partition("/")
    if scheme.lower() != "s3" or name != bucket:
        return None
    return f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""


def dataset_at(lake: Lake, key: str) -> Dataset | None:
    """The dataset in whose raw zone a key of the lake is."""
    inside = [dataset for dataset in lake.datasets if key.startswith(dataset.zones.raw)]
    return max(inside, key=lambda dataset: len(dataset.zones.raw), default=None)


def is_unknown(lake: Lake, key: str) -> bool:
    """Whether a key is where the lake looks for files of no dataset, and is of none."""
    unknown = lake.unknown
    return unknown is not None and key.startswith(unknown.raw) and dataset_at(lake, key) is None
