"""A drafted contract as YAML that a person can go on with: each guess is a comment on its line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Guess:
    """What was guessed: of which column or key, and a sentence."""

    what: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """A column, with what has to be checked about it.

    Attributes:
        name, type, required, aliases, formats: as in a contract.
        precision, scale: of a decimal, where they are not the default.
        decimal_mark: of a number; ``auto`` is the default.
        spelling: the header as it stands in the file.
        guesses: key of the contract (``type``, ``required``, ...) -> what to check.
    """

    name: str
    type: str
    required: bool
    aliases: Sequence[str] = ()
    formats: Sequence[str] = ()
    precision: int = 18
    scale: int = 2
    decimal_mark: str = "auto"
    spelling: str = ""
    guesses: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A contract to be checked by a person.

    Attributes:
        lake, dataset: names.
        files: the samples.
        format: ``csv`` or ``ndjson``.
        delimiters, encodings, preamble_lines, totals, nulls: as in a contract; of NDJSON there
            are no delimiters.
        columns: in the order of the first file.
        key, start: as in a contract.
        partition: the column; None if rows go by their arrival.
        guesses: key of the contract -> what to check; those of the columns are theirs.
        warnings: what the reader will not take as it is in the files.
    """

    lake: str
    dataset: str
    files: Sequence[str]
    format: str
    delimiters: Sequence[str]
    encodings: Sequence[str]
    preamble_lines: int
    totals: str
    nulls: Sequence[str]
    columns: Sequence[DraftColumn]
    key: Sequence[str]
    partition: str | None
    start: date
    guesses: dict[str, str]
    warnings: Sequence[str]

    def all_guesses(self) -> list[Guess]:
        """Every guess, those of the columns first."""
        found = [
            Guess(f"{column.name}: {key}", sentence)
            for column in self.columns
            for key, sentence in column.guesses.items()
        ]
        return found + [Guess(key, sentence) for key, sentence in self.guesses.items()]

    def to_yaml(self) -> str:
        """The text of a ``defs.yaml``."""
        return "\n".join(_lines(self)) + "\n"


def _lines(draft: Draft) -> list[str]:
    hashed = [column.name for column in draft.columns if column.name not in draft.key]
    lines = [
        f"# Drafted from {_listed(draft.files)}. Check every line that says guess.",
        "type: lake_assets.components.LakeComponent",
        "",
        "attributes:",
        f"  lake: {_text(draft.lake)}",
        _line(2, "arrivals_start", str(draft.start), draft.guesses.get("arrivals_start")),
        "",
        "  datasets:",
        f"    - name: {_text(draft.dataset)}",
        "",
        "      format:",
        _line(8, "type", draft.format, None)
        if draft.format != "csv"
        else _line(8, "delimiters", _flow(draft.delimiters), draft.guesses.get("delimiters")),
        _line(8, "encodings", _flow(draft.encodings), draft.guesses.get("encodings")),
        *_extras(draft),
        _line(8, "nulls", _flow(draft.nulls), draft.guesses.get("nulls")),
        "",
        "      columns:",
        *(line for column in draft.columns for line in _column(column)),
        "",
        _line(6, "key", _flow(draft.key), draft.guesses.get("key")),
        "",
        "      partition:",
        _line(8, "by", "arrival", draft.guesses.get("partition.by"))
        if draft.partition is None
        else _line(8, "column", _text(draft.partition), draft.guesses.get("partition.column")),
        _line(8, "start", str(draft.start), draft.guesses.get("partition.start")),
        "",
        "      gold:",
        f"        table: fact_{draft.dataset}"[:71],
        _line(8, "row_hash", _flow(hashed or draft.key), None),
    ]
    return [*(f"# {warning}" for warning in draft.warnings), *lines]


def _extras(draft: Draft) -> list[str]:
    """What few files need."""
    lines = []
    if draft.preamble_lines:
        told = draft.guesses.get("preamble_lines")
        lines.append(_line(8, "preamble_lines", str(draft.preamble_lines), told))
    if draft.totals:
        lines.append(_line(8, "totals", json.dumps(draft.totals), draft.guesses.get("totals")))
    return lines


def _column(column: DraftColumn) -> list[str]:
    differs = column.spelling not in {column.name, ""}
    header = f"in the file: {json.dumps(column.spelling, ensure_ascii=False)}" if differs else ""
    lines = [_line(8, "- name", _text(column.name), header)]
    if column.type != "string" or "type" in column.guesses:
        lines.append(_line(10, "type", column.type, column.guesses.get("type")))
    if column.aliases:
        lines.append(_line(10, "aliases", _flow(column.aliases), column.guesses.get("aliases")))
    if column.required or "required" in column.guesses:
        required = "true" if column.required else "false"
        lines.append(_line(10, "required", required, column.guesses.get("required")))
    if column.formats:
        lines.append(_line(10, "formats", "", column.guesses.get("formats")))
        lines += [f"            - {json.dumps(pattern)}" for pattern in column.formats]
    if column.type == "decimal" and (column.precision, column.scale) != (18, 2):
        lines.append(_line(10, "precision", str(column.precision), None))
        lines.append(_line(10, "scale", str(column.scale), column.guesses.get("scale")))
    if column.decimal_mark != "auto":
        mark = column.decimal_mark
        lines.append(_line(10, "decimal_mark", mark, column.guesses.get("decimal_mark")))
    return lines


def _line(indent: int, key: str, value: str, comment: str | None) -> str:
    line = f"{' ' * indent}{key}: {value}".rstrip()
    return f"{line}  # {comment}" if comment else line


def _flow(values: Sequence[str]) -> str:
    as_text = _text if all(map(_is_plain, values)) else json.dumps
    return f"[{', '.join(map(as_text, values))}]"


def _text(value: str) -> str:
    """A text as YAML reads it back."""
    return value if _is_plain(value) else json.dumps(value)


def _is_plain(value: str) -> bool:
    """Whether YAML reads it as a text without quotes."""
    words = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "none"}
    return value.replace("_", "").replace("-", "").isalnum() and (
        value[0].isalpha() and value.isascii() and value.lower() not in words
    )


def _listed(files: Sequence[str]) -> str:
    shown = ", ".join(json.dumps(file)[1:-1] for file in files[:3])
    return shown + (f" and {len(files) - 3} more files" if len(files) > 3 else "")
