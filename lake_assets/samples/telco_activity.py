"""The activity files of a telco sample: one a day, a range of days made at a time."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick
from lake_assets.samples.telco_counts import counted
from lake_assets.samples.telco_events import block
from lake_assets.samples.telco_json import STYLES, form_of, joined, quoted, style_of, styles
from lake_assets.samples.telco_marks import Roles, texts
from lake_assets.samples.telco_payloads import EVENT_TYPES, event_types, payloads
from lake_assets.samples.telco_states import customer_id
from lake_assets.samples.telco_times import spelled_times
from lake_assets.samples.telco_world import World
from lake_assets.samples.truth import SampleFile

COLUMNS: Final = (
    *("event_id", "customer_id", "event_type", "event_timestamp", "device_type"),
    *("ip_address", "network_type", "payload", "app_version", "session"),
)
"""The last two are in no contract: each comes from some day on."""
ROLES: Final = Roles("event_id", "event_type", "customer_id", "event_timestamp")

_BLOCK_EVENTS: Final = 50_000
_EVENT, _LINE = pl.col("event"), pl.col("line")
_DEVICES: Final = ('"android"', '"ios"', '"ios"', '"feature_phone"', '"router"', "null", "")
_NETWORKS: Final = ('"5G"', '"4G"', '"4G"', '"3G"', '"wifi"', "null")
_VERSIONS: Final = ('"6.2.0"', '"6.2.1"', '"6.3.0"')


def activity_files(world: World, *, with_ids: bool) -> Iterator[tuple[int, SampleFile]]:
    """Make the activity files: the day (from 0) of each, and the file."""
    step = max(1, _BLOCK_EVENTS * world.days // world.events)
    stream = key(world.seed, "activity")
    for first in range(0, world.days, step):
        end = min(first + step, world.days)
        lines = _lines(world, stream, first, end)
        for day in range(first, end):
            rows = lines.filter(pl.col("file") == day)
            new = [name for name, since in _new_columns(world) if day >= since]
            truth = counted(rows, with_ids=with_ids, unknown=new)
            content = joined(rows["text"], form_of(stream, day))
            yield day, SampleFile(f"activity_logs/activity_{world.day(day)}.ndjson", content, truth)


def event_id(world: World, event: pl.Expr) -> pl.Expr:
    """Return the id (String) of each event number."""
    return pl.concat_str(pl.lit(f"E{world.seed}-"), (event + 100_000_000).cast(pl.String))


def _new_columns(world: World) -> list[tuple[str, int]]:
    """Each column that comes later, and from which day on."""
    return [("app_version", world.days // 2), ("session", world.days * 3 // 4)]


def _lines(world: World, stream: int, first: int, end: int) -> pl.DataFrame:
    """Return the block of these days with each line's text, and the id that it tells."""
    style_of_file = pl.Series([style_of(stream, day) for day in range(first, end)], dtype=pl.UInt64)
    rows = block(world, first, end).with_columns(
        pick(style_of_file, pl.col("file") - first).alias("style"),
        event_id(world, _EVENT).alias("id"),
    )
    written = styles(stream, COLUMNS)
    by_style = []
    for number in range(STYLES):
        values = _values(world, stream, spaced=written[number].colon != ":")
        own = rows.filter(pl.col("style") == number)
        by_style.append(own.with_columns(texts(own, written[number], values, ROLES)))
    # Each file has one style, and its lines stay in order.
    return pl.concat(by_style)


def _values(world: World, stream: int, *, spaced: bool) -> dict[str, pl.Expr]:
    def listed(what: str, texts: tuple[str, ...], index: pl.Expr) -> pl.Expr:
        return pick(pl.Series(texts), draw(key(stream, what), index, len(texts)))

    types = pl.Series([f'"{name}"' for name in EVENT_TYPES])
    later = {name: pl.when(pl.col("file") >= since) for name, since in _new_columns(world)}
    session = '{"id": 7}' if spaced else '{"id":7}'
    return {
        "event_id": quoted(pl.col("id")),
        "customer_id": quoted(customer_id(pl.col("customer"))),
        "event_type": pick(types, event_types(stream, _EVENT)),
        "event_timestamp": spelled_times(
            pl.col("moment"), draw(key(stream, "spelling"), _LINE, 100)
        ),
        "device_type": listed("device", _DEVICES, _EVENT),
        "ip_address": _address(stream),
        # Of an event that comes twice, the lines may differ: the later one is what holds.
        "network_type": listed("network", _NETWORKS, _LINE),
        "payload": payloads(stream, _EVENT, spaced=spaced),
        "app_version": later["app_version"]
        .then(listed("version", _VERSIONS, _EVENT))
        .otherwise(pl.lit("")),
        "session": later["session"].then(pl.lit(session)).otherwise(pl.lit("")),
    }


def _address(stream: int) -> pl.Expr:
    """An address of the networks for documentation; one in thirty is null."""
    drawn = draw(key(stream, "address"), _EVENT, 3 * 256 * 30)
    network = pick(pl.Series(["192.0.2.", "198.51.100.", "203.0.113."]), drawn % 3)
    text = quoted(pl.concat_str(network, (drawn // 3 % 256).cast(pl.String)))
    return pl.when(drawn // 768 == 0).then(pl.lit("null")).otherwise(text)
