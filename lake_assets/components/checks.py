"""Asset checks: what the functions in ``jobs.checks`` find, as Dagster shows it."""

from typing import TYPE_CHECKING

import dagster as dg

from lake_assets.components.metadata import markdown

if TYPE_CHECKING:
    from lake_assets.jobs.checks import Finding


def spec(
    name: str, asset: dg.AssetKey, description: str, *, blocking: bool = False
) -> dg.AssetCheckSpec:
    """A check of an asset; a blocking one holds back what is downstream."""
    return dg.AssetCheckSpec(name, asset=asset, description=description, blocking=blocking)


def result(
    name: str, asset: dg.AssetKey, finding: "Finding", *, warn: bool = False
) -> dg.AssetCheckResult:
    """A finding as a check's result; ``warn`` makes a failure a warning."""
    metadata: dict[str, object] = dict(finding.figures)
    if finding.table:
        metadata["details"] = markdown(finding.table)
    return dg.AssetCheckResult(
        passed=finding.passed,
        asset_key=asset,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN if warn else dg.AssetCheckSeverity.ERROR,
        description=finding.sentence,
        metadata=metadata,  # type: ignore[arg-type]
    )
