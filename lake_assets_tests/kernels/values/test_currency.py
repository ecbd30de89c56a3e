"""How currencies are named and written."""

import pytest

from lake_assets.kernels.values.currency import (
    COMMA,
    EITHER,
    POINT,
    THOUSANDTHS,
    USAGE,
    WHOLE,
    usage,
)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("$", POINT), ("USD", POINT), ("R$", COMMA), ("r$", COMMA), ("zł", COMMA), ("Kč", COMMA),
        ("Ft", COMMA), ("€", EITHER), ("Euro", EITHER), ("KWD", THOUSANDTHS), ("₫", WHOLE),
        ("JPY", WHOLE), ("Rs.", POINT), ("ft", None), ("usd", None), ("pcs", None), ("", None),
    ],
)  # fmt: skip
def test_a_currency_is_known_by_its_code_or_its_mark(name: str, written: str | None) -> None:
    assert usage(name) == written


def test_a_mark_never_looks_like_a_part_of_a_number() -> None:
    for name in USAGE:
        assert name == name.strip("+-() "), name
        assert not any(character in "0123456789,%" for character in name), name
