"""``python -m lake_assets.jobs``: a job, from the command line or from whoever submitted it.

The one place where jobs meet engines, and the only one that knows Dagster Pipes. Arguments are
read as ``--name value`` and as ``--name=value``; others, which services add, are left alone.

=============================================  ================================================
``--engine local|spark``                       where tasks run (local)
``--master``, ``--workers``                    of Spark, where the service does not set it; threads
``--dagster-pipes-context``, ``-messages``     the job comes from Dagster; it gets the report
``--job``                                      the job: JSON, or a file with it; ``-`` is the input
=============================================  ================================================

Without Dagster the report goes to the standard output, as one line of JSON.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from lake_assets import __version__
from lake_assets.engines.local import LocalEngine
from lake_assets.jobs.job import Job
from lake_assets.jobs.reading.task import Engine
from lake_assets.jobs.report import Report
from lake_assets.jobs.run_job import run_job
from lake_assets.storage.open import open_store

PIPES = "--dagster-pipes-context"


class JobRefused(Exception):
    """What is to be done cannot be understood here; the message says why."""


def main() -> int:
    """Run the job; 0 if it was done, 2 if it was not understood.

    Raises:
        Exception: whatever the job raises; where Dagster waits, it is told.
    """
    sys.argv[1:] = _flat(sys.argv[1:])  # where Pipes looks, too
    arguments = _parser().parse_known_args()[0]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if PIPES in sys.argv:
        _report_to_dagster(arguments)
        return 0
    try:
        report = _run(_read(arguments.job), arguments)
    except JobRefused as error:
        print(f"lake_assets.jobs: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print(report.model_dump_json())  # noqa: T201
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m lake_assets.jobs", allow_abbrev=False)
    parser.add_argument("--engine", choices=("local", "spark"), default="local")
    parser.add_argument("--master", help="local[4], spark://host:7077; else the service decides")
    parser.add_argument("--workers", type=int, help="threads of the local engine; one a core")
    parser.add_argument("--job", default="-", help="JSON, a file with it, or - for the input")
    return parser


def _flat(argv: Sequence[str]) -> list[str]:
    """``--name=value`` as two."""
    return [
        part
        for argument in argv
        for part in (argument.split("=", 1) if argument.startswith("--") else [argument])
    ]


def _read(given: str) -> Job:
    if given == "-":
        text = sys.stdin.read()
    elif given.lstrip().startswith("{"):
        text = given
    else:
        try:
            text = Path(given).read_text("utf-8")
        except OSError as error:
            raise JobRefused(f"cannot read the job {given}: {error.strerror}") from error
    try:
        return Job.model_validate_json(text)
    except ValidationError as error:
        raise JobRefused(_sentence(error)) from error


def _run(job: Job, arguments: argparse.Namespace) -> Report:
    if job.version != __version__:
        raise JobRefused(
            f"the job was made by lake_assets {job.version}, and this is {__version__}: rows could "
            "be read otherwise. Deploy the version that submits: `lake deploy`."
        )
    store = open_store(job.uri, endpoint=job.endpoint)
    store.check()
    return run_job(store, job, _engine(arguments))


def _engine(arguments: argparse.Namespace) -> Engine:
    if arguments.engine == "local":
        return LocalEngine(arguments.workers)
    from lake_assets.engines.spark import SparkEngine, open_session, session_options

    options = session_options(arguments.master)
    return SparkEngine(lambda: open_session(options))


def _report_to_dagster(arguments: argparse.Namespace) -> None:
    import boto3
    import dagster_pipes

    client = boto3.client("s3")
    given = dagster_pipes.PipesCliArgsParamsLoader()  # type: ignore[no-untyped-call]
    with dagster_pipes.open_dagster_pipes(
        context_loader=dagster_pipes.PipesS3ContextLoader(client),
        message_writer=dagster_pipes.PipesS3MessageWriter(client),
        params_loader=given,
    ) as pipes:
        try:
            job = Job.model_validate(pipes.get_extra("job"))
        except ValidationError as error:
            raise JobRefused(_sentence(error)) from error
        report = _run(job, arguments)
        pipes.report_custom_message({"report": report.model_dump(mode="json")})


def _sentence(error: ValidationError) -> str:
    told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return (
        f"this is no job of lake_assets {__version__}: {told}. If it was submitted from Dagster, "
        "deploy the version that submits: `lake deploy`."
    )


if __name__ == "__main__":
    sys.exit(main())
