"""Tables and texts that fit a terminal of any width, whatever is in them."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lake_assets.cli.cells import printable

GAP = 3
"""Between two columns of a table."""
LEAST = 20
"""Characters that are shown of a long text, at least."""


def fitted_table(title: str, *names: str, figures: Sequence[str] = ()) -> Table:
    """A table below a blank line.

    Args:
        title: above it.
        names: of its columns.
        figures: those of them that hold figures.
    """
    made = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1),
    )
    for name in names:
        is_figure = name in figures
        made.add_column(
            name, justify="right" if is_figure else "left", overflow="fold", no_wrap=is_figure
        )
    return made


def room_beside(console: Console, *columns: Iterable[str]) -> int:
    """Characters left for a column beside these, in a table as wide as the terminal."""
    taken = sum(GAP + max(map(len, column), default=0) for column in columns)
    return max(LEAST, console.width - taken - 2)


def cut(text: str, room: int) -> Text:
    """Printable text of at most so many characters."""
    text = printable(text)
    return Text(text if len(text) <= room else f"{text[: room - 1]}…")


def counted(number: int, what: str) -> str:
    """``1 line``, ``1,200 lines``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shown(text: str) -> Text:
    """All of a text, printable, with no markup in it."""
    return Text(printable(text))


def dim(text: str) -> Text:
    """A remark."""
    return Text(text, "dim")
