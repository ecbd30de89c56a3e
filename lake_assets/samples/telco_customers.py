"""The customers files of a telco sample: all customers first, then those that changed."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick
from lake_assets.samples.telco_counts import counted
from lake_assets.samples.telco_json import form_of, joined, quoted, style_of, styles
from lake_assets.samples.telco_marks import Mark, Roles, mark_beside, texts
from lake_assets.samples.telco_states import (
    FIRST_NAMES,
    LAST_NAMES,
    customer_id,
    is_bare,
    snapshots,
    tracked,
    version,
)
from lake_assets.samples.telco_times import instants, spelled_times
from lake_assets.samples.telco_world import World
from lake_assets.samples.truth import SampleFile

COLUMNS: Final = (
    *("customer_id", "first_name", "last_name", "email", "phone", "gender", "date_of_birth"),
    *("address", "state", "country", "registration_date", "registration_channel", "plan_id"),
    *("status", "loyalty_tier"),
)
"""The last one is in no contract: it comes from the third file on."""
ROLES: Final = Roles("customer_id", "country", "status", "registration_date")
PENDING: Final = "pending"
"""The status in a line that the same file corrects further down: no customer keeps it."""

_CUSTOMER, _MARK = pl.col("customer"), pl.col("mark")
_STREETS: Final = ("Rose Lane", "Straße des 17. Juni", 'Villa "Ada"', "Calle Mayor", "Unit 4\\B")
_STATES: Final = ("Ontario", "Bavaria", "Lagos", "Île-de-France", "Kerala", "Victoria")
_COUNTRIES: Final = ("CA", "DE", "NG", "FR", "IN", "AU")
_CHANNELS: Final = ("app", "web", "store", "partner")
_TIERS: Final = ("basic", "silver", "gold")


def customer_files(world: World, *, with_ids: bool) -> Iterator[tuple[int, SampleFile]]:
    """Make the customers files: the day (from 0) of each, and the file."""
    for number, (day, snapshot) in enumerate(snapshots(world)):
        if snapshot.height:
            yield day, _file(world, number, day, snapshot, with_ids)


def _file(
    world: World, number: int, day: int, snapshot: pl.DataFrame, with_ids: bool
) -> SampleFile:
    stream = key(world.seed, "customers")
    rows = _rows(key(stream, number), snapshot)
    style = styles(stream, COLUMNS)[style_of(stream, number)]
    made = rows.with_columns(
        texts(rows, style, _values(world, number), ROLES),
        customer_id(_CUSTOMER).alias("id"),
        pl.lit(world.day(day)).alias("date"),
    )
    content = joined(made["text"], form_of(stream, number))
    return SampleFile(
        f"customers/customers_{world.day(day)}.ndjson",
        content,
        counted(made, with_ids=with_ids, unknown=("loyalty_tier",) if number >= 2 else ()),
    )


def _rows(stream: int, snapshot: pl.DataFrame) -> pl.DataFrame:
    """Put defects and lines that are corrected further down among the customers of a file.

    Adds the columns mark (UInt8) and pending (Boolean).
    """
    record = pl.int_range(pl.len(), dtype=pl.UInt64)
    placed = snapshot.with_columns(record.alias("place")).with_columns(
        mark_beside(stream, pl.col("place")).alias("mark"),
        (draw(key(stream, "pending"), pl.col("place"), 100) == 0).alias("pending"),
    )
    defects = placed.filter(_MARK != Mark.NONE).with_columns(order=0, pending=pl.lit(False))
    none = pl.lit(Mark.NONE, dtype=pl.UInt8).alias("mark")
    early = placed.filter("pending").with_columns(none, order=1)
    good = placed.with_columns(none, order=2, pending=pl.lit(False))
    return pl.concat([defects, early, good]).sort("place", "order")


def _values(world: World, number: int) -> dict[str, pl.Expr]:
    seed = world.seed
    known = tracked(world)

    def listed(what: str, texts: Sequence[str], index: pl.Expr = _CUSTOMER) -> pl.Expr:
        return pick(_json(tuple(texts)), draw(key(seed, what), index, 2 * len(texts)))

    status = pl.when("pending").then(pl.lit(PENDING)).otherwise(known["status"])
    phone = pl.when(is_bare(world)).then(known["phone"]).otherwise(quoted(known["phone"]))
    house = (draw(key(seed, "house"), version("address"), 300) + 1).cast(pl.String)
    street = listed("street", _STREETS, version("address"))
    return {
        "customer_id": quoted(customer_id(_CUSTOMER)),
        "first_name": listed("first name", FIRST_NAMES),
        "last_name": listed("last name", LAST_NAMES),
        "email": quoted(known["email"]),
        "phone": phone,
        "gender": pick(
            pl.Series(['"female"', '"male"', '"other"', "null", ""]),
            draw(key(seed, "gender"), _CUSTOMER, 5),
        ),
        "date_of_birth": quoted(_born(world)),
        "address": pl.concat_str(pl.lit('"'), house, pl.lit(" "), street.str.strip_prefix('"')),
        "state": listed("state", _STATES),
        "country": listed("country", _COUNTRIES),
        "registration_date": _registered(world),
        "registration_channel": listed("channel", _CHANNELS),
        "plan_id": quoted(known["plan_id"]),
        "status": quoted(status),
        "loyalty_tier": listed("tier", _TIERS) if number >= 2 else pl.lit(""),
    }


def _born(world: World) -> pl.Expr:
    days = draw(key(world.seed, "born"), _CUSTOMER, 24_000).cast(pl.Int64)
    born = pl.lit(date(1940, 1, 1)) + pl.duration(days=days)
    return born.dt.strftime("%Y-%m-%d")


def _registered(world: World) -> pl.Expr:
    """Before the sample begins: within some five years."""
    before = draw(key(world.seed, "registered"), _CUSTOMER, 1_800).cast(pl.Int64) + 1
    second = draw(key(world.seed, "registered at"), _CUSTOMER, 86_400)
    moment = instants(world.start, -before, second)
    return spelled_times(moment, draw(key(world.seed, "registered as"), _CUSTOMER, 100))


@lru_cache(maxsize=64)
def _json(texts: tuple[str, ...]) -> pl.Series:
    """Each text as JSON twice: as UTF-8, and with escapes where it is not ASCII."""
    raw = [json.dumps(text, ensure_ascii=False) for text in texts]
    return pl.Series(raw + [json.dumps(text) for text in texts])
