"""Retail files from CSV to gold with PySpark DataFrames, as one would write it for these files.

The same counts and the same gold rows as ours on the files of ``lake_assets.samples``. Less is
asked of it, as of the DuckDB script: no raw rows and no line numbers, one reason a reject, no
archive, no commit. What it knows of these files: UTF-8, cells without padding, a repeated header
only in the spelling of the first one, ``;`` the only stray delimiter.

Cells have line ends in them, so each file is read as a whole by one task (``multiLine``): Spark
cannot split it. All rows are kept in memory or on disk once typed, so that nothing is parsed
twice but the dates, whose order of day and month has to be known first.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType, StructField, StructType

from benchmarks.peers.retail_header import COLUMNS, NAMES, normalised

HASHED: Final = [name for name in COLUMNS if name != "transaction_id"]
CORRUPT: Final = "_corrupt_record"
ABSENT: Final = ("", "-", "n/a", "na", "null", "none", "nan")
CLOCK: Final = "[ H:mm[:ss]]"


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its place among them, its delimiter, its header, its line ends."""

    number: int
    path: Path
    delimiter: str
    header: list[str]
    crlf: bool

    def cell(self, name: str) -> str | None:
        """The column in which :meth:`read` gives the cells of a column of ours."""
        names = [NAMES.get(normalised(cell)) for cell in self.header]
        return f"c{names.index(name)}" if name in names else None

    def read(self, spark: SparkSession) -> DataFrame:
        """All cells as text, empty ones null; ``_corrupt_record`` has rows of another width."""
        names = [*(f"c{place}" for place in range(len(self.header))), CORRUPT]
        return spark.read.csv(
            str(self.path),
            schema=StructType([StructField(name, StringType()) for name in names]),
            sep=self.delimiter,
            header=True,
            quote='"',
            escape='"',
            multiLine=True,
            encoding="UTF-8",
            mode="PERMISSIVE",
            columnNameOfCorruptRecord=CORRUPT,
        )


@contextmanager
def session(directory: Path, threads: int = 2, memory: str = "4g") -> Iterator[SparkSession]:
    """Spark in this process, with its temporary files in a directory."""
    spark = (
        SparkSession.builder.master(f"local[{threads}]")
        .appName("retail")
        .config("spark.driver.memory", memory)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.local.dir", str(directory))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.sql.legacy.timeParserPolicy", "CORRECTED")
        .config("spark.sql.shuffle.partitions", str(8 * threads))
        # Else a row's width is checked only as far as the columns that are used.
        .config("spark.sql.csv.parser.columnPruning.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


def run(spark: SparkSession, files: Sequence[Path], out: Path) -> dict[str, int]:
    """Write processed/, rejects/ and gold/ below ``out``; rows by reject reason, '' is good."""
    sources = [_source(number, path) for number, path in enumerate(files)]
    slashed = _slashed(spark, sources)
    rows = reduce(
        DataFrame.unionByName, (_rows(spark, source, slashed[source.number]) for source in sources)
    ).persist(StorageLevel.MEMORY_AND_DISK)
    good = rows.where("reject_reason IS NULL").drop("texts", "reject_reason")
    good = good.withColumn("date", F.to_date("timestamp"))
    good.drop("place").write.partitionBy("date").parquet(str(out / "processed"))
    rejects = rows.where("reject_reason IS NOT NULL").drop("place")
    rejects.write.parquet(str(out / "rejects"))
    _write_gold(good, out / "gold")
    counts = rows.groupBy(F.coalesce("reject_reason", F.lit("")).alias("reason")).count().collect()
    rows.unpersist()
    return {row["reason"]: row["count"] for row in counts}


def _source(number: int, path: Path) -> Source:
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = file.readline()
    text = line.rstrip("\r\n")
    delimiter = max(",;\t|", key=text.count)
    header = next(csv.reader([text], delimiter=delimiter))
    return Source(number, path, delimiter, header, line.endswith("\r\n"))


def _slashed(spark: SparkSession, sources: Sequence[Source]) -> list[str | None]:
    """Each file's convention for 03/04/2025, from the dates that read one way, or its name."""
    texts = [
        source.read(spark).select(
            F.lit(source.number).alias("file"), F.col(str(source.cell("timestamp"))).alias("t")
        )
        for source in sources
    ]
    seen = reduce(DataFrame.union, texts).where(
        F.col("t").rlike(r"^\d\d/\d\d/\d{4}") & ~F.col("t").endswith("M")
    )
    date = F.substring("t", 1, 10)
    day, month = F.to_date(date, "dd/MM/yyyy"), F.to_date(date, "MM/dd/yyyy")
    evidence = (
        seen.groupBy("file")
        .agg(
            F.bool_or(day.isNotNull() & month.isNull()).alias("only_day"),
            F.bool_or(month.isNotNull() & day.isNull()).alias("only_month"),
            F.collect_set(day.cast("string")).alias("days"),
            F.collect_set(month.cast("string")).alias("months"),
        )
        .collect()
    )
    conventions: list[str | None] = [None] * len(sources)
    for found in evidence:
        only_day, only_month = found["only_day"], found["only_month"]
        if not only_day and not only_month:
            named = re.search(r"20\d\d-\d\d-\d\d", sources[found["file"]].path.name)
            only_day = bool(named and named[0] in found["days"])
            only_month = bool(named and named[0] in found["months"])
        if only_day != only_month:
            conventions[found["file"]] = "dd/MM/yyyy" if only_day else "MM/dd/yyyy"
    return conventions


def _rows(spark: SparkSession, source: Source, slashed: str | None) -> DataFrame:
    """The file's rows, typed; ``place`` tells their order, in all files together."""
    cells, corrupt = source.read(spark), F.col(CORRUPT)
    # Of one file alone, read by one task, the numbers follow the rows.
    order = F.struct(F.lit(source.number), F.monotonically_increasing_id())
    cells = cells.withColumn("place", order)
    key = str(source.cell("transaction_id"))
    heading = source.header[int(key[1:])]
    everything = F.coalesce(*(F.col(f"c{place}") for place in range(len(source.header))), corrupt)
    cells = cells.where(everything.isNotNull() & ~F.col(key).eqNullSafe(heading))
    ragged = corrupt.isNotNull()
    texts = {name: _cell(source.cell(name)) for name in COLUMNS}
    if source.delimiter == ",":  # rows in ; among those in , are one cell
        semicolons = F.split(corrupt, ";")
        stray = F.size(semicolons) == len(source.header)
        stray &= ~F.contains(corrupt, F.lit(","))
        texts = {
            name: F.when(
                ragged & stray, _given(F.element_at(semicolons, int(cell[1:]) + 1))
            ).otherwise(F.col(cell))
            if (cell := source.cell(name))
            else F.lit(None).cast("string")
            for name in COLUMNS
        }
        ragged &= ~stray
    if source.crlf:  # in a cell, Spark makes every line end a line feed
        texts["item_category"] = F.replace(texts["item_category"], F.lit("\n"), F.lit("\r\n"))
    cells = cells.select(
        "place", ragged.alias("ragged"), *(text.alias(name) for name, text in texts.items())
    )
    return _typed(cells, source.path.name, slashed)


def _cell(name: str | None) -> Column:
    return F.col(name) if name else F.lit(None).cast("string")


def _given(text: Column) -> Column:
    return F.when(text != "", text)


def _typed(cells: DataFrame, name: str, slashed: str | None) -> DataFrame:
    typed = cells.select(
        "place",
        "ragged",
        *(
            _present(column).alias(column)
            for column in ("transaction_id", "store_id", "item_id", "item_category")
        ),
        _instant(F.col("timestamp"), slashed).alias("timestamp"),
        F.when(~F.col("quantity").contains("."), F.col("quantity").cast("int")).alias("quantity"),
        _money(F.col("unit_price")).alias("unit_price"),
        _money(F.col("revenue")).alias("revenue"),
        _present("payment_method").alias("payment_method"),
        _present("customer_id").alias("customer_id"),
        F.array("timestamp", "quantity", "unit_price", "revenue").alias("texts"),
    )
    missing: Any = F.lit(False)
    for column in ("transaction_id", "store_id", "item_id"):
        missing |= F.col(column).isNull()
    for place, column in enumerate(("timestamp", "quantity", "unit_price", "revenue")):
        missing |= F.col(column).isNull() & _absent(F.col("texts")[place])
    number = F.col("quantity").isNull() | F.col("unit_price").isNull() | F.col("revenue").isNull()
    ambiguous: Any = F.lit(False)
    if not slashed:
        either = [_slash_date(F.col("texts")[0], order) for order in ("dd/MM", "MM/dd")]
        ambiguous = F.coalesce(*either).isNotNull()
    broken = (
        (F.abs(F.col("revenue") - F.col("quantity") * F.col("unit_price")) > 0.01)
        | (F.col("quantity") <= 0)
        | (F.col("unit_price") <= 0)
        | (F.col("timestamp") < F.lit("2020-01-01").cast("timestamp"))
    )
    reason = (
        F.when(F.col("ragged"), "STRUCTURAL")
        .when(missing, "MISSING_REQUIRED_COLUMN")
        .when(F.col("timestamp").isNull() & ambiguous, "AMBIGUOUS_TIMESTAMP")
        .when(F.col("timestamp").isNull(), "INVALID_TIMESTAMP_FORMAT")
        .when(number, "INVALID_NUMBER")
        .when(broken, "BUSINESS_LOGIC_FAIL")
    )
    return (
        typed.withColumn("reject_reason", reason)
        .withColumn("texts", F.when(F.col("reject_reason").isNotNull(), F.col("texts")))
        .withColumn("source_file", F.lit(name))
        .drop("ragged")
    )


def _absent(text: Column) -> Column:
    return text.isNull() | F.lower(text).isin(*ABSENT)


def _present(name: str) -> Column:
    return F.when(~_absent(F.col(name)), F.col(name))


def _money(text: Column) -> Column:
    bare = F.regexp_replace(text, r"[$€£\s()-]|[A-Z]{3}", "")
    amount = (
        F.when(
            text.rlike(r",\d{1,2}\)?$"),
            F.replace(F.replace(bare, F.lit("."), F.lit("")), F.lit(","), F.lit(".")),
        )
        .otherwise(F.replace(bare, F.lit(","), F.lit("")))
        .cast("decimal(18,2)")
    )
    signed = F.when(text.rlike(r"^\(.*\)$|-"), -amount).otherwise(amount)
    return F.coalesce(text.cast("decimal(18,2)"), signed).cast("decimal(18,2)")


def _instant(text: Column, slashed: str | None) -> Column:
    """By the shape of the text: a format that does not fit costs an exception."""
    found = (
        F.when(text.rlike(r"^\d{4}-\d\d-\d\dT"), _time(text, "yyyy-MM-dd'T'HH:mm[:ss[.SSS]][XXX]"))
        .when(text.rlike(r"^\d{4}-"), _time(text, f"yyyy-MM-dd{CLOCK}"))
        .when(text.rlike(r"^\d{4}/"), _time(text, f"yyyy/MM/dd{CLOCK}"))
        .when(text.rlike(r"^\d\d/.*M$"), _time(text, "MM/dd/yyyy hh:mma"))
        .when(text.rlike(r"^\d\d-"), _time(text, "dd-MM-yy HH:mm"))
        .when(text.rlike(r"^\d{8}"), _time(text, "yyyyMMdd[ HHmmss]"))
    )
    if slashed:
        found = found.when(text.rlike(r"^\d\d/"), _time(text, f"{slashed}{CLOCK}"))
    return found


def _slash_date(text: Column, order: str) -> Column:
    return F.when(text.rlike(r"^\d\d/.*[^M]$"), _time(text, f"{order}/yyyy{CLOCK}"))


def _time(text: Column, pattern: str) -> Column:
    return F.to_timestamp(text, pattern)


def _write_gold(good: DataFrame, target: Path) -> None:
    """The last row of each transaction of a date; one Parquet file a date, ordered by key."""
    latest = Window.partitionBy("date", "transaction_id").orderBy(F.desc("place"))
    joined = F.concat_ws(
        "||", *(F.coalesce(F.col(name).cast("string"), F.lit("")) for name in HASHED)
    )
    (
        good.repartition("date")
        .withColumn("turn", F.row_number().over(latest))
        .where("turn = 1")
        .withColumn("row_hash", F.md5(joined))
        .drop("turn", "place")
        .write.partitionBy("date")
        .parquet(str(target))
    )
