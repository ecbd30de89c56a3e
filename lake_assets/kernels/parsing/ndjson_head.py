"""Whether a file is NDJSON at all, and has the fields that its contract requires."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from lake_assets.contracts.dataset import Dataset
from lake_assets.kernels.parsing.ndjson_tokens import MARK, ColumnOfKey, printable
from lake_assets.kernels.parsing.telling import told_line
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets.kernels.values.json_texts import DECODER, decode

ENOUGH: Final = 100
"""Objects in which the required fields are looked for, and more until all were seen."""
LOOKED_AT: Final = 1000
"""Lines, if there is hardly an object among them."""

LINE_END: Final = re.compile(r"\r\n?|\n")
BLANKS: Final = f" \t\r\n\0{MARK}"
BEGUN: Final = re.compile(r'\{\s*"')
SHOWN: Final = 200
ARRAY: Final = "a JSON array"
OBJECT: Final = "a JSON object of several lines"


def read_keys(text: str, dataset: Dataset, *, whole: bool) -> tuple[str, ...]:
    """The keys of the objects at the head of a file, in the order in which they were met.

    Args:
        text: the head of the file; it has some text.
        dataset: the contract.
        whole: whether that is all of the file.

    Raises:
        FileRefusedError: the file is one JSON document, no line is an object, or a required field
            is in none of the objects.
    """
    first = next(_lines(text, whole=whole), None)
    if first is None:
        return _of_one_line(text.strip(BLANKS), dataset)
    if _object(first) is None:
        what = _document_of(text.strip(BLANKS), list(_lines(text, whole=whole)))
        if what:
            raise _refused(what)
    keys: dict[str, None] = {}
    columns = ColumnOfKey(dataset)
    missing = {column.name for column in dataset.columns if column.required}
    objects = 0
    for line in _lines(text, whole=whole):
        found = _object(line)
        if found is None:
            continue
        objects += 1
        for key in found:
            if key not in keys:
                keys[key] = None
                missing.discard(columns[key] or "")
        if objects >= ENOUGH and not missing:
            break
    if not objects:
        raise FileRefusedError(
            "no_json_lines_detected",
            "no line is a JSON object; the first one reads "
            f"{told_line(first, dataset, SHOWN)}. If the file is "
            "delimited text, its contract has to say `format: {type: csv}`",
        )
    names_met = tuple(dict.fromkeys(map(printable, keys)))
    if missing:
        names = [column.name for column in dataset.columns if column.name in missing]
        raise FileRefusedError(
            "missing_fields",
            f"none of the objects looked at ({objects:,}) has {', '.join(names)}; "
            + (
                f"their keys are {', '.join(names_met[:50])}. If they have other names there, add "
                "those to the columns' aliases"
                if names_met
                else "they are empty"
            ),
        )
    return names_met


def _lines(text: str, *, whole: bool) -> Iterator[str]:
    """The lines with some text, one after the other: mostly the first ones do."""
    at = 0
    for end in LINE_END.finditer(text):
        line = text[at : end.start()]
        at = end.end()
        if line.strip(BLANKS):
            yield line.removeprefix(MARK)
    if whole and text[at:].strip(BLANKS):  # else the head may end within it
        yield text[at:].removeprefix(MARK)


def looks_like_ndjson(text: str) -> bool:
    """Whether the first lines of a text are JSON objects, most of them."""
    objects = [_object(line) is not None for line in islice(_lines(text, whole=True), 20)]
    return 2 * sum(objects) > len(objects)


def why_no_ndjson(text: str) -> str | None:
    """A sentence that says what is wrong, if a text is JSON, and no NDJSON.

    Args:
        text: that :func:`looks_like_ndjson` does not know.

    Returns:
        None if it is no JSON either.
    """
    lines = [line.strip(BLANKS) for line in LINE_END.split(text) if line.strip(BLANKS)]
    if not lines:
        return None
    if found := _document_of(text.strip(BLANKS), lines):
        return _sentence(found)
    begun = [bool(BEGUN.match(line)) for line in lines[:20]]
    if 2 * sum(begun) <= len(begun):
        return None
    return (
        "its lines begin as JSON objects do, and hardly one is whole; the first one begins with "
        f"{lines[0][:SHOWN]!r}. They are damaged, or longer than what was read of the file"
    )


def _of_one_line(start: str, dataset: Dataset) -> tuple[str, ...]:
    """Of a head that is only the beginning of a line: it may be a long object."""
    if start.startswith("["):
        raise _refused(ARRAY)
    if not start.startswith("{"):
        raise FileRefusedError(
            "no_json_lines_detected",
            f"the first line is no JSON object; it begins with {told_line(start, dataset, SHOWN)}",
        )
    return ()


def _object(line: str) -> list[str] | None:
    """The keys of a line's object."""
    # Not by find_members, which is exact and slow: of a value nothing is needed here.
    try:
        value = decode(line)
    except ValueError:
        return None
    return list(value) if isinstance(value, dict) else None


def _document_of(text: str, lines: list[str]) -> str | None:
    """What a JSON document is, if it is one, and no NDJSON with a bad first line."""
    value, end = _value(text)
    if end == len(text) and isinstance(value, list):
        return ARRAY
    if end == len(text) and isinstance(value, dict) and len(lines) > 1:
        return OBJECT
    some = lines[:LOOKED_AT]
    objects = sum(_object(line) is not None for line in some)
    elements = sum(_object(line.rstrip().removesuffix(",")) is not None for line in some) - objects
    if objects > elements:
        return None
    first = lines[0].strip(BLANKS)
    if text.startswith("[") and (elements or _value(first)[1] < len(first)):
        return ARRAY
    if not objects and text.startswith("{") and len(lines) > 1 and lines[1].lstrip()[:1] in '"}':
        return OBJECT
    return None


def _value(text: str) -> tuple[Any, int]:
    """The JSON value that a text begins with, and where it ends; 0 if there is none."""
    try:
        return DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None, 0


def _refused(what: str) -> FileRefusedError:
    return FileRefusedError("invalid_ndjson_format", _sentence(what))


def _sentence(what: str) -> str:
    each = ".[]" if what == ARRAY else "."
    return (
        f"the file is {what}, and no NDJSON, which has one object on each line; convert it: "
        f"jq -c '{each}' FILE > FILE.ndjson"
    )
