"""The plans of a telco sample: a short catalogue, sent twice, the second time with new prices."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from lake_assets.samples.chance import chosen, key
from lake_assets.samples.telco_json import title_case
from lake_assets.samples.telco_world import World
from lake_assets.samples.truth import SampleFile, Truth

COLUMNS: Final = (
    *("plan_id", "plan_name", "monthly_price", "data_allowance_gb", "voice_minutes"),
    *("sms_allowance", "validity_days", "roaming_enabled", "plan_category"),
)
FIRST_PLAN: Final = 100
_CATEGORIES: Final = ("prepaid", "postpaid", "family", "business")
_NAMES: Final = ("Start", "Talk", "Stream", "Travel", "Max")

# Rows of each file that are no plan: another number in place of P9xx makes them one.
_BAD_ROWS: Final = (
    (
        ("P991", "Free, for now", "free", "5", "100", "100", "30", "N", "prepaid"),
        ("P992", "Perhaps abroad", "9.90", "5", "100", "100", "30", "perhaps", "prepaid"),
    ),
    (
        ("", "No number", "9.90", "5", "100", "100", "30", "Y", "prepaid"),
        ("P994", "Half a day", "9.90", "5", "100", "100", "30.5", "Y", "prepaid"),
    ),
)
_BAD_REASONS: Final = (
    ("INVALID_NUMBER", "INVALID_BOOLEAN"),
    ("MISSING_REQUIRED_COLUMN", "INVALID_NUMBER"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan; its price in cents."""

    plan_id: str
    name: str
    cents: int
    gigabytes: int
    minutes: int
    texts: int
    days: int
    roaming: bool
    category: str

    @property
    def price(self) -> str:
        """As it is in the typed table: 1040.00."""
        return f"{self.cents // 100}.{self.cents % 100:02d}"


def catalogue(world: World) -> list[Plan]:
    """Return the plans as they are on the first day. There are few: a loop does."""
    return [_plan(world, number) for number in range(world.plans)]


def repriced(world: World) -> list[Plan]:
    """Return the plans as the second file has them: one in three costs more, the first for sure."""
    stream = key(world.seed, "price change")
    return [
        replace(plan, cents=plan.cents + 100 + chosen(stream, number, 500))
        if number == 0 or chosen(key(stream, "whether"), number, 3) == 0
        else plan
        for number, plan in enumerate(catalogue(world))
    ]


def latest_plans(world: World) -> list[Plan]:
    """Return the plans as the last file has them."""
    return catalogue(world) if world.price_day is None else repriced(world)


def plan_files(world: World) -> Iterator[tuple[int, SampleFile]]:
    """Make the plans files: the day (from 0) of each, and the file."""
    yield 0, _file(world, 0, 0, catalogue(world))
    if world.price_day is not None:
        yield world.price_day, _file(world, 1, world.price_day, repriced(world))


def _plan(world: World, number: int) -> Plan:
    def one(what: str, below: int) -> int:
        return chosen(key(world.seed, "plan", what), number, below)

    category = _CATEGORIES[number % len(_CATEGORIES)]
    return Plan(
        plan_id=f"P{FIRST_PLAN + number}",
        name=f"{_NAMES[one('name', len(_NAMES))]} {category.title()} {number + 1}",
        cents=490 + 10 * one("price", 12_000),
        gigabytes=1 + one("data", 100),
        minutes=100 * one("voice", 31),
        texts=50 * one("sms", 41),
        days=(7, 14, 28, 30, 365)[one("validity", 5)],
        roaming=bool(one("roaming", 2)),
        category=category,
    )


def _file(world: World, number: int, day: int, plans: list[Plan]) -> SampleFile:
    header = COLUMNS if number == 0 else tuple(map(title_case, COLUMNS))
    rows = [_cells(plan, thousands=number == 0) for plan in plans]
    # Among the good ones, where a reader must get over them.
    rows[1:1] = _BAD_ROWS[number]
    lines = [",".join(row) for row in (header, *map(_quoted, rows))]
    lines.insert(3, "")
    date = world.day(day)
    truth = Truth(
        rows_read=len(lines) - 1,
        good=len(plans),
        rejected=dict(sorted(Counter(_BAD_REASONS[number]).items())),
        skipped=1,
        dates={date: len(plans)},
        transactions={date: frozenset(plan.plan_id for plan in plans)},
    )
    return SampleFile(f"plans/plans_{date}.csv", ("\n".join(lines) + "\n").encode(), truth)


def _cells(plan: Plan, *, thousands: bool) -> tuple[str, ...]:
    whole, cents = divmod(plan.cents, 100)
    # The first file was made for people, the second by a program.
    price = f"${whole:,}.{cents:02d}" if thousands else plan.price
    return (
        *(plan.plan_id, plan.name, price, str(plan.gigabytes), str(plan.minutes)),
        *(str(plan.texts), str(plan.days), "Y" if plan.roaming else "N", plan.category),
    )


def _quoted(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f'"{cell}"' if "," in cell else cell for cell in row)


def prices(world: World) -> Mapping[str, str]:
    """Return the latest price of each plan id."""
    return {plan.plan_id: plan.price for plan in latest_plans(world)}
