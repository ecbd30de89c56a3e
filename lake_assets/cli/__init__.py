"""The ``lake`` command: the same jobs as the Dagster assets, from a terminal."""

from lake_assets.cli import commands, deploy, repair_commands, snapshot_commands, warehouse
from lake_assets.cli.shell import app

__all__ = ["app", "commands", "deploy", "repair_commands", "snapshot_commands", "warehouse"]
