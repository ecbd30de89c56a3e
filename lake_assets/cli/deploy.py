"""`lake deploy`: what remote jobs need, put into a bucket."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from lake_assets.cli import opening
from lake_assets.cli.shell import app, out, sentences
from lake_assets.engines.remote.names import Architecture, Engine

if TYPE_CHECKING:
    from lake_assets.engines.remote.glue_job import JobDefinition
    from lake_assets.engines.remote.package import Deployed, Plan
    from lake_assets.storage.s3 import S3Store


@app.command()
def deploy(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URI",
            help="Where the artifacts go: s3://bucket or s3://bucket/prefix.",
            show_default=False,
        ),
    ],
    engines: Annotated[
        list[Engine] | None,
        typer.Option("--for", help="Who runs the jobs, glue if not told; repeatable."),
    ] = None,
    architecture: Annotated[
        Architecture, typer.Option("--arch", help="The processors of EMR's workers.")
    ] = Architecture.X86_64,
    python: Annotated[
        str, typer.Option(metavar="X.Y", help="Of the workers: 3.11 on Glue 5 and EMR 7.")
    ] = "3.11",
    glue_job: Annotated[
        str | None, typer.Option(metavar="NAME", help="Create or update this Glue job.")
    ] = None,
    glue_role: Annotated[
        str | None, typer.Option(metavar="ARN", help="The role that the Glue job runs as.")
    ] = None,
    glue_version: Annotated[str, typer.Option(help="Of the Glue job.")] = "5.1",
    concurrent_runs: Annotated[
        int, typer.Option(min=1, help="Runs of the Glue job at once, at most.")
    ] = 10,
    is_trial: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be uploaded.")
    ] = False,
) -> None:
    """Put what jobs on Glue and EMR need into a bucket.

    That is lake_assets as it is here, and the packages that it needs, in the versions that are
    installed here. What is there already is not uploaded again.
    """
    from lake_assets.engines.remote.errors import RemoteRunError
    from lake_assets.engines.remote.glue_job import JobDefinition
    from lake_assets.engines.remote.package import deploy as upload
    from lake_assets.engines.remote.package import plan, survey
    from lake_assets.engines.remote.requirements import Platform

    with sentences():
        job = None
        if glue_job:
            job = JobDefinition(
                glue_job, glue_role, glue_version=glue_version, concurrent_runs=concurrent_runs
            )
        elif glue_role:
            raise opening.UsageError("--glue-role is the role of a --glue-job NAME")
        store = _bucket(to)
        try:
            chosen = {*(engines or [Engine.GLUE]), *([Engine.GLUE] if job else [])}
            planned = plan(chosen, Platform(python, architecture))
            if is_trial:
                show(out, store, planned, survey(store, planned), is_trial=True)
                return
            show(out, store, planned, upload(store, planned))
            if job:
                out.print(_ensure(store, job), markup=False, soft_wrap=True)
        except RemoteRunError as error:
            raise opening.CommandFailed(str(error)) from error


def show(
    console: Console,
    store: "S3Store",
    planned: "Plan",
    done: "list[Deployed]",
    *,
    is_trial: bool = False,
) -> None:
    """A line an artifact: what becomes of it, its key and size."""
    new = "to upload" if is_trial else "uploaded"
    for each in done:
        is_there = each.bytes is not None and not each.is_new
        size = f"  {each.bytes / 1e6:,.1f} MB" if each.bytes is not None else ""
        word = "is there" if is_there else new
        console.print(f"{word:<9}  {each.planned.key}{size}", markup=False, soft_wrap=True)
    told = f"{len(planned.requirements)} packages beside lake_assets, for {planned.platform.tag}"
    console.print(f"{told}, at {store.uri}", markup=False, soft_wrap=True)


def _bucket(uri: str) -> "S3Store":
    from lake_assets.settings import load_settings
    from lake_assets.storage.open import open_store
    from lake_assets.storage.s3 import S3Store

    store = open_store(uri, endpoint=load_settings().s3_endpoint)
    if not isinstance(store, S3Store):
        raise opening.UsageError(f"{uri} is no bucket; give --to s3://bucket/prefix")
    return store


def _ensure(store: "S3Store", job: "JobDefinition") -> str:
    import boto3

    from lake_assets.engines.remote.deployment import Deployment
    from lake_assets.engines.remote.exchange import check_region
    from lake_assets.engines.remote.explain import explain
    from lake_assets.engines.remote.glue_job import ensure_job
    from lake_assets.engines.remote.service import CONFIG, FAILURES

    target = f"the Glue job {job.name!r}"
    try:
        client = boto3.client("glue", config=CONFIG)
    except FAILURES as error:
        raise explain(error, target) from error
    check_region(store, client.meta.region_name)
    return f"{ensure_job(client, job, Deployment.read(store)):<9}  {target}"
