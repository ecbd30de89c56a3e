"""The customers of a telco sample over time: how often each attribute of each has changed."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from lake_assets.samples.chance import draw, key, pick
from lake_assets.samples.telco_plans import FIRST_PLAN
from lake_assets.samples.telco_world import World

ATTRIBUTES: Final = ("plan_id", "status", "email", "phone")
"""Of which a customer's history is kept."""
FIRST_CUSTOMER: Final = 1_000_000
STATUSES: Final = ("active", "suspended", "active", "cancelled")
"""In turn, as a customer's status changes."""

_CHANGING: Final = 30
"""Of a thousand customers, how many a further file has."""
# The attributes that one row of a further file changes: the last two are none that are followed.
_KINDS: Final = (
    *(("plan_id",), ("status",), ("email",), ("phone",), ("plan_id", "status")),
    *(("address",), ()),
)
_VERSIONED: Final = (*ATTRIBUTES, "address")
_MOST_VERSIONS: Final = 64
FIRST_NAMES: Final = (
    *("Ada", "Benoît", "Chloé", "Dmitri", "Eszter", "Fatima", "Günther", "Hana", "Ingrid"),
    *("José", "Keiko", "Łukasz", "Maryam", "Noor", "Oluwaseun", "Priya", "Quentin", "Renée"),
)
LAST_NAMES: Final = (
    *("Almeida", "Brown", "Çelik", "D'Angelo", "Eriksen", "Fernández", "García", "Horváth"),
    *('Smith "Smitty"', "Jones", "Kowalski", "Lefèvre", "Müller", "Nakamura", "O'Neil", "Park"),
)


def snapshots(world: World) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield of each customers file its day (from 0) and its customers.

    Columns: customer (UInt64, from 0, ascending) and, for each attribute and `address`, how often
    it has changed until then (UInt64, named as the attribute). The first has every customer, the
    others those that changed, and some that did not.
    """
    zero = pl.lit(0, dtype=pl.UInt64)
    state = pl.select(pl.int_range(world.customers, dtype=pl.UInt64).alias("customer"))
    state = state.with_columns(zero.alias(name) for name in _VERSIONED)
    yield 0, state
    for day in world.change_days:
        stream = key(world.seed, "change", day)
        moved = draw(key(stream, "whether"), pl.col("customer"), 1000) < _CHANGING
        kind = draw(key(stream, "kind"), pl.col("customer"), len(_KINDS))
        state = state.with_columns(
            pl.col(name) + (moved & kind.is_in(_kinds_with(name))).cast(pl.UInt64)
            for name in _VERSIONED
        )
        yield day, state.filter(moved)


def tracked(world: World) -> dict[str, pl.Expr]:
    """Return the values (String) of `ATTRIBUTES` for the rows of a snapshot."""
    return {
        "plan_id": _plan(world),
        "status": _status(world),
        "email": _email(),
        "phone": _phone(world),
    }


def customer_id(number: pl.Expr) -> pl.Expr:
    """Return the id (String) of each customer number."""
    return pl.concat_str(pl.lit("C"), (number + FIRST_CUSTOMER).cast(pl.String))


def version(name: str) -> pl.Expr:
    """Return a number of its own for each version of an attribute of each customer."""
    return pl.col("customer") * _MOST_VERSIONS + pl.col(name)


def _kinds_with(name: str) -> list[int]:
    return [number for number, names in enumerate(_KINDS) if name in names]


def _plan(world: World) -> pl.Expr:
    """A plan of the catalogue, another one after each change; now and then unknown, or none."""
    seed, customer = world.seed, pl.col("customer")
    step = draw(key(seed, "plan step"), customer, world.plans - 1) + 1
    number = (draw(key(seed, "plan"), customer, world.plans) + pl.col("plan_id") * step) % (
        world.plans
    )
    odd = draw(key(seed, "odd plan"), version("plan_id"), 200)
    known = pl.concat_str(pl.lit("P"), (number + FIRST_PLAN).cast(pl.String))
    unknown = pl.concat_str(pl.lit("X"), (number + FIRST_PLAN).cast(pl.String))
    return pl.when(odd == 0).then(unknown).when(odd == 1).then(None).otherwise(known)


def _status(world: World) -> pl.Expr:
    later = draw(key(world.seed, "status"), pl.col("customer"), 8) == 0
    turn = (pl.col("status") + later.cast(pl.UInt64)) % len(STATUSES)
    return pick(pl.Series(STATUSES), turn)


def _email() -> pl.Expr:
    changes = pl.col("email").cast(pl.String)
    changed = pl.concat_str(pl.lit("."), changes)
    suffix = pl.when(pl.col("email") == 0).then(pl.lit("")).otherwise(changed)
    number = (pl.col("customer") + FIRST_CUSTOMER).cast(pl.String)
    return pl.concat_str(pl.lit("customer"), number, suffix, pl.lit("@example.com"))


def _phone(world: World) -> pl.Expr:
    drawn = draw(key(world.seed, "phone"), version("phone"), 70_000_000) + 20_000_000
    plus = pl.when(is_bare(world)).then(pl.lit("")).otherwise(pl.lit("+"))
    # No country has the prefix 999.
    return pl.concat_str(plus, pl.lit("999"), drawn.cast(pl.String))


def is_bare(world: World) -> pl.Expr:
    """Say whose phone number comes as a number, without quotes and plus."""
    return draw(key(world.seed, "bare phone"), version("phone"), 50) == 0
