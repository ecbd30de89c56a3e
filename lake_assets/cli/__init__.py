"""The ``lake`` command: the same jobs as the Dagster assets, from a terminal."""

from lake_assets.cli.app import app

__all__ = ["app"]
