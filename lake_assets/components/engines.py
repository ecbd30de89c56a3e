"""Where jobs run, as Dagster resources: one a place, and each runs a job and returns its report.

Nothing here is connected before the first job runs; polars and pyspark are imported then.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import BaseModel

from lake_assets.contracts.engine import EngineName
from lake_assets.settings import Settings, connect, load_settings

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
    """Threads on the machine of the run."""

    def engine(self) -> "Engine":
        """A pool of threads."""
        from lake_assets.engines.local import LocalEngine

        return LocalEngine(load_settings().workers)


class SparkJobEngine(_InThisProcess):
    """Spark, through dagster-pyspark: ``local[N]``, a cluster, or a Spark Connect server."""

    def engine(self) -> "Engine":
        """A Spark session, which is opened once a process.

        Raises:
            dagster.Failure: PySpark, Java or the server is missing.
        """
        from lake_assets.engines.java import SparkCannotRun
        from lake_assets.engines.spark_setup import spark_engine

        chosen = load_settings().spark
        try:
            return spark_engine(chosen.master, chosen.remote, chosen.options, in_dagster=True)
        except SparkCannotRun as error:
            raise dg.Failure(str(error), allow_retries=False) from error


class _Submitted(JobEngine):
    def target(self, settings: Settings) -> BaseModel | None:
        """What the environment says of the service."""
        raise NotImplementedError

    def service(self, settings: Settings, options: "Options") -> "Service":
        """Where jobs are submitted."""
        raise NotImplementedError

    def run(self, context: "Context", job: "Job") -> Done:
        settings = load_settings()
        name = type(self).__name__
        if settings.remote is None or self.target(settings) is None:
            raise dg.Failure(
                f"{name} is to run the job, and is not set up: set LAKE_REMOTE__DEPLOY_URI, and "
                "the LAKE_... variables of the service (docs/how-to/run-on-glue-and-emr.md).",
                allow_retries=False,
            )
        if not job.uri.startswith("s3://"):
            raise dg.Failure(
                f"{name} is to run the job, but the lake is at {job.uri}, where a service does not "
                "get. Put the lake into a bucket (docs/how-to/run-on-s3.md), or choose another "
                "engine.",
                allow_retries=False,
            )
        try:
            return self._submit(context, job, settings, settings.remote)
        except ImportError as error:
            raise dg.Failure(
                f"{name} cannot run: {error}. Install it: pip install 'lake-assets[remote]'",
                allow_retries=False,
            ) from error

    def _submit(
        self, context: "Context", job: "Job", settings: Settings, options: "Options"
    ) -> Done:
        from pydantic import ValidationError

        from lake_assets.engines.remote.errors import RemoteRunError
        from lake_assets.engines.remote.explain import explain
        from lake_assets.engines.remote.service import FAILURES
        from lake_assets.engines.remote.submit import submit
        from lake_assets.jobs.report import Report

        try:
            try:
                service = self.service(settings, options)
            except FAILURES as error:
                raise explain(error, type(self).__name__) from error
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

    def target(self, settings: Settings) -> BaseModel | None:
        """The job, by its name."""
        return settings.glue

    def service(self, settings: Settings, options: "Options") -> "Service":
        """Glue, in the region of the options."""
        from lake_assets.engines.remote.glue import GlueService

        assert settings.glue
        return GlueService.connect(settings.glue, options)


class EmrServerlessJobEngine(_Submitted):
    """An application of EMR Serverless."""

    def target(self, settings: Settings) -> BaseModel | None:
        """The application, by its id."""
        return settings.emr_serverless

    def service(self, settings: Settings, options: "Options") -> "Service":
        """EMR Serverless, in the region of the options."""
        from lake_assets.engines.remote.emr_serverless import EmrServerlessService

        assert settings.emr_serverless
        return EmrServerlessService.connect(settings.emr_serverless, options)


class EmrJobEngine(_Submitted):
    """A cluster of EMR on EC2, to which each job is a step."""

    def target(self, settings: Settings) -> BaseModel | None:
        """The cluster, by its id."""
        return settings.emr

    def service(self, settings: Settings, options: "Options") -> "Service":
        """EMR, in the region of the options."""
        from lake_assets.engines.remote.emr import EmrService

        assert settings.emr
        return EmrService.connect(settings.emr, options)


class JobEngines(dg.ConfigurableResource):  # type: ignore[type-arg]
    """All places where the jobs of a lake may run, as the environment of the run sets them up.

    They hold no settings: what a resource holds is shown in Dagster, and settings of Spark may be
    secrets.
    """

    local: LocalJobEngine
    spark: SparkJobEngine
    glue: GlueJobEngine
    emr_serverless: EmrServerlessJobEngine
    emr: EmrJobEngine

    def of(self, name: EngineName) -> JobEngine:
        """The one of that name."""
        found: JobEngine = getattr(self, name.name.lower())
        return found


def engines() -> JobEngines:
    """All of them."""
    return JobEngines(
        local=LocalJobEngine(),
        spark=SparkJobEngine(),
        glue=GlueJobEngine(),
        emr_serverless=EmrServerlessJobEngine(),
        emr=EmrJobEngine(),
    )
