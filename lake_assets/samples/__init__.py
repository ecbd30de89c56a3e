"""Made-up input files for the demo, the tests and the benchmark, each with its truth."""

from lake_assets.samples.retail import RetailOptions, retail_files, write_retail_files
from lake_assets.samples.telco import TELCO_DATASETS, TelcoScale, telco_files, telco_truth
from lake_assets.samples.telco_whole import TelcoTruth
from lake_assets.samples.truth import SampleFile, Truth, gold_rows

__all__ = [
    "TELCO_DATASETS",
    "RetailOptions",
    "SampleFile",
    "TelcoScale",
    "TelcoTruth",
    "Truth",
    "gold_rows",
    "retail_files",
    "telco_files",
    "telco_truth",
    "write_retail_files",
]
