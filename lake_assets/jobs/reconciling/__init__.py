"""Whether the objects of a lake hold what its ledger says."""
