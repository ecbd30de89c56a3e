"""Telco files that a right validator refuses whole."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from lake_assets.samples.telco_plans import COLUMNS
from lake_assets.samples.telco_world import World
from lake_assets.samples.truth import SampleFile, Truth

UNKNOWN_FOLDER: Final = "invoices"
"""No dataset's."""
REFUSALS: Final = (
    ("activity_logs/activity_{day}_array.ndjson", "invalid_ndjson_format"),
    ("activity_logs/activity_{day}_empty.ndjson", "empty_file"),
    ("activity_logs/activity_{day}_csv.ndjson", "no_json_lines_detected"),
    ("customers/customers_{day}_missing.ndjson", "missing_fields"),
    ("plans/plans_{day}_missing.csv", "missing_columns"),
    ("plans/plans_{day}_header.csv", "no_data_rows_found"),
    (f"{UNKNOWN_FOLDER}/invoices_{{day}}.csv", "unknown_folder_structure"),
)
"""The name of each kind of file that is refused, and why it is."""
_OBJECTS = 5


def refused_files(world: World, folders: Collection[str], count: int) -> Iterator[SampleFile]:
    """Make `count` files, the `REFUSALS` of these folders in turn."""
    kinds = [kind for kind in REFUSALS if kind[0].partition("/")[0] in folders]
    for number in range(count):
        turn, place = divmod(number, len(kinds))
        name, reason = kinds[place]
        again, offset = divmod(turn, world.days)
        day = world.day(offset)
        content = _content(reason, f"R{world.seed}-{number:04d}-", str(day))
        stem, dot, ending = name.format(day=day).rpartition(".")
        suffix = f"_{again + 1}" if again else ""
        truth = Truth(0, 0, {}, 0, {}, system_reject=reason, transactions={})
        yield SampleFile(f"{stem}{suffix}{dot}{ending}", content.encode(), truth)


def _content(reason: str, prefix: str, day: str) -> str:
    match reason:
        case "invalid_ndjson_format":
            return f"[\n  {_comma_lines(_events(prefix, day))}\n]\n"
        case "empty_file":
            return ""
        case "no_json_lines_detected":
            return f"event_id,event_type\n{prefix}1,call_outgoing\n{prefix}2,sms_sent\n"
        case "missing_fields":
            return "".join(
                f'{{"first_name":"Ada","country":"CA","note":"{prefix}{number}"}}\n'
                for number in range(_OBJECTS)
            )
        case "missing_columns":
            return f"plan_id,plan_name\n{prefix}1,No price\n"
        case "no_data_rows_found":
            return ",".join(COLUMNS) + "\n"
        case _:
            return f"invoice_id,amount\n{prefix}1,9.90\n"


def _events(prefix: str, day: str) -> Sequence[str]:
    return [
        f'{{"event_id":"{prefix}{number}","customer_id":"C1000000","event_type":"sms_sent",'
        f'"event_timestamp":"{day}T10:00:0{number}Z"}}'
        for number in range(_OBJECTS)
    ]


def _comma_lines(texts: Sequence[str]) -> str:
    return ",\n  ".join(texts)
