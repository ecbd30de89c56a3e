"""Tables in terminals of any width."""

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from lake_assets.cli.cells import Name, table, without_middle
from lake_assets.cli.report import show_blocks

NAME = "customers_2024-01-01.ndjson"


def drawn(made: Table, width: int) -> list[str]:
    """The lines of a table in a terminal of so many columns."""
    out = StringIO()
    Console(file=out, width=width).print(made)
    return out.getvalue().splitlines()


def accounting(name: str = NAME) -> Table:
    made = table("", "file", "read", "good", "rejected", "duplicate", "skipped", "lost", numbers=6)
    made.add_row(Name(name), "1,025", "1,010", "14", "0", "1", "0")
    return made


@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_dated_name_and_six_figures_fit_a_line(width: int) -> None:
    (row,) = (line for line in drawn(accounting(), width) if NAME in line)
    assert row.split() == [NAME, "1,025", "1,010", "14", "0", "1", "0"]


def test_columns_come_closer_before_a_name_is_cut() -> None:
    wide, narrow = (drawn(accounting(), width)[1].rstrip() for width in (100, 80))
    assert len(narrow) == len(wide) - 6  # one between two of seven columns


def test_a_name_that_does_not_fit_loses_its_middle_and_stays_on_one_line() -> None:
    lines = drawn(accounting(f"{'long_' * 20}{NAME}"), 80)
    (row,) = (line for line in lines if "1,025" in line)
    assert row.split()[0].startswith("long_")
    assert "…" in row
    assert row.split()[0].endswith("-01-01.ndjson")
    assert sum(bool(line.strip()) for line in lines) == 3  # header, rule, row


@pytest.mark.parametrize("text", ["x" * 50, "数据" * 25, "a数" * 20])
@pytest.mark.parametrize("room", [1, 2, 15, 16])
def test_no_text_takes_more_cells_than_there_are(text: str, room: int) -> None:
    cut = without_middle(text, room)
    assert cell_len(cut) <= room
    assert "…" in cut


def test_a_text_that_fits_is_whole() -> None:
    assert without_middle(NAME, len(NAME)) == NAME


def test_control_characters_of_a_name_do_not_reach_the_terminal() -> None:
    assert r"a\x1b[2J.csv" in "\n".join(drawn(accounting("a\x1b[2J.csv"), 80))


def test_sentences_are_broken_between_words_on_a_terminal_alone() -> None:
    blocks = [("bad.ndjson", ["invalid"], "a sentence of words " * 10)]
    told = {}
    for is_terminal in (True, False):
        out = StringIO()
        console = Console(file=out, width=60, force_terminal=is_terminal, color_system=None)
        show_blocks(console, "Refused", blocks, wrap=True)
        told[is_terminal] = out.getvalue().splitlines()[3:-1]
    assert len(told[True]) == 4
    assert all(line.startswith("     ") and len(line) <= 60 for line in told[True])
    assert len(told[False]) == 1
