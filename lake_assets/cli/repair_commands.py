"""Commands that mend a lake: recover, replay, rebuild."""

from typing import Annotated

import typer

from lake_assets.cli import opening
from lake_assets.cli.shell import LakeName, Target, Uri, app, err, out, sentences


@app.command()
def recover(lake: LakeName = "retail", uri: Uri = None) -> None:
    """Finish what runs have begun that died, and forget what nobody will finish.

    Every run does this first. Staged writes that no commit names are aborted when they are older
    than the contract's `intake.abandoned_hours`.
    """
    from lake_assets.cli.repair import show_recovered
    from lake_assets.jobs.repair.recover import recover_lake

    with sentences():
        contract = opening.contract(lake)
        store = opening.store(contract, uri)
        show_recovered(out, recover_lake(store, contract))


@app.command()
def lifecycle(lake: LakeName = "retail", uri: Uri = None) -> None:
    """Give a lake's bucket the rule that aborts staged writes after a week.

    The rules that the bucket has stay. Needs s3:GetLifecycleConfiguration and
    s3:PutLifecycleConfiguration.
    """
    from lake_assets.storage.lifecycle import DAYS, add_abort_rule
    from lake_assets.storage.s3 import S3Store

    with sentences():
        contract = opening.contract(lake)
        store = opening.store(contract, uri)
        if not isinstance(store, S3Store):
            raise opening.UsageError(
                f"{store.uri} is no bucket. In a directory, `lake recover` is all that is needed"
            )
        what = "has now" if add_abort_rule(store) else "had already"
        told = f"{store.uri} {what} a rule that aborts staged writes after {DAYS} days."
        out.print(told, markup=False, soft_wrap=True)


@app.command()
def replay(
    target: Target,
    arrivals: Annotated[
        str | None,
        typer.Option(metavar="DATE[..DATE]", help="Files that arrived on these days (UTC)."),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--file", metavar="NAME", help="Files of this name, as they were dropped."),
    ] = None,
    rejects: Annotated[
        bool, typer.Option("--rejects", help="Files that have rejected rows.")
    ] = False,
    reasons: Annotated[
        list[str] | None,
        typer.Option(
            "--reason",
            metavar="R",
            help="Files with rows rejected for this: INVALID_NUMBER, or with what it names, "
            "INVALID_NUMBER:revenue. Of several, for any of them.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All files.")] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also files read under this version of the contract."),
    ] = False,
    is_trial: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be read again.")
    ] = False,
    uri: Uri = None,
) -> None:
    """Read archived files again after a change of the contract, and make gold of them.

    What comes of a file takes the place of what stood, all or nothing, once per version of the
    contract. The options narrow each other.

    Exit code 0: done, or nothing to do. 1: a file cannot be read any more, or is missing; what it
    gave stands, and all others are replayed.
    """
    from lake_assets.cli.repair import replay_files, selection, show_replayed, show_trial

    with sentences():
        contract, dataset = opening.target(target)
        if not (arrivals or files or rejects or reasons or everything):
            raise opening.UsageError(
                "say what is replayed: --rejects, --reason R, --file NAME, --arrivals "
                "DATE[..DATE], or --all"
            )
        chosen = selection(
            arrivals, files or (), rejects=rejects, reasons=reasons or (), again=again
        )
        store = opening.store(contract, uri)
        if is_trial:
            show_trial(out, store, dataset, chosen)
            return
        found = replay_files(store, contract, dataset, chosen, err)
        if not show_replayed(out, dataset, chosen, found):
            raise typer.Exit(1)


@app.command()
def rebuild(
    target: Target,
    dates: Annotated[
        str,
        typer.Option("--dates", metavar="DATE[..DATE]", help="Event dates.", show_default=False),
    ],
    uri: Uri = None,
) -> None:
    """Rebuild processed and gold of some event dates from the archive.

    With the same contract and code, the files come out under the same names with the same bytes.
    Otherwise the runs that touched the dates are restated as a whole.
    """
    from lake_assets.cli.repair import days_between, rebuild_range, show_rebuilt

    with sentences():
        contract, dataset = opening.target(target)
        days = days_between(dates)
        store = opening.store(contract, uri)
        rebuilt, metrics = rebuild_range(store, contract, dataset, days, err)
        show_rebuilt(out, dataset, days, rebuilt, metrics)
