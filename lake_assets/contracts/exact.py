"""Exact arithmetic of rules: whole numbers, a scale, and for quotients a divisor.

A number is ``over / (under * 10**scale)``. It is never divided out: two numbers are compared by
multiplying crosswise, so that nothing is rounded, not even a quotient. The same steps are taken
twice. When a contract is loaded they run on the largest numbers that the columns' types allow,
and a rule that may need more than 38 digits is refused; when rows are read they run on the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, Protocol, Self, TypeVar

LARGEST = 10**38 - 1
"""38 digits: what a 128-bit integer holds."""


class Whole(Protocol):
    """Whole numbers, one or a column of them."""

    def __add__(self, other: Self) -> Self: ...
    def __sub__(self, other: Self) -> Self: ...
    def __mul__(self, other: Self) -> Self: ...
    def __neg__(self) -> Self: ...
    def absolute(self) -> Self: ...
    def times(self, factor: int) -> Self:
        """Times a constant."""
        ...

    def sign(self) -> Self:
        """-1, 0 or 1; null where it is 0 or null: what must not divide."""
        ...


N = TypeVar("N", bound=Whole)


@dataclass(frozen=True, slots=True)
class Magnitude:
    """The largest amount, positive or negative, that a whole number may have.

    Raises:
        OverflowError: it has more than 38 digits.
    """

    largest: int

    def __post_init__(self) -> None:
        if self.largest > LARGEST:
            raise OverflowError(f"10^{len(str(self.largest)) - 1}")

    def __add__(self, other: "Magnitude") -> "Magnitude":
        return Magnitude(self.largest + other.largest)

    __sub__ = __add__

    def __mul__(self, other: "Magnitude") -> "Magnitude":
        return Magnitude(self.largest * other.largest)

    def __neg__(self) -> "Magnitude":
        return self

    absolute = __neg__

    def times(self, factor: int) -> "Magnitude":
        return Magnitude(self.largest * factor)

    def sign(self) -> "Magnitude":
        return Magnitude(1)


@dataclass(frozen=True, slots=True)
class Ratio(Generic[N]):
    """``over / (under * 10**scale)``; without ``under`` it is 1, else it is positive, or null."""

    over: N
    scale: int = 0
    under: N | None = None

    def __add__(self, other: "Ratio[N]") -> "Ratio[N]":
        one, two = aligned([self, other])
        return replace(one, over=one.over + two.over)

    def __sub__(self, other: "Ratio[N]") -> "Ratio[N]":
        one, two = aligned([self, other])
        return replace(one, over=one.over - two.over)

    def __mul__(self, other: "Ratio[N]") -> "Ratio[N]":
        over, under = self.over * other.over, _product(self.under, other.under)
        return Ratio(over, self.scale + other.scale, under)

    def __truediv__(self, other: "Ratio[N]") -> "Ratio[N]":
        sign = other.over.sign()
        over, divisor = self.over * sign, other.over.absolute() * sign.absolute()
        if other.under is not None:
            over = over * other.under
        scale = self.scale - other.scale
        under = _product(self.under, divisor)
        return Ratio(over.times(10 ** max(0, -scale)), max(0, scale), under)

    def __neg__(self) -> "Ratio[N]":
        return replace(self, over=-self.over)

    def absolute(self) -> "Ratio[N]":
        return replace(self, over=self.over.absolute())


def aligned(numbers: Sequence[Ratio[N]]) -> list[Ratio[N]]:
    """The same numbers with one scale and one divisor."""
    scale = max(number.scale for number in numbers)
    same = []
    for at, number in enumerate(numbers):
        over = number.over.times(10 ** (scale - number.scale))
        for place, other in enumerate(numbers):
            if place != at and other.under is not None:
                over = over * other.under
        same.append(over)
    under: N | None = None
    for number in numbers:
        under = _product(under, number.under)
    return [Ratio(over, scale, under) for over in same]


def compared(one: Ratio[N], other: Ratio[N]) -> tuple[N, N]:
    """Two whole numbers that compare as the two numbers do; null where a divisor is null."""
    left, right = aligned([one, other])
    return left.over, right.over


def constant(text: str) -> tuple[int, int]:
    """A literal as a whole number and a scale: ``0.05`` is (5, 2), ``1e3`` is (1000, 0)."""
    _, digits, exponent = Decimal(text).as_tuple()
    number, power = int("".join(map(str, digits))), int(exponent)
    return (number * 10**power, 0) if power > 0 else (number, -power)


def _product(one: N | None, other: N | None) -> N | None:
    if one is None or other is None:
        return other if one is None else one
    return one * other
