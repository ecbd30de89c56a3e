"""`lake contract infer`: draft a contract from files, and say what to check."""

import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lake_assets.cli.cells import printable
from lake_assets.cli.opening import UsageError
from lake_assets.cli.reading import read_head
from lake_assets.contracts.lake import Lake
from lake_assets.jobs.preview import FileRefusedError, preview
from lake_assets.kernels.inference.draft import Draft
from lake_assets.kernels.inference.infer import Sample, infer_dataset
from lake_assets.kernels.parsing.header import normalise

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def draft_contract(
    paths: Sequence[Path], megabytes: float, lake: str | None, dataset: str | None
) -> Draft:
    """Draft a contract from the beginnings of some files.

    Args:
        paths: of the files; the order of the columns is that of the first.
        megabytes: to read of each, at most.
        lake, dataset: names; None takes that of the dataset, and one from the first file's name.

    Raises:
        UsageError: a file cannot be read, or a name is none.
        InferenceError: the files lack what a contract needs.
    """
    dataset = dataset or _name_of(paths[0])
    lake = lake or dataset
    for option, name in (("--lake", lake), ("--dataset", dataset)):
        if not NAME.fullmatch(name):
            raise UsageError(
                f"{option} {name!r} is no name: small letters, digits and _, a letter first"
            )
    samples = []
    for path in paths:
        head = read_head(path, megabytes)
        if head.refusal:
            raise UsageError(f"cannot read {path}: {head.refusal.detail}") from head.refusal
        encoding = head.encoding.name if head.encoding and not head.encoding.mark else None
        samples.append(Sample(path.name, head.text, head.whole, encoding))
    return infer_dataset(samples, lake=lake, dataset=dataset, today=datetime.now(UTC).date())


def try_draft(draft: Draft, paths: Sequence[Path], megabytes: float) -> list[str]:
    """What the reader makes of the samples by the drafted contract: a sentence a file."""
    document = yaml.safe_load(draft.to_yaml())
    (contract,) = Lake.model_validate(document["attributes"]).datasets
    told = []
    for path in paths:
        head = read_head(path, megabytes, contract.format)
        try:
            seen = preview(head.data, path.name, contract, datetime.now(UTC), whole=head.whole)
        except FileRefusedError as refusal:
            told.append(f"{path.name} would be refused: {refusal.detail.splitlines()[-1]}")
        else:
            books = seen.result.books
            rows = books.rows_read - books.skipped
            told.append(f"{path.name}: {books.good:,} of {rows:,} rows are good")
    return told


def write_draft(draft: Draft, out: Path) -> None:
    """Write the YAML; a file that is there is not overwritten.

    Raises:
        UsageError: there is such a file, or it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(draft.to_yaml())
    except FileExistsError as error:
        raise UsageError(f"{out} exists; name another with --out, or remove it") from error
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror or error}") from error


def show_guesses(
    console: Console, draft: Draft, paths: Sequence[Path], tried: Sequence[str], out: Path | None
) -> None:
    """Say what has to be checked, what the draft makes of the samples, and what to do next."""
    guesses = [guess for guess in draft.all_guesses() if guess.sentence.startswith("guess: ")]
    console.print(
        f"Drafted {draft.lake}/{draft.dataset}: {len(draft.columns)} columns. "
        f"[bold]To check[/], {len(guesses)} guesses:"
    )
    listed = Table.grid(padding=(0, 2))
    for guess in guesses:
        sentence = printable(guess.sentence.removeprefix("guess: "))
        listed.add_row("", Text(guess.what, "yellow"), Text(sentence))
    console.print(listed)
    for warning in draft.warnings:
        console.print(Text.assemble(("  ! ", "yellow"), printable(warning)))
    console.print("[bold]Tried[/] on the samples:")
    for sentence in tried:
        console.print(Text(f"  {printable(sentence)}"), soft_wrap=True)
    home = f"lake_assets/defs/{draft.lake}/defs.yaml"
    file = shlex.quote(str(paths[0]))
    console.print("[bold]Next[/]")
    if out is None or not out.as_posix().endswith(home):
        console.print(Text(f"  put it in {home}"), soft_wrap=True)
    console.print(
        Text(f"  lake sniff {file} --contract {draft.lake}/{draft.dataset}", "cyan"),
        soft_wrap=True,
    )


def _name_of(path: Path) -> str:
    """``Sales_2025-01-30 (2).csv.gz`` -> ``sales``."""
    stem = path.name.lstrip(".").partition(".")[0]
    name = normalise(re.sub(r"[\W_]*\d[\d\W_]*", " ", stem))
    return name if NAME.fullmatch(name) else "data"
