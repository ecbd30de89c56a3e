"""What to do about an incident: the contract's own line, or ours."""

from lake_assets.alerts.incident import Identity
from lake_assets.contracts.alerts import AlertKind, Runbook
from lake_assets.contracts.lake import Lake

OURS: Runbook = {
    AlertKind.FAILED_CHECK: "Open the check: its details say where it fails. `lake rejects --lake "
    "{lake}` lists rejected rows by reason, `lake reconcile --lake {lake}` proves what the lake "
    "holds.",
    AlertKind.FAILED_RUN: "Open the run and read its error. Files that wait are taken again by "
    "themselves; `lake status --lake {lake}` shows what waits.",
    AlertKind.SYSTEM_REJECT: "`lake rejects --lake {lake}` says why. Mend the file and drop it "
    "again, or extend the contract; then remove the refused file "
    "(docs/how-to/fix-a-refused-file.md).",
    AlertKind.LATE_DATA: "Nothing is lost: gold of those dates is made again. Ask the sender, and "
    "tell those who have used the dates.",
}


def what_to_do(lake: Lake, identity: Identity) -> str:
    """The line of the dataset, else of the lake, else ours."""
    for dataset in lake.datasets:
        if dataset.name == identity.dataset and (line := dataset.runbook.get(identity.kind)):
            return line
    return lake.alerts.runbook.get(identity.kind) or OURS[identity.kind].format(lake=lake.lake)
