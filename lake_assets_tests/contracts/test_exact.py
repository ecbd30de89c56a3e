"""Exact arithmetic, on the largest numbers there can be."""

import pytest

from lake_assets.contracts.exact import LARGEST, Magnitude, Ratio, aligned, compared, constant


def number(largest: int, scale: int = 0, under: int | None = None) -> Ratio[Magnitude]:
    return Ratio(Magnitude(largest), scale, None if under is None else Magnitude(under))


@pytest.mark.parametrize(
    ("text", "parts"),
    [("5", (5, 0)), ("0.05", (5, 2)), ("0.0500", (500, 4)), ("1e3", (1000, 0)), ("1e-3", (1, 3))],
)
def test_a_literal_keeps_its_digits(text: str, parts: tuple[int, int]) -> None:
    assert constant(text) == parts


def test_a_sum_has_the_longer_scale_and_a_product_both() -> None:
    assert number(999, 2) + number(5) == number(999 + 500, 2)
    assert number(999, 2) - number(5) == number(999 + 500, 2), "of magnitudes: 5 may be -5"
    assert number(999, 2) * number(99, 4) == number(999 * 99, 6)
    assert -number(7, 1) == number(7, 1) == number(7, 1).absolute()


def test_a_quotient_is_kept_as_it_is() -> None:
    assert number(999, 2) / number(7) == number(999, 2, 7)
    assert number(999) / number(7, 2) == number(99900, 0, 7)
    assert number(9) / number(7, 0, 5) == number(45, 0, 7)


def test_numbers_are_compared_crosswise() -> None:
    left, right = compared(number(9, 0, 7), number(5, 1, 3))
    assert (left, right) == (Magnitude(9 * 10 * 3), Magnitude(5 * 7))
    one, two = aligned([number(9, 0, 7), number(5, 1)])
    assert (one, two) == (number(90, 1, 7), number(35, 1, 7))


def test_a_number_of_39_digits_has_no_room() -> None:
    assert (number(LARGEST - 1) + number(1)).over.largest == LARGEST
    with pytest.raises(OverflowError, match=r"10\^38"):
        number(LARGEST) + number(1)
    with pytest.raises(OverflowError):
        number(10**20) * number(10**18)
    with pytest.raises(OverflowError):
        compared(number(10**37), number(1, 5))
