"""Regular expressions in a contract."""

import polars as pl
import pytest

from lake_assets.contracts.regex import check_regex


@pytest.mark.parametrize("pattern", ["a", "(?i)^total", r"(?:a|b)+\d$", r"(?P<n>a)", r"\[1\]", ""])
def test_what_is_allowed_the_engine_can_match(pattern: str) -> None:
    check_regex(pattern)
    assert pl.Series(["a"]).str.contains(pattern).len() == 1


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"(a)\1", r"(?P<n>a)(?P=n)"]
)
def test_what_looks_around_or_back_is_refused_as_the_engine_cannot(pattern: str) -> None:
    with pytest.raises(pl.exceptions.ComputeError):
        pl.Series(["a"]).str.contains(pattern)
    with pytest.raises(ValueError, match="looks around or back"):
        check_regex(pattern)


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'a\(': missing \)"):
        check_regex("a(")
