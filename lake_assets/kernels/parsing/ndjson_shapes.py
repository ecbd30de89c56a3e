"""Lines of NDJSON that are written alike: divided all at once, whatever their number.

A program writes its objects with the same keys in the same order, and the same blanks between
them. What stands between the values, the separators, is then the same in all lines, and only the
values differ. A regular expression proves a line to be of that shape, and so to be JSON; then its
separators are replaced by a sign that no JSON has, and a CSV reader divides it there.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from lake_assets.kernels.parsing.ndjson_lines import LineError, find_members
from lake_assets.kernels.values.json_texts import SCALAR, nested

DIVIDER: Final = "\x01"
"""A control character cannot stand in JSON but escaped."""
SAMPLE: Final = 64
"""Lines that shapes are learnt from: so many at the start, and as many spread over the rest."""
MOST_SHAPES: Final = 16
LEVELS: Final = 2
"""Of objects in objects that a shape allows; what is deeper is odd."""
MISTAKABLE: Final = re.compile(r"[ \t]*[,:}\]]")
"""How a key begins whose separator may be found across the end of a string: ``,",":`` of the key
``,`` stands in ``"x,",":key":1``."""
LONGEST: Final = 200_000
"""Characters of a shape's pattern. Of a longer one, the compiled form may be too large."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How some lines are written.

    Attributes:
        names: of the members, in order; no two alike.
        separators: what stands before each value: ``{"a":`` and then ``,"b":``.
        end: what stands behind the last one.
        levels: of objects and arrays that the values may have; 0 of a scalar.
    """

    names: tuple[str, ...]
    separators: tuple[str, ...]
    end: str
    levels: tuple[int, ...]

    @property
    def pattern(self) -> str:
        """A regular expression for all of a line."""
        parts = ["^"]
        for separator, levels in zip(self.separators, self.levels, strict=True):
            value = f"(?:{SCALAR}|{nested(levels)})" if levels else SCALAR
            parts += [pl.escape_regex(separator), value]
        return "".join([*parts, pl.escape_regex(self.end), "$"])


def learn_shapes(lines: pl.Series, is_plain: Callable[[Sequence[str]], bool]) -> list[Shape]:
    """The shapes of some lines, the most frequent first.

    Args:
        lines: String, not null.
        is_plain: whether objects with these names may be divided so; others are left out.
    """
    step = max(1, lines.len() // SAMPLE)
    sample = pl.concat([lines.head(SAMPLE), lines.slice(SAMPLE).gather_every(step)])
    seen: Counter[tuple[tuple[str, ...], tuple[str, ...], str]] = Counter()
    deepest: dict[tuple[str, ...], list[int]] = {}
    for line in sample:
        try:
            members = find_members(line)
        except LineError:
            continue
        names = tuple(member.name for member in members)
        if not names or not is_plain(names) or any(map(MISTAKABLE.match, names)):
            continue
        ends = [0, *(member.end for member in members)]
        starts = [member.start for member in members]
        separators = tuple(line[a:b] for a, b in zip(ends, starts, strict=False))
        seen[names, separators, line[ends[-1] :]] += 1
        levels = deepest.setdefault(separators, [0] * len(names))
        for at, (_, start, end) in enumerate(members):
            levels[at] = max(levels[at], _levels(line[start:end]))
    shapes = (
        Shape(names, separators, end, tuple(deepest[separators]))
        for (names, separators, end), _ in seen.most_common(MOST_SHAPES)
    )
    return [shape for shape in shapes if len(shape.pattern) <= LONGEST]


def _levels(token: str) -> int:
    """Of a value, at least so many as it has, up to :data:`LEVELS`."""
    return 0 if token[0] not in "{[" else min(LEVELS, token.count("{") + token.count("["))


def divide(lines: pl.Series, shape: Shape, places: Sequence[int]) -> tuple[pl.Series, pl.DataFrame]:
    """The values in lines of one shape, as they stand.

    Args:
        lines: String, not null.
        shape: of some of them.
        places: members that are asked for.

    Returns:
        Which lines are of the shape, Boolean; and of those lines, in order, a String column a
        place, named by its figure.
    """
    fits = lines.str.contains(shape.pattern)
    schema = {str(place): pl.String for place in range(len(shape.names))}
    some = lines if fits.all() else lines.filter(fits)
    if len(schema) > 1:
        # Nothing but a separator reads like one: a quote within a string has a backslash before
        # it, and no key begins like what may follow the end of a string. A member of a nested
        # object does, and then there are too many.
        some = some.str.replace_many(dict.fromkeys(shape.separators[1:], DIVIDER))
        whole = some.str.count_matches(DIVIDER, literal=True) == len(schema) - 1
        if not whole.all():
            fits = fits.scatter(fits.arg_true().filter(~whole), False)
            some = some.filter(whole)
    if some.is_empty() or not places:
        return fits, pl.DataFrame(schema={str(place): pl.String for place in places})
    divided = pl.read_csv(
        some.str.join("\n")[0].encode(),
        columns=sorted(places),
        separator=DIVIDER,
        quote_char=None,
        has_header=False,
        schema=schema,
        empty_string_is_null=False,
    )
    if divided.height != some.len():
        raise AssertionError(f"{some.len()} lines were divided as {divided.height}")
    last = len(schema) - 1
    bare = []
    if 0 in places:
        bare.append(pl.col("0").str.strip_prefix(shape.separators[0]))
    if last in places and last:
        bare.append(pl.col(str(last)).str.strip_suffix(shape.end))
    divided = divided.with_columns(bare)
    if last == 0:
        divided = divided.with_columns(pl.col("0").str.strip_suffix(shape.end))
    return fits, divided
