"""The check of files that are of no dataset."""

from collections.abc import Sequence

from lake_assets.contracts.lake import Lake
from lake_assets.jobs.checks.finding import Finding, Row, listed
from lake_assets.jobs.unknown import known_folders
from lake_assets.jobs.validate import Verdict, sentence_of_stuck, stuck
from lake_assets.storage.objects import ObjectInfo
from lake_assets.storage.zones import REASON, reason_key


def folders_known(lake: Lake, verdicts: Sequence[Verdict], kept: Sequence[ObjectInfo]) -> Finding:
    """No file came that is of no dataset.

    What is kept counts, not only what this run has taken away: a run that died after it had done
    so is done again, and finds nothing more to take.

    Args:
        lake: the contract.
        verdicts: of this run.
        kept: what stands where such files of that arrival date are kept, reasons included.
    """
    held = stuck(verdicts)
    keys = {info.key for info in kept}
    table: list[Row] = [
        {
            "file": info.key,
            "bytes": info.size,
            "arrived (UTC)": f"{info.arrived:%Y-%m-%d %H:%M:%S}",
        }
        for info in kept
        if not info.key.endswith(REASON) or reason_key(info.key) in keys
    ]
    sentence = "No such file came."
    if table:
        came = f"{len(table):,} file{'s' if len(table) > 1 else ''} of no dataset came"
        sentence = f"{came}: {listed(_dropped_as(lake, str(row['file'])) for row in table)}."
    if held:
        sentence += f" {sentence_of_stuck(held)}"
    return Finding(
        not (table or held),
        sentence,
        {"files": len(table), "stuck": len(held)},
        table,
        recover=f"Files are taken from {known_folders(lake)}. Drop each file again in the folder "
        "of its dataset, tell the sender, and delete it here with its reason. If it is of a new "
        "dataset, declare that in the contract first.",
    )


def _dropped_as(lake: Lake, key: str) -> str:
    """``invoices/july.csv`` of ``rejected/_unknown/2025-07-01/invoices/july.csv``."""
    kept = lake.unknown.rejected if lake.unknown else ""
    return key.removeprefix(kept).partition("/")[2]
