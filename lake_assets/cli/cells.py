"""Tables for terminals of any width: figures stay whole, and long names lose their middle."""

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

LEAST = 16
"""Characters of a name that are shown, however narrow the terminal is."""


class Snug(Table):
    """A table whose columns stand closer together where the terminal is too narrow for it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render; called by Rich."""
        natural = self.__rich_measure__(console, options.update(max_width=10_000)).maximum
        self.collapse_padding = natural > options.max_width
        yield from super().__rich_console__(console, options)


class Name:
    """A name on one line: where it has not the room, its middle is left out.

    The beginning tells what it is, and the end, of which more is kept, tells it from the others.
    """

    def __init__(self, text: str, style: StyleType = "") -> None:
        self.text = printable(text)
        self.style = style

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """How narrow and how wide it may be; called by Rich."""
        width = cell_len(self.text)
        return Measurement(min(width, LEAST), width).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render; called by Rich."""
        text = without_middle(self.text, options.max_width)
        yield Text(text, self.style, no_wrap=True, overflow="crop")


def without_middle(text: str, room: int) -> str:
    """A text of at most so many cells: ``customers_2024-01-01.ndjson`` as ``custom…-01-01.ndjson``.

    A cell is what a Latin letter takes; others may take two.
    """
    if cell_len(text) <= room:
        return text
    begin = (room - 1) // 3
    end = max(room - 1 - begin, 0)
    head = set_cell_size(text, begin).rstrip()
    tail = set_cell_size(text[::-1], end)[::-1].lstrip()
    return f"{head}…{tail}"


def table(title: str, *names: str, numbers: int = 0) -> Table:
    """A table of which the last ``numbers`` columns are figures."""
    made = Snug(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
    )
    for at, name in enumerate(names):
        is_figure = at >= len(names) - numbers
        made.add_column(
            name,
            justify="right" if is_figure else "left",
            overflow="fold",
            no_wrap=is_figure,
            min_width=22 if numbers and at == 0 else None,
        )
    return made


def printable(text: str) -> str:
    """The text with its control characters spelt out: none reaches the terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
