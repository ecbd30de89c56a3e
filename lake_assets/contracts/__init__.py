"""What a dataset must look like: pydantic models, no behaviour beyond validation.

A lake is declared once, in ``defs/<lake>/defs.yaml``; :func:`load_lake` reads that file
for the command line and the jobs, and the Dagster component validates the very same models.
"""

from lake_assets.contracts.column import Column, ColumnType
from lake_assets.contracts.dataset import Dataset
from lake_assets.contracts.errors import ContractError
from lake_assets.contracts.lake import Lake
from lake_assets.contracts.load import load_lake
from lake_assets.contracts.rule import Rule, Severity

__all__ = [
    "Column",
    "ColumnType",
    "ContractError",
    "Dataset",
    "Lake",
    "Rule",
    "Severity",
    "load_lake",
]
