"""The steps of the pipeline: validate, ingest, compact. They run anywhere, without Dagster.

Each step takes a store, a contract and, for the row work, an engine: something with a ``map``
that decides where tasks run (:class:`lake_assets.jobs.reading.task.Engine`).
"""
