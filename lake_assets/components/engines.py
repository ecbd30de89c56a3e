"""Where jobs run, as Dagster resources: one a place, and each runs a job and returns its report.

Nothing here is connected before the first job runs; polars and pyspark are imported then.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import BaseModel

from lake_assets.contracts.engine import EngineName
from lake_assets.settings import Settings, connect

if TYPE_CHECKING:
    from lake_assets.engines.remote.options import Options
    from lake_assets.engines.remote.service import Service
    from lake_assets.engines.remote.submit import Context
    from lake_assets.jobs.job import Job
    from lake_assets.jobs.reading.task import Engine
    from lake_assets.jobs.report import Report


@dataclass(frozen=True)
class Done:
    """What a job reported, and metadata of the place where it ran."""

    report: "Report"
    metadata: dict[str, Any] = field(default_factory=dict)


class JobEngine(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Runs a job, wherever that is."""

    def run(self, context: "Context", job: "Job") -> Done:
        """Run a job and wait for its report.

        Raises:
            dagster.Failure: the job cannot run here, or failed; says what to do.
        """
        raise NotImplementedError


class _InThisProcess(JobEngine):
    def engine(self) -> "Engine":
        """What the job's tasks run on."""
        raise NotImplementedError

    def run(self, context: "Context", job: "Job") -> Done:
        from lake_assets.jobs.run_job import run_job

        return Done(run_job(connect(job.uri, job.endpoint), job, self.engine()))


class LocalJobEngine(_InThisProcess):
    """Threads on the machine of the run; one a core if ``workers`` is not set."""

    workers: int | None = None

    def engine(self) -> "Engine":
        """A pool of threads."""
        from lake_assets.engines.local import LocalEngine

        return LocalEngine(self.workers)


class SparkJobEngine(_InThisProcess):
    """Spark, through dagster-pyspark: ``local[N]``, a cluster, or a Spark Connect server."""

    master: str | None = None
    remote: str | None = None
    options: dict[str, str] = {}

    def engine(self) -> "Engine":
        """A Spark session, which is opened once a process."""
        from lake_assets.engines.spark import SparkEngine, dagster_session, session_options

        options = session_options(self.master, self.remote, self.options)
        return SparkEngine(lambda: dagster_session(options))


class _Submitted(JobEngine):
    """A service: ``options`` are of `remote.options.Options`, ``target`` is the service's own."""

    options: dict[str, Any] = {}
    target: dict[str, Any] = {}

    def service(self, options: "Options") -> "Service":
        """Where jobs are submitted."""
        raise NotImplementedError

    def run(self, context: "Context", job: "Job") -> Done:
        from pydantic import ValidationError

        from lake_assets.engines.remote.errors import RemoteRunError
        from lake_assets.engines.remote.options import Options
        from lake_assets.engines.remote.submit import submit
        from lake_assets.jobs.report import Report

        name = type(self).__name__
        if not (self.options and self.target):
            raise dg.Failure(
                f"{name} is to run the job, and is not set up: set LAKE_REMOTE__DEPLOY_URI, and "
                "the LAKE_... variables of the service (docs/how-to/run-on-glue-and-emr.md).",
                allow_retries=False,
            )
        try:
            options = Options(**self.options)
            service = self.service(options)
            done = submit(context, service, {"job": job.model_dump(mode="json")}, options)
        except RemoteRunError as error:
            raise dg.Failure(str(error), allow_retries=error.retryable) from error
        try:
            return Done(Report.model_validate(done.report), dict(done.metadata))
        except ValidationError as error:
            raise dg.Failure(
                f"The job reported what this version of lake_assets does not understand: {error}. "
                "Run `lake deploy` again from here.",
                allow_retries=False,
            ) from error


class GlueJobEngine(_Submitted):
    """A job of AWS Glue, as ``lake deploy --glue-job`` makes it."""

    def service(self, options: "Options") -> "Service":
        """The job, by its name."""
        from lake_assets.engines.remote.glue import GlueService
        from lake_assets.engines.remote.targets import GlueTarget

        return GlueService.connect(GlueTarget(**self.target), options)


class EmrServerlessJobEngine(_Submitted):
    """An application of EMR Serverless."""

    def service(self, options: "Options") -> "Service":
        """The application, by its id."""
        from lake_assets.engines.remote.emr_serverless import EmrServerlessService
        from lake_assets.engines.remote.targets import EmrServerlessTarget

        return EmrServerlessService.connect(EmrServerlessTarget(**self.target), options)


class EmrJobEngine(_Submitted):
    """A cluster of EMR on EC2, to which each job is a step."""

    def service(self, options: "Options") -> "Service":
        """The cluster, by its id."""
        from lake_assets.engines.remote.emr import EmrService
        from lake_assets.engines.remote.targets import EmrTarget

        return EmrService.connect(EmrTarget(**self.target), options)


class JobEngines(dg.ConfigurableResource):  # type: ignore[type-arg]
    """All places where the jobs of a lake may run."""

    local: LocalJobEngine
    spark: SparkJobEngine
    glue: GlueJobEngine
    emr_serverless: EmrServerlessJobEngine
    emr: EmrJobEngine

    def of(self, name: EngineName) -> JobEngine:
        """The one of that name."""
        found: JobEngine = getattr(self, name.name.lower())
        return found


def engines(settings: Settings) -> JobEngines:
    """All places, as the environment describes them."""
    options = _plain(settings.remote)
    return JobEngines(
        local=LocalJobEngine(workers=settings.workers),
        spark=SparkJobEngine(**settings.spark.model_dump()),
        glue=GlueJobEngine(options=options, target=_plain(settings.glue)),
        emr_serverless=EmrServerlessJobEngine(
            options=options, target=_plain(settings.emr_serverless)
        ),
        emr=EmrJobEngine(options=options, target=_plain(settings.emr)),
    )


def _plain(settings: BaseModel | None) -> dict[str, Any]:
    return {} if settings is None else settings.model_dump(mode="json", exclude_none=True)
