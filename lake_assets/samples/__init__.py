"""Made-up input files for the demo, the tests and the benchmark, each with its truth."""

from lake_assets.samples.retail import RetailOptions, retail_files, write_retail_files
from lake_assets.samples.truth import SampleFile, Truth, gold_rows

__all__ = [
    "RetailOptions",
    "SampleFile",
    "Truth",
    "gold_rows",
    "retail_files",
    "write_retail_files",
]
