"""Write docs/reference/ from the code: ``python docs/generate.py``; ``--check`` fails if stale.

What the code cannot say by itself (a field without a description, what a reason means) stands in
the tables of this file. A name that appears in the code and not in its table is an error, and so
is a name in a table that the code no longer has: the pages cannot fall behind silently.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.main import get_command

import lake_assets
from lake_assets import settings
from lake_assets.cli import app
from lake_assets.contracts import Lake
from lake_assets.contracts.alerts import Alerts, Route
from lake_assets.contracts.column import Column
from lake_assets.contracts.dataset import (
    DATE_IN_RANGE,
    Dataset,
    Gold,
)
from lake_assets.contracts.engine import EngineChoice
from lake_assets.contracts.format import CsvFormat, NdjsonFormat
from lake_assets.contracts.gold import Lookup
from lake_assets.contracts.lake import Intake
from lake_assets.contracts.partitioning import Partitioning
from lake_assets.contracts.pattern import __doc__ as pattern_doc
from lake_assets.contracts.quality import (
    Accepted,
    Freshness,
    Limit,
    Quality,
    Range,
    Reference,
    Target,
    Unique,
    Volume,
)
from lake_assets.contracts.rule import OWN_REASONS, Rule
from lake_assets.contracts.warehouse import Dimension, DimensionLink, Fact, Stage, Warehouse
from lake_assets.contracts.zones import Unknown, Zones
from lake_assets.kernels.parsing import cells, ndjson, ndjson_lines, ndjson_tokens

REFERENCE: Final = Path(__file__).parent / "reference"
PACKAGE: Final = Path(lake_assets.__file__).parent
COMPONENT: Final = "lake_assets.components.LakeComponent"
NOTE: Final = "<!-- Written by docs/generate.py. Edit the code or that script, not this page. -->"

MODELS: Final[tuple[type[BaseModel], ...]] = (
    Lake, Intake, EngineChoice, Alerts, Route, Dataset, CsvFormat, NdjsonFormat, Column,
    Rule, Partitioning, Gold, Lookup,
    Quality, Limit, Accepted, Range, Unique, Reference, Target, Volume, Freshness, Zones, Unknown,
    Warehouse, Stage, Dimension, Fact, DimensionLink,
)  # fmt: skip

FIELDS: Final = {
    "Lake.lake": "The lake's name: the first part of its asset keys, and of `LAKE_<NAME>_URI`.",
    "Lake.description": "What the lake is for.",
    "Lake.owners": "Owners of its assets: an e-mail address, or `team:` and a name.",
    "Lake.intake": "How much one run takes, and how often the sensor looks.",
    "Lake.datasets": "The kinds of file in the lake, each with a contract of its own.",
    "Dataset.name": "The dataset's name: the end of its asset keys.",
    "Dataset.description": "What one row is.",
    "Dataset.contract_version": "Goes into every row and reject; raise it with each change.",
    "Dataset.format": "How the files are written: CSV, unless it says `type: ndjson`.",
    "Dataset.zones": "Where the dataset's files stand.",
    "Dataset.columns": "The columns of the tables. The order of the columns in a file is free.",
    "Dataset.rules": "What must be true of a row.",
    "Dataset.partition": "Which column gives a row its event date.",
    "Dataset.gold": "The analytics table.",
    "Dataset.quality": "What the asset checks of each partition allow.",
    "CsvFormat.delimiters": "Signs that may divide the cells. Each file is tried with all.",
    "Column.name": "The column's name in the tables, and one of the headers that name it.",
    "Column.type": "How its text is read. See [Reading CSV](../explanation/reading-csv.md) "
    "and [Reading NDJSON](../explanation/reading-ndjson.md#values).",
    "Column.required": "The header must have the column, and every row must fill it.",
    "Column.description": "What the column holds. Dagster shows it.",
    "Column.precision": "Of a decimal: digits in all.",
    "Column.scale": "Of a decimal: digits after the point. More are refused, never rounded.",
    "Rule.name": "The rule's name; it stands behind the reason code.",
    "Rule.expression": "An SQL-like expression that must be true. False and null both break it.",
    "Rule.reason": "The reason code of the rows that break it.",
    "Rule.severity": "`reject` rejects the row, `warn` counts it, `fail` refuses the whole file.",
    "Rule.description": "Why the rule is there.",
    "Partitioning.start": "The first date. Earlier events are rejected.",
    "Gold.table": "The table's name, and its folder below `gold/`.",
    "Gold.target_file_mb": "About how large a Parquet file may get; a larger one is split.",
    "Zones.raw": "Files as they were dropped. The only folder that you write to.",
    "Zones.validated": "Files whose header fits, until their run is done.",
    "Zones.rejected_system": "Files that were refused as a whole, each with a `_reason.json`.",
    "Zones.rejected_rows": "Rejected rows: `json/` for machines, `csv/` for spreadsheets.",
    "Zones.processed": "Good rows, typed, by event date.",
    "Zones.gold": "The analytics table, by event date.",
    "Zones.archive": "Ingested files, byte for byte.",
    "Zones.ledger": "One record an ingest run: the commit point.",
    "Zones.content": "One note a file that was ingested, by the SHA-256 of its bytes: a second "
    "file of the same bytes is a duplicate.",
    "Zones.versions": "One note a file that was ingested, by its name, where `versions` is "
    "`supersede`.",
    "Zones.restating": "Marks of runs that are being restated; empty at rest.",
    "Zones.superseded": "Marks of files whose rows gold leaves out, by event date.",
    "Zones.gold_audit": "What each compaction found and did.",
}  # fmt: skip
"""Meanings of fields that have no description in the code."""

ROW_REASONS: Final = {
    "STRUCTURAL": (
        "what is wrong",
        "The row cannot be divided into cells, and no one reading of it is left: "
        f"`{cells.TOO_MANY}`, `{cells.TOO_FEW}`, `{cells.MISQUOTED}`, `{cells.UNDECODABLE}`, "
        f"`{cells.TOO_LONG}`, `{cells.DIFFERING}`. Of a line of NDJSON: `{cells.UNDECODABLE}`, "
        f"`{ndjson.TOO_LONG}`, `{ndjson_tokens.DIFFERING}`.",
    ),
    "INVALID_JSON": (
        "what is wrong, or the column",
        f"A line of NDJSON is a `{ndjson_lines.MALFORMED}`, or `{ndjson_lines.NO_OBJECT}`, or "
        f"`{ndjson_lines.TOO_DEEP}`. Or the text in a column of type json is no object or array; "
        "that one stands last.",
    ),
    "INVALID_TYPE": (
        "the column",
        "An object or array, in a column of NDJSON that is not of type json.",
    ),
    "MISSING_REQUIRED_COLUMN": ("the column", "A required cell is empty, or means 'no value'."),
    "AMBIGUOUS_TIMESTAMP": (
        "the column",
        "Day and month can be read in either order (03/04/2025), and nothing in the file decides; "
        "or the clocks showed that local time twice.",
    ),
    "INVALID_TIMESTAMP_FORMAT": (
        "the column",
        "The text fits none of the contract's patterns, or is no real date (31 June) or local time "
        "(left out when the clocks went on).",
    ),
    "AMBIGUOUS_DATE": (
        "the column",
        "Day and month can be read in either order (03/04/2025), and nothing in the file decides.",
    ),
    "INVALID_DATE": (
        "the column",
        "The text fits none of the contract's patterns, has a time, or is no real date (31 June).",
    ),
    "AMBIGUOUS_NUMBER": (
        "the column",
        "The sign before three digits can group or divide (1.500), and nothing in the file "
        "decides.",
    ),
    "INVALID_NUMBER": (
        "the column",
        "The text is no number of the column's type: `abc`, `2.5` for an integer, a third decimal "
        "for a scale of 2.",
    ),
    "INVALID_BOOLEAN": (
        "the column",
        "The text is none of the column's `true_values` and `false_values`.",
    ),
}
"""What each reason of the reader itself means, and what stands behind its colon."""

FILE_REASONS: Final = {
    "empty_file": "The file has no text at all.",
    "undecodable": "The text is in none of the contract's encodings, or has bytes that are not in "
    "its own where `format.undecodable` is `refuse`.",
    "compression": "The compressed file is damaged, encrypted, holds not exactly one file, or is "
    "compressed in a way that is not read; the detail says which.",
    "delimiter_detection_failed": "None of the contract's delimiters divides the header.",
    "missing_columns": "The header lacks required columns; the detail names them.",
    "too_many_columns": "The header has more cells than `format.max_columns`.",
    "invalid_ndjson_format": "The file is one JSON array, or an object of several lines, and not "
    "one object a line; the detail says how to convert it.",
    "no_json_lines_detected": "No line at the head of the file is a JSON object.",
    "missing_fields": "None of the objects at the head of the file has some required fields; the "
    "detail names them.",
    "no_data_rows_found": "There is a header, and no row with a value below it.",
    "too_large": "The file, what it expands to, or one of its lines is larger than the limits in "
    "`format`, or it cannot be cut in pieces.",
    "invalid_name": "The file's name cannot be a key; the file is kept under an escaped name.",
    "error_reading_file": "The reader failed; the detail has the error.",
    "rule_failed": "A row breaks a rule of severity `fail`.",
}
"""Why a whole file is refused: the ``reason`` of its ``_reason.json``."""

EXIT_CODES: Final = [
    ("0", "Done, and every row is accounted for."),
    (
        "1",
        "A file was rejected whole, or something failed on the way, or the rows in the lake are "
        "not those that were read. What you can mend is one sentence on stderr.",
    ),
    (
        "2",
        "Wrong usage: an unknown lake, dataset, engine or option, a file that is not there. No "
        "file was landed.",
    ),
]

RUN_EXAMPLE: Final = {
    "ingest_run_ids": ["7755c5376cebffe9"],
    "files": [
        {
            "file": "sales_2025-01-01.csv",
            "status": "processed",
            "reason": None,
            "encoding": "utf-8",
            "delimiter": ",",
            "rows_read": 300,
            "rows_good": 296,
            "rows_rejected": 4,
            "rows_duplicate": 0,
            "rows_skipped": 0,
            "rejects": {
                "BUSINESS_LOGIC_FAIL": 1,
                "INVALID_TIMESTAMP_FORMAT": 2,
                "STRUCTURAL": 1,
            },
        }
    ],
    "partitions": [
        {"date": "2025-01-01", "rows_in": 296, "rows_out": 292, "duplicates_removed": 4}
    ],
    "balanced": True,
}
RUN_KEYS: Final = {
    "ingest_run_ids": "Each ingest run that this command committed, or finished for one that was "
    "interrupted. Empty if no file came so far.",
    "files": "One object a file: those given, and what else waited in raw/.",
    "files.file": "Its name as it was dropped. Beside another of the same name in raw/, it gets a "
    "mark: `sales~0123456789ab.csv`.",
    "files.status": "`processed`; `duplicate` if a file of the same bytes was ingested before; "
    "`rejected` as a whole; `stuck` if the store does not let us have it: it is still in raw/.",
    "files.reason": "Why it was not processed: [a reason](reasons.md#of-refused-files), or "
    "`duplicate` or `no_access`. Else null.",
    "files.encoding": "How it was read, for example `utf-8`. Null if it was not.",
    "files.delimiter": "The sign between its cells; empty if it is NDJSON. Null if it was not "
    "read.",
    "files.rows_read": "Rows in the file, from its line ends; 0 if it was rejected whole. Always "
    "the sum of the next four.",
    "files.rows_good": "Rows that keep the contract.",
    "files.rows_rejected": "Rows that break it.",
    "files.rows_duplicate": "Rows of a file that was ingested before.",
    "files.rows_skipped": "Blank rows, and repeated headers.",
    "files.rejects": "Rows rejected, by the [code](reasons.md#of-rejected-rows) of their first "
    "reason.",
    "partitions": "One object an event date whose gold was made again.",
    "partitions.date": "The event date, YYYY-MM-DD.",
    "partitions.rows_in": "Rows of that date in processed/.",
    "partitions.rows_out": "Rows in gold: one a key.",
    "partitions.duplicates_removed": "Rows that a later arrival of their key superseded, or of "
    "their file.",
    "balanced": "Whether the objects in the lake, counted again, hold every row that was read.",
}
"""The form of ``lake run --json``; a test compares it with the real output."""


SNIFF_KEYS: Final = {
    "file": "Its name.",
    "bytes": "Its size as it is on the disk.",
    "bytes_read": "How much of its content was looked at, expanded.",
    "whole": "Whether that is all of it. Everything below is about that part alone.",
    "lines": "Lines in it, from the line ends.",
    "compression": "`gzip`, `bzip2`, `zstd`, `zip`, one that cannot be read (`xz`), or null.",
    "encoding": "How the text is read. Null if it is none of those tried.",
    "encoding_found_by": "How that was told.",
    "format": "`csv` or `ndjson`: by the contract; without one, by the content.",
    "line_end": "`LF`, `CR LF` or `CR`: that of most lines.",
    "delimiter": "The sign between the cells; null if there is one column. With a contract, the "
    "one that divides its header.",
    "runner_up": "The next best sign, or null.",
    "runner_up_share": "How likely that one is, as a share of the first. Null if there is none, or "
    "if the text alone looks more like it than like the contract's.",
    "quote": "The sign that cells are quoted with, or null.",
    "escape": "How a quote stands within quotes: `doubled`, `backslash`, or null.",
    "has_header": "Whether the first row looks like names of columns.",
    "preamble_lines": "Lines above the header.",
    "contract": "`LAKE/DATASET` as given, or null.",
    "refused": "With a contract: why the file would be refused as a whole (`reason`, `sentence`, "
    "`hint`), or null. Null without a contract.",
    "header": "With a contract: an object a header cell, with the `column` that it names, `by` its "
    "`name`, an `alias` or a `variant` of the spelling, whether that is `required`, and how many "
    "`cells` name the column.",
    "missing_required": "With a contract: columns that the header has to have, and has not.",
    "missing_optional": "With a contract: other columns that the header has not.",
    "accounting": "With a contract: where each row of the sample would go. Null if the file would "
    "be refused; then the next four are not there.",
    "totals": "Rows at the end that are totals: by the contract's `totals`, or without a contract "
    "by how they begin.",
    "rejects": "Some rejected rows, of each reason: `line`, `reasons`, `raw`.",
    "recoveries": "Good rows that were not plain: `kind`, `column` (empty for a damaged row), "
    "`rows`, and `examples` of line, text and value.",
    "ambiguous": "For each column with texts that read both ways, what decides them: `about` (`day "
    "and month` or `decimal mark`), `clues` (texts that read in one way only) and `hints` (the "
    "file's name, type, currency) by reading (`DM`, `MD`, `.`, `,`), the `reading` taken or null, "
    "whether that is `by_other_columns`, and how many texts are `settled` and rows `rejected`. "
    "`two_ways` is false if it is only about times that the clocks showed twice.",
    "rows": "Without a contract: rows in the sample.",
    "columns": "Without a contract: an object a column: `header`, `type`, `formats` of timestamps, "
    "`nulls`, `distinct`, `unread` (filled cells that are not of the type), `example`.",
    "rows_of_other_width": "Without a contract, of CSV: rows with more or fewer cells than the "
    "header.",
    "lines_damaged": "Without a contract, of NDJSON: lines that are no JSON object.",
}
"""The form of ``lake sniff --json``; a test compares it with the real output."""


TRACE_ROW_KEYS: Final = {
    "target": "`LAKE/DATASET` as given.",
    "key": "The key as given: column -> text.",
    "rows": "An object an event date that has the key.",
    "rows.date": "The event date, YYYY-MM-DD.",
    "rows.gold": "The gold row: column -> value, decimals as text, instants in ISO 8601 (UTC). "
    "Null if gold does not have it yet.",
    "rows.object": "The key of its Parquet file, or null.",
    "rows.stale": "Whether gold of the date is older than its processed rows.",
    "rows.explained": "Whether gold's row is one of those in processed. If not, run "
    "`lake reconcile`.",
    "rows.origins": "An object a processed row of the key, the latest arrival first.",
    "rows.origins.state": "`gold` if it is the row in gold, `superseded` by that, or `waiting` if "
    "it is later than gold.",
    "rows.origins.object": "The key of its Parquet file in processed/.",
    "rows.origins.source_file": "The file as it was dropped.",
    "rows.origins.line_number": "The line (from 1) on which the row begins.",
    "rows.origins.ingest_run_id": "The run that ingested it.",
    "rows.origins.arrived": "When the file arrived.",
    "rows.origins.contract_version": "The contract under which it was read.",
    "rows.origins.archive": "The key of the archived file, or null.",
    "rows.origins.sha256": "Of that file.",
    "rows.origins.raw": "The exact text of the row in that file, or null.",
    "rows.origins.fault": "Why there is no text, or null.",
}
"""The form of ``lake trace --row --json``; a test compares it with the real output."""

TRACE_FILE_KEYS: Final = {
    "target": "`LAKE/DATASET` as given.",
    "file": "The file as given.",
    "versions": "An object an arrival of the file.",
    "versions.source_file": "Its name as it was dropped.",
    "versions.outcome": "`ingested`; `duplicate` if the same bytes were before; `refused` as a "
    "whole.",
    "versions.reason": "Why it was not ingested, a code, or null.",
    "versions.detail": "The same as a sentence, or null.",
    "versions.key": "Where it is now.",
    "versions.sha256": "Of its bytes; empty if nobody read all of them.",
    "versions.ingest_run_id": "The run; null if it was refused at the door.",
    "versions.arrived": "When it arrived; null if it was refused at the door.",
    "versions.contract_version": "Of the run, or null.",
    "versions.rows_read": "Rows in the file; the sum of the next four.",
    "versions.rows_good": "Rows that keep the contract.",
    "versions.rows_rejected": "Rows that break it.",
    "versions.rows_duplicate": "Rows of a file that was ingested before.",
    "versions.rows_skipped": "Blank rows, repeated headers, preambles and totals.",
    "versions.rejects": "First reason -> rows.",
    "versions.dates": "An object an event date of its good rows.",
    "versions.dates.date": "The event date, YYYY-MM-DD.",
    "versions.dates.good": "Good rows, by the ledger; the sum of the rows below.",
    "versions.dates.gold": "Rows that stand in gold.",
    "versions.dates.superseded": "File whose row stands in gold in place of its own -> rows.",
    "versions.dates.waiting": "Rows that gold has yet to take up.",
    "versions.dates.missing": "Rows that are not in processed any more. If there are any, run "
    "`lake reconcile`.",
    "waiting": "Keys in raw/ and validated/ under which a file of that name waits.",
}
"""The form of ``lake trace --file --json``; a test compares it with the real output."""

RECONCILE_KEYS: Final = {
    "lake": "The lake's name.",
    "uri": "Where it is.",
    "quick": "Whether only presence and size were compared.",
    "balanced": "Whether there is no fault.",
    "datasets": "An object a dataset.",
    "datasets.dataset": "Its name.",
    "datasets.files": "Files ingested, or recognised as duplicates.",
    "datasets.refused": "Files refused as a whole.",
    "datasets.objects": "Objects that the ledger names.",
    "datasets.rows": "Rows read; the sum of the next four.",
    "datasets.good": "Rows in processed/.",
    "datasets.rejected": "Rows in rejected/.",
    "datasets.duplicate": "Rows of files that were ingested before.",
    "datasets.skipped": "Blank rows, repeated headers, preambles and totals.",
    "datasets.gold": "Rows in gold, counted; with `--quick`, those of its audits.",
    "datasets.superseded": "Rows superseded, by the audits of gold.",
    "datasets.waiting": "Keys in raw/ and validated/ that no run has taken up.",
    "datasets.stale": "Event dates whose gold is older than their processed rows.",
    "faults": "An object a fault; none in a sound lake.",
    "faults.kind": "A kind of fault: see [Prove conservation](../how-to/prove-conservation.md).",
    "faults.key": "The object, or the prefix, that it is about.",
    "faults.detail": "What was found, and what to do.",
}
"""The form of ``lake reconcile --json``; a test compares it with the real output."""


class StaleError(Exception):
    """A table of this script and the code disagree; the message says where."""


def pages() -> dict[str, str]:
    """The name of each file in docs/reference/, and what it should hold."""
    schema = json.dumps(lake_schema(), indent=2, ensure_ascii=False) + "\n"
    return {
        "cli.md": cli_page(),
        "contract.md": contract_page(),
        "settings.md": settings_page(),
        "reasons.md": reasons_page(),
        "lake.schema.json": schema,
    }


# --- the command line ---------------------------------------------------------


def _commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Each command with its name, that of its group before it: ``contract infer``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


JSON_KEYS: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("sniff", "With `--json`, stdout is one object in one line:", SNIFF_KEYS),
    ("trace", "With `--row` and `--json`, stdout is one object in one line:", TRACE_ROW_KEYS),
    ("trace", "With `--file` and `--json`:", TRACE_FILE_KEYS),
    ("reconcile", "With `--json`, stdout is one object in one line:", RECONCILE_KEYS),
)
"""Command, a sentence, and the keys of what it prints."""


def json_keys(command: str) -> Iterator[str]:
    """The keys of what a command prints with ``--json``, under the dots of the objects above."""
    for name, sentence, keys in JSON_KEYS:
        if name == command:
            yield sentence
            yield _table(("key", "meaning"), [(f"`{key}`", what) for key, what in keys.items()])


def cli_page() -> str:
    """What each command does, with its arguments and options."""
    group: Any = get_command(app)
    parts = [
        f"{NOTE}\n\n# The `lake` command",
        group.help,
        "`lake COMMAND --help` shows the same as this page. Options may be written `--uri X` or "
        "`--uri=X`.",
        _table(("exit code", "meaning"), [(f"`{code}`", what) for code, what in EXIT_CODES]),
    ]
    for name, command in _commands(group):
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option"]
        usage = " ".join(
            [
                f"lake {name}",
                *(_argument(p) for p in arguments),
                *(["[OPTIONS]"] if options else []),
            ]
        )
        parts += [f"## lake {name}", f"```text\n{usage}\n```", command.help]
        names = [_argument(p) for p in arguments] + [", ".join(p.opts) for p in options]
        rows = [
            (f"`{name}`", _type_of(p), _default(p), p.help.replace("<", "\\<"))
            for name, p in zip(names, [*arguments, *options], strict=True)
        ]
        parts.append(_table(("", "type", "default", "meaning"), rows))
        if name == "run":
            parts += run_json()
        parts += json_keys(name)
    return "\n\n".join(parts) + "\n"


def run_json() -> Iterator[str]:
    """The form of what `lake run --json` prints."""
    yield "### lake run --json"
    yield (
        "Standard output is one JSON object in one line and nothing else, here broken into lines:"
    )
    yield f"```json\n{json.dumps(RUN_EXAMPLE, indent=2)}\n```"
    yield _table(("key", "meaning"), [(f"`{key}`", what) for key, what in RUN_KEYS.items()])
    yield (
        "If the command cannot begin or breaks off, the lists are empty, `balanced` is false, and "
        "a further key `error` has the sentence that is on stderr. Options and arguments that "
        "cannot be understood at all print nothing on standard output."
    )


def _argument(parameter: Any) -> str:
    name = str(parameter.metavar or parameter.name.upper()).removesuffix("...")
    many = f"{name}..." if parameter.nargs == -1 else name
    return many if parameter.required else f"[{many}]"


def _type_of(parameter: Any) -> str:
    names = {"Path": "path", "datetime": "date, YYYY-MM-DD"}
    kind = _type_name(parameter.type_descriptor.annotation).removeprefix("list of ")
    kind = kind.removesuffix(" or nothing")
    return names.get(kind, kind)


def _default(parameter: Any) -> str:
    value = parameter.default
    if value is None:
        return ""
    return f"`{value:%Y-%m-%d}`" if hasattr(value, "strftime") else f"`{value}`"


# --- the contract -------------------------------------------------------------


def contract_page() -> str:
    """Each model of the contract: its fields, types, defaults and meanings."""
    parts = [
        f"{NOTE}\n\n# The contract of a lake",
        "A lake is one file, `lake_assets/defs/<lake>/defs.yaml`, with two keys at the top: "
        f"`type: {COMPONENT}` and `attributes`, which is a [Lake](#lake). An unknown key is an "
        "error that names file and line.",
        "## In an editor",
        "[lake.schema.json](lake.schema.json) is the JSON schema of the whole file. Editors with "
        "the YAML language server (VS Code's YAML extension, Neovim, Emacs, IntelliJ by its own "
        "settings) complete and check against it if the file begins with this line:",
        "```yaml\n# yaml-language-server: $schema=../../../docs/reference/lake.schema.json\n```",
        "The path is relative to the YAML file.",
    ]
    _all_known(
        "FIELDS",
        {
            f"{model.__name__}.{name}"
            for model in MODELS
            for name, field in model.model_fields.items()
            if not field.description
        },
        set(FIELDS),
    )
    for model in MODELS:
        rows = [
            (f"`{name}`", _linked(field), _field_default(field), meaning(model, name))
            for name, field in model.model_fields.items()
        ]
        parts += [f"## {model.__name__}", _prose(model.__doc__ or "")]
        parts.append(_table(("key", "type", "default", "meaning"), rows))
        if model is Column:
            parts += ["### Timestamp patterns", _pattern_prose()]
    return "\n\n".join(parts) + "\n"


def meaning(model: type[BaseModel], name: str) -> str:
    """What a field is for, from the code or from :data:`FIELDS`."""
    return model.model_fields[name].description or FIELDS[f"{model.__name__}.{name}"]


def _linked(field: FieldInfo) -> str:
    name = _type_name(field.annotation)
    for model in MODELS:
        name = re.sub(
            rf"\b{model.__name__}\b", f"[{model.__name__}](#{model.__name__.lower()})", name
        )
    return name


def _type_name(kind: Any) -> str:
    arguments = get_args(kind)
    match get_origin(kind):
        case None:
            if isinstance(kind, type) and issubclass(kind, StrEnum):
                return ", ".join(f"`{member}`" for member in kind)
            names = {
                bool: "true or false", str: "text", int: "integer", float: "number",
                datetime: "timestamp",
            }  # fmt: skip
            return names.get(kind, getattr(kind, "__name__", str(kind)))
        case origin if origin in (Union, UnionType):
            parts = [_type_name(part) for part in arguments if part is not type(None)]
            return " or ".join([*parts, *(["nothing"] if type(None) in arguments else [])])
        case origin if origin is Literal:
            return ", ".join(f"`{value}`" for value in arguments)
        case origin if origin is list:
            return f"list of {_type_name(arguments[0])}"
        case origin if origin is dict:
            return f"{_type_name(arguments[0])} -> {_type_name(arguments[1])}"
        case _:  # Annotated
            return _type_name(arguments[0])


def _field_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Limit):
        return f"`{json.dumps(value.model_dump(exclude_none=True))}`"
    if isinstance(value, BaseModel):
        return "its defaults"
    if value in ("", None, [], {}):
        return ""
    return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"


def _pattern_prose() -> str:
    text = (pattern_doc or "").strip()
    intro, _, rest = text.partition("\n\n")
    del intro
    prose, rows = _simple_table(rest)
    return f"{prose}\n\n{_table(('letters', 'meaning'), [(f'`{a}`', b) for a, b in rows[1:]])}"


def lake_schema() -> dict[str, Any]:
    """The JSON schema of a whole defs.yaml: what Dagster reads, and in it the lake."""
    schema = Lake.model_json_schema()
    definitions = schema.pop("$defs")
    definitions["Lake"] = schema
    for model in MODELS:
        properties = definitions[model.__name__]["properties"]
        for name in model.model_fields:
            properties[name]["description"] = meaning(model, name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A lake: lake_assets/defs/<lake>/defs.yaml",
        "type": "object",
        "properties": {
            "type": {"const": COMPONENT, "description": "The Dagster component."},
            "attributes": {"$ref": "#/$defs/Lake"},
            "requirements": {"type": "object", "description": "Of Dagster: what must be set."},
            "post_processing": {"type": "object", "description": "Of Dagster: asset attributes."},
        },
        "required": ["type", "attributes"],
        "additionalProperties": False,
        "$defs": definitions,
    }


# --- settings -----------------------------------------------------------------


DEPLOYMENT = (
    ("DAGSTER_HOME", "", "Dagster", "where `dagster.yaml` is; the image has it in `/opt/dagster`"),
    ("DAGSTER_PG_HOST", "required", "`deploy/`", "the PostgreSQL that keeps Dagster's history"),
    ("DAGSTER_PG_PORT", "required", "`deploy/`", "its port, 5432 as a rule"),
    ("DAGSTER_PG_USER", "required", "`deploy/`", "who comes in; owns the database's tables"),
    ("DAGSTER_PG_PASSWORD", "required", "`deploy/`", "any characters; a secret"),
    ("DAGSTER_PG_DB", "required", "`deploy/`", "the name of the database"),
    ("PGSSLMODE", "`prefer`", "libpq", "`verify-full`, where the database is not on the same host"),
    ("PGSSLROOTCERT", "", "libpq", "the certificate of its authority, a file"),
    ("DAGSTER_LOGS_BUCKET", "required", "`deploy/`", "the bucket of what steps print"),
    ("AWS_DEFAULT_REGION", "", "AWS's clients", "the region of buckets and services"),
    ("AWS_ACCESS_KEY_ID", "", "AWS's clients", "where no role gives credentials"),
    ("AWS_SECRET_ACCESS_KEY", "", "AWS's clients", "a secret; where no role gives credentials"),
    (
        "AWS_ENDPOINT_URL_S3",
        "",
        "AWS's clients",
        "another S3 than AWS's for what steps print; for lakes it is `LAKE_S3_ENDPOINT`",
    ),
    ("LAKE_IMAGE", "`lake-assets:local`", "`deploy/compose.yaml`", "the image of the services"),
    (
        "PORT",
        "`3000`",
        "`deploy/compose.yaml`, `make dev`",
        "where Dagster's web interface is, on 127.0.0.1",
    ),
    ("PYTHON", "the first from 3.11 on", "`make`", "the interpreter that `.venv` is made with"),
)
"""Variables that the code does not read itself: name, default, who reads it, meaning."""

OF_ONE_LAKE: Final = {"LAKE_<NAME>_URI", "LAKE_<NAME>_QUEUE_URL"}


def settings_page() -> str:
    """The environment variables, all of them in one table."""
    prose, rows = _simple_table(settings.__doc__ or "")
    intro, _, outro = prose.partition("\n\n")
    names = {name.strip("`") for name, _ in rows[1:]}
    fields = {
        f"LAKE_{name.upper()}" for name in settings.Settings.model_fields if not _model_of(name)
    }
    _all_known(
        "the table of lake_assets/settings.py",
        fields,
        names - OF_ONE_LAKE,
    )
    engines = [name for name in settings.Settings.model_fields if _model_of(name)]
    table = [
        *((name, "", "all", meaning) for name, meaning in rows[1:]),
        *(row for name in engines for row in _engine_settings(name)),
        *((f"`{name}`", *rest) for name, *rest in DEPLOYMENT),
    ]
    return "\n\n".join(
        [
            f"{NOTE}\n\n# Settings",
            intro + " Times are in seconds.",
            _table(("variable", "default", "read by", "meaning"), table),
            outro.partition("\n\n")[2],
            "Where a lake is: `--uri` on the command line, else `LAKE_<NAME>_URI`, else `LAKE_URI` "
            "and below it the lake's name, else `uri` in the lake's YAML, else `./lake/<name>`.",
            "Routes of [alerts](../how-to/get-alerts.md) name variables of their own, such as "
            "`LAKE_ALERTS_FILE` in the lake retail, which `make dev` sets.",
            "Which engine runs a job is said by the run's tag `lake_assets/engine`, else by "
            "`engine` of the dataset or of the lake in its YAML. What services have in common is "
            "read by Glue, EMR Serverless and EMR; **required** holds for an engine that is used.",
            "What production needs stands in `deploy/.env.example`: [deploy](../how-to/deploy.md).",
        ]
    ) + "\n"  # fmt: skip


def _model_of(field: str) -> type[BaseModel] | None:
    """The model of a setting that is one itself."""
    annotation = settings.Settings.model_fields[field].annotation
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


READERS: Final = {"remote": "services", "snowflake": "`lake warehouse`, Dagster"}
"""Of settings that are no engine's."""


def _engine_settings(field: str) -> list[tuple[str, ...]]:
    """Rows of the table for one engine, or for what services have in common."""
    model = _model_of(field)
    assert model
    reader = READERS.get(field, f"engine `{field.replace('_', '-')}`")
    return [
        (
            f"`LAKE_{field.upper()}__{name.upper()}`",
            "required"
            if each.is_required()
            else ""
            if each.default in (None, {}) or isinstance(each.default, BaseModel)
            else f"`{each.default}`",
            reader,
            " ".join((each.description or "").split()),
        )
        for name, each in model.model_fields.items()
    ]


# --- reasons ------------------------------------------------------------------


def reasons_page() -> str:
    """Why rows are rejected and files refused."""
    _all_known("ROW_REASONS", set(OWN_REASONS), set(ROW_REASONS))
    _all_known("FILE_REASONS", {*refusals_in_code(), *refusals_of_rows()}, set(FILE_REASONS))
    code, _, rule = DATE_IN_RANGE.partition(":")
    default = Rule.model_fields["reason"].default
    row = [(f"`{name}`", *what) for name, what in ROW_REASONS.items()]
    row += [
        (f"`{default}`", "the rule", "The row breaks a rule. A rule may name a code of its own."),
        (
            f"`{code}`",
            f"`{rule}`",
            "The event date is outside `partition`: before `start`, or more than `max_days_ahead` "
            "days after the arrival.",
        ),
    ]
    return "\n\n".join(
        [
            f"{NOTE}\n\n# Reasons",
            "## Of rejected rows",
            "A reason reads `CODE:what`. `reject_reason` is the first reason of a row and "
            "`reject_reasons` all of them, in the order of this table; rules stand in the order of "
            "the contract. A row that cannot be divided into cells has no other reason: its values "
            "are unknown.",
            _table(("code", "behind the colon", "meaning"), row),
            "## Of refused files",
            "The `reason` in a file's `_reason.json`. `detail` is a sentence about this very file, "
            "and `ingest_run_id` the run that refused it, or null if it never came so far.",
            _table(("reason", "meaning"), [(f"`{n}`", text) for n, text in FILE_REASONS.items()]),
        ]
    ) + "\n"  # fmt: skip


def refusals_in_code() -> Iterator[str]:
    """The reasons with which the code refuses a file: first arguments of the two classes."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"FileRefusedError", "Refusal"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


def refusals_of_rows() -> list[str]:
    """The reasons for which rows refuse their file: of the tuples that ``block`` gives."""
    source = ast.parse((PACKAGE / "kernels/block.py").read_text("utf-8"))
    return [
        str(node.elts[0].value)
        for node in ast.walk(source)
        if isinstance(node, ast.Tuple) and len(node.elts) == 2
        if isinstance(node.elts[0], ast.Constant) and isinstance(node.elts[1], ast.JoinedStr)
    ]


# --- helpers ------------------------------------------------------------------


def _all_known(table: str, wanted: set[str], given: set[str]) -> None:
    if wanted != given:
        raise StaleError(
            f"{table} in docs/generate.py lacks {sorted(wanted - given)} and has "
            f"{sorted(given - wanted)} too much; mend it"
        )


def _simple_table(text: str) -> tuple[str, list[tuple[str, str]]]:
    """A docstring without its table of two columns, and the table's rows, the head first."""
    prose: list[str] = []
    rows: list[tuple[str, str]] = []
    inside, start = 0, 0
    for line in text.split("\n"):
        if re.fullmatch(r"=+ +=+", line):
            inside += 1
            start = line.index(" ")
            start += len(line[start:]) - len(line[start:].lstrip())
        elif inside in (0, 3):
            prose.append(line)
        elif line[:start].strip():
            name, what = line[:start].strip(), line[start:].strip()
            rows.append((name.replace("``", "`"), what.replace("``", "`")))
        else:
            rows[-1] = (rows[-1][0], f"{rows[-1][1]} {line.strip()}".replace("``", "`"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(prose)).strip(), rows


def _prose(docstring: str) -> str:
    return "\n".join(line.strip() for line in docstring.strip().replace("``", "`").split("\n"))


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    cells_ = [[str(cell or "").replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells_)


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with --check say which are stale."""
    parser = argparse.ArgumentParser(description="Write docs/reference/ from the code.")
    parser.add_argument("--check", action="store_true", help="only say which pages are stale")
    check = parser.parse_args(arguments).check
    try:
        made = pages()
    except StaleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    stale = []
    for name, content in made.items():
        path = REFERENCE / name
        if path.exists() and path.read_text("utf-8") == content:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
    if stale and check:
        sys.stderr.write(f"stale: {', '.join(stale)}; run python docs/generate.py\n")
        return 1
    if not check:
        sys.stdout.write(f"{len(made)} pages, {len(stale)} of them new\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
