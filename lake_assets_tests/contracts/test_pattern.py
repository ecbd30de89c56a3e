"""Timestamp patterns."""

import pytest

from lake_assets.contracts.pattern import alternatives, check_apart, literal, parse_pattern


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("a", ["a"]),
        ("a[b]", ["ab", "a"]),
        ("a[b[c]]", ["abc", "ab", "a"]),
        ("[a][b]", ["ab", "b", "a", ""]),
        ("a[b]c", ["abc", "ac"]),
    ],
)
def test_optional_parts_are_spelt_out(text: str, spelt: list[str]) -> None:
    assert alternatives(text) == spelt


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("yyyy-MM-dd]", "never opened"),
        ("yyyy-MM-dd[ HH", "never closed"),
        ("yyyy-MM", "lacks day"),
        ("HH:mm", "lacks year, month, day"),
        ("[yyyy-]MM-dd", "lacks year"),
        ("yyyy-MM-dd hh:mm", "belong together"),
        ("yyyy-MM-dd HH:mm a", "belong together"),
        ("yyyy-mm-dd", "lacks month"),
        ("YYYY-MM-DD", "'Y' has no meaning"),
        ("dd-MM-MMM-yyyy", "says M twice"),
        ("yyyy-MM-dd mm", "m without H or h"),
        ("yyyy-MM-dd HH:ss", "s without m"),
        ("yyyy-MM-dd HH.SSS", "S without s"),
        ("yyyy-MM-dd MMMMM", "says M twice"),
        ("yyyy-MM-dd HH:mm:ss HH", "says H twice"),
        ("yyyy-MM-dd T", "'T' has no meaning"),
        ("yyyy-MM-dd HH:mm:ss SSS", "SSS must stand behind a '.' or ','"),
        ("yyyyMMddHHmmssSSS", "SSS must stand behind a '.'"),
    ],
)
def test_a_pattern_without_a_meaning_is_refused(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        parse_pattern(text)


@pytest.mark.parametrize(
    ("text", "order"),
    [("yyyy-MM-dd", "MD"), ("dd/MM/yyyy", "DM"), ("MM/dd/yyyy HH:mm", "MD"), ("'d'yyyyMMdd", "MD")],
)
def test_a_pattern_knows_the_order_of_day_and_month(text: str, order: str) -> None:
    assert parse_pattern(text)[0].order == order


@pytest.mark.parametrize(
    "formats",
    [
        ["MM/dd/yyyy", "dd/MM/yyyy"],
        ["yyyy-MM-dd[ H:mm]", "yyyy-MM-dd[ HH:mm[:ss]]", "yyyy-M-d"],
        ["yyyyMMdd", "yyyyMMdd HHmmss", "dd-MM-yy"],
        ["d MMM yyyy", "d MMMM yyyy", "dd MMM yyyy"],
        ["dd/MM/yyyy", "dd/MMM/yyyy", "E dd/MM/yyyy"],
    ],
)
def test_patterns_may_differ_in_the_order_of_day_and_month(formats: list[str]) -> None:
    check_apart(formats)


@pytest.mark.parametrize(
    "formats",
    [
        ["yy-MM-dd", "dd-MM-yy"],
        ["yyyyMMdd", "ddMMyyyy"],
        ["dd MMM yy", "yy MMM dd"],
        ["dd MMM yy", "yy MMMM dd"],
        ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd't'mm:HH"],
        ["dd/MM/yy", "d/M/yyyy", "yy/MM/dd"],
        ["yyyy-MM-dd HH:mm", "yyyy-MM-dd mm:HH"],
    ],
)
def test_patterns_that_read_one_text_as_other_dates_are_refused(formats: list[str]) -> None:
    with pytest.raises(ValueError, match=r"read one text as two dates; drop one"):
        check_apart(formats)


@pytest.mark.parametrize(
    ("token", "text"), [("'T'", "T"), ("''", "'"), ("-", "-"), ("yyyy", None), ("E", None)]
)
def test_a_token_is_a_part_of_a_date_or_text(token: str, text: str | None) -> None:
    assert literal(token) == text
