"""Commands that take files in and show what is there."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from lake_assets.cli import opening
from lake_assets.cli.shell import (
    EngineName,
    LakeName,
    Target,
    Uri,
    app,
    contracts,
    echo_json,
    err,
    out,
    sentences,
)


@app.command()
def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the demo's lake goes.")] = Path(
        "lake-demo"
    ),
    lake: LakeName = "retail",
    full: Annotated[
        bool, typer.Option("--full", help="As much as the lake is made for; telco has a year.")
    ] = False,
) -> None:
    """Make messy sample files, run them to gold, and account for every row."""
    from lake_assets.cli.demo import run_demo

    with sentences():
        if not run_demo(out, directory, opening.contract(lake), full=full):
            raise typer.Exit(1)


@app.command()
def run(
    target: Target,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Files to land in raw/.", show_default=False),
    ] = None,
    uri: Uri = None,
    engine: Annotated[EngineName, typer.Option(help="Where tasks run.")] = EngineName.LOCAL,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of tables.")
    ] = False,
) -> None:
    """Land files in raw/ and take them to gold, with whatever else waits there.

    Without a FILE, take what waits.

    Exit code 0: every row is accounted for. 1: a file was rejected whole, or something failed.

    Exit code 2: wrong usage; no file was landed.
    """
    from lake_assets.cli.report import show_outcomes
    from lake_assets.cli.run import check_files, is_balanced, report, run_files

    paths = files or []
    with sentences(as_json=as_json):
        contract, dataset = opening.target(target)
        check_files(dataset, paths)
        store = opening.store(contract, uri, create=bool(paths))
        outcome = run_files(store, contract, dataset, paths, engine.value, err)
        if as_json:
            document = report(outcome, balanced=is_balanced(store, outcome))
            echo_json(document)
            balanced = document["balanced"]
        else:
            balanced = show_outcomes(out, store, [outcome])
        if not balanced or outcome.refused:
            raise typer.Exit(1)


@app.command()
def generate(
    target: Annotated[
        str,
        typer.Argument(
            metavar="LAKE[/DATASET]",
            help="For example retail/sales, or telco for all of its datasets.",
            show_default=False,
        ),
    ],
    directory: Annotated[
        Path, typer.Option("--out", help="Where the files go; in folders, if they have any.")
    ],
    files: Annotated[int | None, typer.Option(min=1, help="retail: how many; 5.")] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="retail: rows in each; 1500.")] = None,
    customers: Annotated[
        int | None, typer.Option(min=1, help="telco: how many there are; 10000.")
    ] = None,
    plans: Annotated[int | None, typer.Option(min=2, help="telco: that they have; 20.")] = None,
    events: Annotated[int | None, typer.Option(min=1, help="telco: that happened; 100000.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    days: Annotated[
        int | None, typer.Option(min=1, help="Dates that they are of; retail 5, telco 365.")
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The first of them; retail 2025-01-01, telco 2024-01-01."
        ),
    ] = None,
    refused: Annotated[
        int, typer.Option(min=0, help="Further files, which break the contract.")
    ] = 0,
) -> None:
    """Write sample files as messy as real ones."""
    from lake_assets.cli.generate import sample_files, write_samples

    given = {
        "files": files,
        "rows": rows,
        "customers": customers,
        "plans": plans,
        "events": events,
        "seed": seed,
        "days": days,
        "start": start.date() if start else None,
        "refused": refused,
    }
    with sentences():
        contract, datasets = opening.targets(target)
        options = {name: value for name, value in given.items() if value is not None}
        written = write_samples(directory, sample_files(contract, datasets, options))
        out.print(f"{len(written)} files in {directory}", markup=False, soft_wrap=True)


@app.command()
def status(lake: LakeName = "retail", uri: Uri = None) -> None:
    """What is in which zone, the last runs, and anything stuck."""
    from lake_assets.cli.status import show_status

    with sentences():
        contract = opening.contract(lake)
        show_status(out, opening.store(contract, uri), contract)


@app.command()
def alert(lake: LakeName = "retail") -> None:
    """Send a test message to every route of a lake's alerts."""
    from lake_assets.cli.alert import send_test

    with sentences():
        if not send_test(out, opening.contract(lake)):
            raise typer.Exit(1)


@app.command()
def rejects(
    lake: LakeName = "retail",
    uri: Uri = None,
    reason: Annotated[
        str | None, typer.Option(help="A reason, or how it starts: INVALID_NUMBER.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Arrived on this day (UTC) or later."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 20,
) -> None:
    """Rejected rows and files, with every reason, line number and raw text.

    Exit code 1: some of it cannot be read, and is named; all else is shown.
    """
    from lake_assets.cli.rejects import show_rejects

    day: date | None = since.date() if since else None
    with sentences():
        contract = opening.contract(lake)
        store = opening.store(contract, uri)
        if not show_rejects(out, store, contract, reason=reason, since=day, limit=limit):
            raise typer.Exit(1)


@app.command()
def trace(
    target: Target,
    row: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Of the gold row: each column of the key once, for example transaction_id=T1.",
        ),
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            help="Of the gold row: look at this event date only, and not through all of gold.",
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A file as it was dropped, its SHA-256, or its key in archive/.",
        ),
    ] = None,
    uri: Uri = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of text.")
    ] = False,
) -> None:
    """Show where a gold row came from, or where the rows of a file went.

    With --row: the row, every processed row of its key, and the text that each had in its file.

    With --file: what became of each version of it, by event date.

    Exit code 1: there is no such row or file.
    """
    from lake_assets.cli.trace import key_texts, rows_document, show_rows
    from lake_assets.cli.trace_file import file_document, show_file
    from lake_assets.jobs.tracing.file_history import trace_file
    from lake_assets.jobs.tracing.trace import TraceError, read_key, trace_row

    with sentences(as_json=as_json, nothing={"target": target}):
        if bool(row) == bool(file) or (file and day):
            raise opening.UsageError(
                "give either --row COLUMN=VALUE, with --date if you know it, or --file NAME"
            )
        contract, dataset = opening.target(target)
        if row:
            texts = key_texts(row)
            try:
                key = read_key(dataset, texts)
            except TraceError as error:
                raise opening.UsageError(str(error)) from error
            store = opening.store(contract, uri)
            rows = trace_row(store, dataset, key, str(day.date()) if day else None)
            found = bool(rows)
            if as_json:
                echo_json(rows_document(target, texts, rows))
            else:
                show_rows(out, texts, rows)
        else:
            name = file or ""
            history = trace_file(opening.store(contract, uri), dataset, name)
            found = bool(history.versions or history.waiting)
            if as_json:
                echo_json(file_document(target, name, history))
            else:
                show_file(out, name, history)
        if not found:
            raise typer.Exit(1)


@app.command()
def reconcile(
    lake: LakeName = "retail",
    uri: Uri = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Compare presence and size only; no data is read."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of tables.")
    ] = False,
) -> None:
    """Prove that a lake holds what its ledger says, no more and no less.

    Nothing is changed. Each fault is told in a sentence, with what to do.

    Exit code 1: there is a fault.
    """
    from lake_assets.cli.reconcile import report_document, show_report
    from lake_assets.jobs.reconciling.reconcile import reconcile as compare

    with sentences(as_json=as_json, nothing={"lake": lake}):
        contract = opening.contract(lake)
        store = opening.store(contract, uri)
        report = compare(store, contract, quick=quick)
        if as_json:
            echo_json(report_document(store.uri, report))
        else:
            show_report(out, report)
        if report.faults:
            raise typer.Exit(1)


@app.command()
def sniff(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A file of delimited text or NDJSON.", show_default=False
        ),
    ],
    contract: Annotated[
        str | None,
        typer.Option(
            metavar="LAKE/DATASET", help="Whose file it shall be, for example retail/sales."
        ),
    ] = None,
    mb: Annotated[float, typer.Option(min=0.001, help="Megabytes to read, at most.")] = 8,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of tables.")
    ] = False,
) -> None:
    """Show what would become of a file, without any lake.

    Without a contract: how it is written, and what its columns look like.

    Exit code 0: it can be read. 1: the contract would refuse it as a whole.
    """
    from lake_assets.cli.sniff import sniff as look
    from lake_assets.cli.sniff_view import show

    with sentences(as_json=as_json, nothing={"file": file.name}):
        dataset = opening.target(contract)[1] if contract else None
        found = look(file, mb, contract or "", dataset)
        if as_json:
            echo_json(found)
        else:
            show(out, found)
        if found["refused"]:
            raise typer.Exit(1)


@contracts.command()
def infer(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Sample files of one kind.", show_default=False),
    ],
    lake: Annotated[
        str | None, typer.Option(help="The lake's name. Without it, that of the dataset.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="The dataset's name. Without it, from the first file's.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="Write the YAML here, and not to the terminal.")
    ] = None,
    mb: Annotated[float, typer.Option(min=0.001, help="Megabytes to read of each, at most.")] = 4,
) -> None:
    """Draft the contract of a new dataset from sample files.

    The YAML goes to stdout, or to --out; what was guessed in it is told on stderr.

    The files are delimited text or NDJSON; which, their content tells.

    Exit code 1: the files lack what a contract needs, for example a key.
    """
    from lake_assets.cli.contract import draft_contract, show_guesses, try_draft, write_draft

    with sentences():
        draft = draft_contract(files, mb, lake, dataset)
        tried = try_draft(draft, files, mb)
        if to:
            write_draft(draft, to)
        else:
            typer.echo(draft.to_yaml(), nl=False)
        show_guesses(err, draft, files, tried, to)


@contracts.command()
def diff(
    old: Annotated[
        Path,
        typer.Argument(metavar="OLD", help="A lake's defs.yaml as it was.", show_default=False),
    ],
    new: Annotated[
        Path, typer.Argument(metavar="NEW", help="The same as it shall be.", show_default=False)
    ],
) -> None:
    """Say what each change between two versions of a contract means.

    A change is compatible, needs a replay of the rows that are there, or is breaking.

    Exit code 0: nothing is breaking. 1: something is. 2: a file is not there, or no contract.
    """
    from lake_assets.cli.contract_diff import compare, is_breaking, show_comparisons

    with sentences():
        found = compare(old, new)
        show_comparisons(out, found)
        if is_breaking(found):
            raise typer.Exit(1)
