"""The tables, as rows of text."""

from collections.abc import Sequence

from benchmarks.glue import Bill
from benchmarks.measure import Runs, Sample

Row = tuple[str, ...]

SPEED_COLUMNS = (
    "", "seconds", "min", "max", "without start-up", "MB/s", "peak MB", "ours takes",
)  # fmt: skip
RATIO_COLUMNS = ("without start-up", "ratio", "must be", "holds")
SIZE_COLUMNS = ("", "MB", "rows", "seconds", "µs a row", "peak MB")
SPARK_SIZE_COLUMNS = ("", "MB", "rows", "seconds without start-up", "seconds a GB", "peak MB")
SMALL_COLUMNS = ("", "files", "seconds", "without start-up", "files/s", "peak MB")
GLUE_COLUMNS = ("", "a job a file", "lake_assets, one batch", "PySpark DataFrames, one batch")


def speed_rows(sample: Sample, contenders: Sequence[Runs]) -> list[Row]:
    """A row a contender; the first one is ours."""
    ours = contenders[0].median
    return [
        (
            runs.name,
            f"{runs.median:.1f}",
            f"{min(runs.seconds):.1f}",
            f"{max(runs.seconds):.1f}",
            f"{runs.work_median:.1f}",
            f"{sample.megabytes / runs.median:.0f}",
            f"{max(runs.peaks):,.0f}",
            f"{ours / runs.median:.2f}",
        )
        for runs in contenders
    ]


def size_row(title: str, sample: Sample, runs: Runs) -> Row:
    """A row of the table by size."""
    return (
        title,
        f"{sample.megabytes:,.0f}",
        f"{sample.all_rows:,}",
        f"{runs.median:.1f}",
        f"{runs.median / sample.all_rows * 1e6:.2f}",
        f"{max(runs.peaks):,.0f}",
    )


def spark_size_row(title: str, sample: Sample, runs: Runs) -> Row:
    """A row of the table by size on Spark."""
    return (
        title,
        f"{sample.megabytes:,.0f}",
        f"{sample.all_rows:,}",
        f"{runs.work_median:.1f}",
        f"{runs.work_median / sample.megabytes * 1e3:.1f}",
        f"{max(runs.peaks):,.0f}",
    )


def small_row(title: str, sample: Sample, runs: Runs) -> Row:
    """A row of the table of small files."""
    return (
        title,
        f"{sample.files:,}",
        f"{runs.median:.1f}",
        f"{runs.work_median:.1f}",
        f"{sample.files / runs.median:,.0f}",
        f"{max(runs.peaks):,.0f}",
    )


def bill_row(bill: Bill) -> Row:
    """A row of the table of costs."""
    amounts = (bill.job_a_file, bill.batch, bill.dataframes)
    return (bill.title, *("not measured" if a is None else _money(a) for a in amounts))


def _money(dollars: float) -> str:
    return f"${dollars:,.{2 if dollars >= 1 else 3}f}"
