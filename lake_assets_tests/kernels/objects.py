"""Contracts of NDJSON, and lines for them."""

import json
from collections.abc import Mapping
from typing import Any

from lake_assets.contracts.dataset import Dataset
from lake_assets_tests.kernels.reading import SMALL, small

NDJSON = {"type": "ndjson"}


def objects(*columns: Mapping[str, Any], **changes: Any) -> Dataset:
    """The columns id, at, n, note, and some more, in files of NDJSON."""
    return small(**{"format": NDJSON, "columns": [*SMALL["columns"], *columns], **changes})


def line(id_: object = "a", at: object = "2025-01-02", **values: object) -> str:
    """A line, written without blanks."""
    return json.dumps({"id": id_, "at": at, **values}, separators=(",", ":"), ensure_ascii=False)


def file(*lines: str) -> bytes:
    """A file of these lines."""
    return "".join(f"{each}\n" for each in lines).encode()
