"""YAML to Dagster: assets, checks, jobs, sensors and resources of a lake."""

from lake_assets.components.lake import LakeComponent

__all__ = ["LakeComponent"]
