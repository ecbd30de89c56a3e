"""Retail files from CSV to gold with DuckDB, as one would write it by hand for these files.

The same counts and the same gold rows as ours on the files of ``lake_assets.samples``. Less is
asked of it, and each of these saves it time:

- no raw rows and no line numbers: a reject keeps its values as text and its first reason only;
- no row is counted outside the parser, nothing is archived, nothing is committed: files appear as
  they are written, and no write is flushed to the disk;
- the formats are those of these files: UTF-8, LF or CR LF, cells without padding, a repeated
  header only in the spelling of the first one, ``;`` the only stray delimiter;
- amounts with more than two decimals would be rounded, and 1e2 would be a number.

Of two rows of one transaction the later one stays, by file and by row in it. Rows are numbered as
they are read, in one thread a file: the order in which parallel readers insert them is not always
that of the file.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.peers.retail_header import COLUMNS, NAMES, normalised

MACROS: Final = r"""
CREATE MACRO absent(t) AS
    length(t) <= 4 AND lower(t) IN ('', '-', 'n/a', 'na', 'null', 'none', 'nan');
CREATE MACRO given(t) AS CASE WHEN absent(t) THEN NULL ELSE t END;
CREATE MACRO bare(t) AS regexp_replace(t, '[$€£\s()-]|[A-Z]{3}', '', 'g');
CREATE MACRO money(t) AS coalesce(
    TRY_CAST(t AS DECIMAL(18, 2)),
    CASE WHEN t[1] = '$' THEN TRY_CAST(replace(t[2:], ',', '') AS DECIMAL(18, 2)) END,
    CASE WHEN t <> '' THEN TRY_CAST(
        CASE WHEN regexp_matches(t, '^\(.*\)$|-') THEN '-' ELSE '' END ||
        CASE WHEN regexp_matches(t, ',[0-9]{1,2}\)?$')
            THEN replace(replace(bare(t), '.', ''), ',', '.')
            ELSE replace(bare(t), ',', '') END AS DECIMAL(18, 2)) END);
CREATE MACRO instant(t, slashed) AS CASE
    WHEN t[5] IN ('-', '/') THEN TRY_CAST(t AS TIMESTAMP)
    WHEN t LIKE '__/%' THEN CASE WHEN suffix(t, 'M')
        THEN try_strptime(t, '%m/%d/%Y %I:%M%p') ELSE try_strptime(t, slashed) END
    WHEN t LIKE '__-%' THEN try_strptime(t, '%d-%m-%y %H:%M')
    ELSE try_strptime(t, ['%Y%m%d %H%M%S', '%Y%m%d']) END;
"""

TABLE: Final = """CREATE TABLE typed AS
SELECT * EXCLUDE (ragged, settled, timestamp_text, quantity_text, unit_price_text, revenue_text),
    CASE WHEN reject_reason IS NOT NULL
        THEN [timestamp_text, quantity_text, unit_price_text, revenue_text] END AS texts
FROM (SELECT *, CASE
    WHEN ragged THEN 'STRUCTURAL'
    WHEN absent(transaction_id) OR absent(store_id) OR absent(item_id)
        OR (timestamp IS NULL AND absent(timestamp_text))
        OR (quantity IS NULL AND absent(quantity_text))
        OR (unit_price IS NULL AND absent(unit_price_text))
        OR (revenue IS NULL AND absent(revenue_text)) THEN 'MISSING_REQUIRED_COLUMN'
    WHEN timestamp IS NULL AND NOT settled AND try_strptime(timestamp_text, [
        '%d/%m/%Y %H:%M', '%d/%m/%Y %H:%M:%S', '%d/%m/%Y',
        '%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y']) IS NOT NULL THEN 'AMBIGUOUS_TIMESTAMP'
    WHEN timestamp IS NULL THEN 'INVALID_TIMESTAMP_FORMAT'
    WHEN quantity IS NULL OR unit_price IS NULL OR revenue IS NULL THEN 'INVALID_NUMBER'
    WHEN abs(revenue - quantity * unit_price) > 0.01 OR quantity <= 0 OR unit_price <= 0
        OR timestamp < TIMESTAMP '2020-01-01' THEN 'BUSINESS_LOGIC_FAIL' END AS reject_reason
FROM ("""

HASH: Final = (
    "md5(concat(store_id, '||', timestamp::VARCHAR, '||', item_id, '||', item_category, '||', "
    "quantity, '||', unit_price, '||', revenue, '||', payment_method, '||', customer_id))"
)
PARQUET: Final = "FORMAT parquet, COMPRESSION snappy"


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its delimiter, its header, and where the columns stand in it."""

    path: Path
    delimiter: str
    header: list[str]

    @property
    def positions(self) -> dict[str, int]:
        """Column -> position of its cell."""
        names = [NAMES.get(normalised(cell), "") for cell in self.header]
        return {name: place for place, name in enumerate(names) if name}

    @property
    def reader(self) -> str:
        """A read_csv of all cells as text, and one more for what a row has too many.

        Cells that a row lacks are null and empty ones are '': the null string is in no file.
        """
        cells = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(self.header) + 1))
        return (
            f"read_csv('{_quoted(self.path)}', delim = '{self.delimiter}', quote = '\"', "
            f"escape = '\"', header = false, skip = 1, auto_detect = false, nullstr = '\\x00', "
            f"columns = {{{cells}}}, null_padding = true, strict_mode = false)"
        )


def run(files: Sequence[Path], out: Path, threads: int = 2, memory: str = "4GB") -> dict[str, int]:
    """Write processed/, rejects/ and gold/ below ``out``; rows by reject reason, '' is good."""
    database = duckdb.connect()
    database.execute(f"SET threads = {threads}; SET memory_limit = '{memory}'")
    database.execute(f"SET temp_directory = '{_quoted(out / 'spilled')}'")
    database.execute(MACROS)
    sources = [_source(path) for path in files]
    names = ", ".join(f"'{source.path.name.replace(chr(39), chr(39) * 2)}'" for source in sources)
    database.execute(f"CREATE TYPE file AS ENUM ({names})")
    slashed = _slashed(database, sources)
    parts = [_select(number, source, slashed[number]) for number, source in enumerate(sources)]
    # In one table, so that nothing is parsed twice; `place` decides between duplicates.
    database.execute(TABLE + " UNION ALL ".join(parts) + "))")
    _write_rows(database, out)
    _write_gold(database, out)
    counts = "SELECT coalesce(reject_reason, ''), count(*) FROM typed GROUP BY 1 ORDER BY 1"
    return dict(database.execute(counts).fetchall())


def _source(path: Path) -> Source:
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = file.readline().rstrip("\r\n")
    delimiter = max(",;\t|", key=line.count)
    return Source(path, delimiter, next(csv.reader([line], delimiter=delimiter)))


def _slashed(database: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> list[str | None]:
    """Each file's convention for 03/04/2025, from the dates that read one way, or its name."""
    votes = " UNION ALL ".join(
        f"SELECT {number} AS file, c{source.positions['timestamp']} AS t FROM {source.reader} "
        f"WHERE t LIKE '__/__/____%' AND NOT suffix(t, 'M')"
        for number, source in enumerate(sources)
    )
    day, month = (
        f"TRY_CAST(t[7:10] || '-' || {a} || '-' || {b} AS DATE)"
        for a, b in (("t[4:5]", "t[1:2]"), ("t[1:2]", "t[4:5]"))
    )
    evidence = database.execute(
        f"SELECT file, bool_or(d IS NOT NULL AND m IS NULL), bool_or(m IS NOT NULL AND d IS NULL), "
        f"list(DISTINCT d::VARCHAR), list(DISTINCT m::VARCHAR) "
        f"FROM (SELECT file, {day} AS d, {month} AS m FROM ({votes})) GROUP BY file"
    ).fetchall()
    conventions: list[str | None] = [None] * len(sources)
    for number, only_day, only_month, days, months in evidence:
        if not only_day and not only_month:
            named = re.search(r"20\d\d-\d\d-\d\d", sources[number].path.name)
            only_day, only_month = (bool(named and named[0] in dates) for dates in (days, months))
        if only_day != only_month:
            conventions[number] = "%d/%m/%Y" if only_day else "%m/%d/%Y"
    return conventions


def _select(number: int, source: Source, slashed: str | None) -> str:
    """The file's rows, typed; ``place`` is their order, in all files together."""
    last, places = len(source.header) - 1, source.positions
    rows = f"(SELECT *, {number << 40} + row_number() OVER () AS place FROM {source.reader})"
    cells = {name: f"c{place}" for name, place in places.items()}
    ragged = f"(c{last} IS NULL OR c{last + 1} IS NOT NULL)"
    if source.delimiter == ",":  # rows in ; among those in , are one cell
        semicolons = "length(c0) - length(replace(c0, ';', ''))"
        rows = f"(SELECT *, c1 IS NULL AND {semicolons} = {last} AS stray FROM {rows})"
        ragged = f"(NOT stray AND {ragged})"
        cells = {
            name: f"CASE WHEN stray THEN string_split(c0, ';')[{place + 1}] ELSE c{place} END"
            for name, place in places.items()
        }
    texts = ", ".join(f"{cells.get(name, 'NULL::VARCHAR')} AS {name}" for name in COLUMNS)
    everything = ", ".join(f"c{place}" for place in range(last + 1))
    key = places["transaction_id"]
    heading = source.header[key].replace("'", "''")
    formats = [f"{slashed}{clock}" for clock in (" %H:%M", " %H:%M:%S", "")]
    instant = f"instant(timestamp, {formats if slashed else 'NULL::VARCHAR'})"
    return f"""
        SELECT place, transaction_id, store_id, {instant} AS timestamp, item_id,
            given(item_category) AS item_category,
            CASE WHEN NOT contains(quantity, '.') THEN TRY_CAST(quantity AS INTEGER) END
                AS quantity,
            money(unit_price) AS unit_price, money(revenue) AS revenue,
            given(payment_method) AS payment_method, given(customer_id) AS customer_id,
            '{source.path.name.replace("'", "''")}'::file AS source_file,
            ragged, {slashed is not None} AS settled,
            timestamp AS timestamp_text, quantity AS quantity_text,
            unit_price AS unit_price_text, revenue AS revenue_text
        FROM (
            SELECT place, {texts}, {ragged} AS ragged FROM {rows}
            WHERE c{key} IS DISTINCT FROM '{heading}'
                AND NOT (c0 = '' AND concat({everything}) = ''))"""


def _write_rows(database: duckdb.DuckDBPyConnection, out: Path) -> None:
    database.execute(
        f"COPY (SELECT * EXCLUDE (place, reject_reason, texts), timestamp::DATE AS date FROM typed "
        f"WHERE reject_reason IS NULL) TO '{_quoted(out / 'processed')}' "
        f"({PARQUET}, PARTITION_BY (date))"
    )
    (out / "rejects").mkdir()
    database.execute(
        f"COPY (SELECT * EXCLUDE (place) FROM typed WHERE reject_reason IS NOT NULL) "
        f"TO '{_quoted(out / 'rejects' / 'part-0000.parquet')}' ({PARQUET})"
    )


def _write_gold(database: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Date by date, the last row of each transaction: at most one Parquet file a date."""
    days = "SELECT DISTINCT timestamp::DATE::VARCHAR FROM typed WHERE reject_reason IS NULL"
    for (day,) in sorted(database.execute(days).fetchall()):
        target = out / "gold" / f"date={day}"
        target.mkdir(parents=True)
        rows = (
            f"FROM typed WHERE reject_reason IS NULL AND timestamp >= TIMESTAMP '{day}' "
            f"AND timestamp < TIMESTAMP '{day}' + INTERVAL 1 DAY"
        )
        # A semi join with the greatest place takes less time than a window or DISTINCT ON.
        database.execute(
            f"COPY (SELECT * EXCLUDE (place, reject_reason, texts), {HASH} AS row_hash "
            f"FROM (SELECT * {rows}) AS dated SEMI JOIN "
            f"(SELECT max(place) AS place {rows} GROUP BY transaction_id) AS latest "
            f"USING (place) ORDER BY transaction_id) "
            f"TO '{_quoted(target / 'part-0000.parquet')}' ({PARQUET})"
        )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
