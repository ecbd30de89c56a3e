"""lake_assets: drop files in a bucket, get a governed, queryable lake in Dagster."""

__version__ = "0.1.0"
