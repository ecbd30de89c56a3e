"""The ``lake`` command: the same jobs as the Dagster assets, from a terminal."""

from lake_assets.cli import commands, repair_commands
from lake_assets.cli.shell import app

__all__ = ["app", "commands", "repair_commands"]
