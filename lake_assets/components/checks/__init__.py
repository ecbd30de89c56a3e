"""Asset checks: those of an asset's own run, and those that stand by themselves."""
