"""What a run costs, from what the service counted."""

from lake_assets.engines.remote.options import Rates
from lake_assets.engines.remote.service import Usage


def estimate(usage: Usage, rates: Rates) -> tuple[float | None, dict[str, float]]:
    """US dollars, and the rates that went into them, per unit and hour.

    None if nothing was counted, or what was counted has no rate: an unknown price is not zero.
    """
    priced = {
        "dpu_hours": rates.glue_dpu_hour,
        "vcpu_hours": rates.emr_serverless_vcpu_hour,
        "memory_gb_hours": rates.emr_serverless_memory_gb_hour,
        "storage_gb_hours": rates.emr_serverless_storage_gb_hour,
        "cluster_hours": rates.emr_cluster_hour,
    }
    amounts = {name: amount for name, amount in vars(usage).items() if amount is not None}
    used = {name: rate for name in amounts if (rate := priced[name]) is not None}
    if not used:
        return None, {}
    return sum(amounts[name] * rate for name, rate in used.items()), used
