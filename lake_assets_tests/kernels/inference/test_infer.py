"""A contract drafted from samples: what it says, and that it reads them."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_assets.contracts import Dataset, load_lake
from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.partitioning import PartitionBy
from lake_assets.kernels.decoding.encoding import decode_head, sniff_encoding
from lake_assets.kernels.inference.draft import Draft
from lake_assets.kernels.inference.infer import InferenceError, Sample, infer_dataset
from lake_assets.samples import retail_files
from lake_assets_tests.kernels.reading import lines, read, retail

TODAY = date(2026, 7, 8)
TICKETS = (
    "Ticket No.;Paid-At;Car Park;Minutes;Fee (EUR);Card\n"
    "P-7001;31.01.2025 08:10;Station;95;3,80;yes\n"
    "P-7002;31.01.2025 08:12;Station;;1.004,00;no\n"
    "P-7003;01.02.2025 09:00;n/a;20;0,50;no\n"
)


def draft(*texts: str, **more: str) -> Draft:
    samples = [Sample(f"part{at}.csv", text, **more) for at, text in enumerate(texts)]  # type: ignore[arg-type]
    return infer_dataset(samples, lake="city", dataset="tickets", today=TODAY)


def contract(drafted: Draft, directory: Path) -> Dataset:
    """The draft as it is loaded, without an edit."""
    path = directory / "defs.yaml"
    path.write_text(drafted.to_yaml(), "utf-8")
    (dataset,) = load_lake(path).datasets
    return dataset


def line(drafted: Draft, beginning: str) -> str:
    """The one line of the YAML that begins so."""
    (found,) = [
        line for line in drafted.to_yaml().splitlines() if line.strip().startswith(beginning)
    ]
    return found.strip()


def test_types_come_from_what_the_cells_say(tmp_path: Path) -> None:
    dataset = contract(draft(TICKETS), tmp_path)
    assert {column.name: column.type.value for column in dataset.columns} == {
        "ticket_no": "string",
        "paid_at": "timestamp",
        "car_park": "string",
        "minutes": "integer",
        "fee_eur": "decimal",
        "card": "boolean",
    }
    assert dataset.column("paid_at").formats == ["d.M.yyyy[ H:mm[:ss[.SSS]]]"]
    assert [column.name for column in dataset.columns if column.required] == [
        "ticket_no", "paid_at", "fee_eur", "card",
    ]  # fmt: skip
    assert dataset.key == ["ticket_no"]
    assert dataset.partition.column == "paid_at"
    assert dataset.partition.start == date(2025, 1, 1)
    assert dataset.gold.table == "fact_tickets"
    assert dataset.gold.row_hash == ["paid_at", "car_park", "minutes", "fee_eur", "card"]
    assert dataset.csv.delimiters == [";"]


def test_a_draft_reads_its_sample(tmp_path: Path) -> None:
    rows = read(TICKETS, contract(draft(TICKETS), tmp_path), "part0.csv")
    assert rows.books.good == 3
    assert [str(fee) for fee in rows.good["fee_eur"]] == ["3.80", "1004.00", "0.50"]


def test_guesses_are_comments_on_their_lines() -> None:
    drafted = draft(TICKETS)
    assert line(drafted, "key:") == "key: [ticket_no]  # guess: unique in the sample"
    assert line(drafted, "- name: fee_eur").endswith('# in the file: "Fee (EUR)"')
    assert "# the sample has '', 'n/a'" in line(drafted, "nulls:")
    assert {guess.what for guess in drafted.all_guesses()} >= {"key", "partition.column"}


def test_the_draft_of_the_retail_samples_takes_what_the_shipped_contract_takes(
    tmp_path: Path,
) -> None:
    files = list(
        retail_files(seed=3, files=4, rows=300, days=4, start=date(2025, 1, 30), truth=False)
    )
    samples = []
    for file in files:
        encoding = sniff_encoding(file.content, ["utf-8", "windows-1252"])
        assert encoding is not None
        text = decode_head(file.content, encoding, whole=True)
        samples.append(Sample(file.name, text, encoding=None if encoding.mark else encoding.name))
    dataset = contract(infer_dataset(samples, lake="shop", dataset="sales", today=TODAY), tmp_path)
    headers = {column.name: {column.name, *column.aliases} for column in dataset.columns}
    same = {
        column.name: next(
            mine for mine, names in headers.items() if names & {column.name, *column.aliases}
        )
        for column in retail().columns
    }
    assert len(set(same.values())) == len(retail().columns)
    for file in files:
        shipped = read(file.content, retail(), file.name).good
        drafted = read(file.content, dataset, file.name).good
        # Without the shipped contract's rules more rows are good; none of its own is lost.
        kept = drafted.filter(pl.col("line_number").is_in(shipped["line_number"].implode()))
        assert kept["line_number"].to_list() == shipped["line_number"].to_list()
        for name, mine in same.items():
            assert kept[mine].cast(pl.String).to_list() == shipped[name].cast(pl.String).to_list()


@pytest.mark.parametrize(
    ("days", "formats", "comment"),
    [
        (["03/04/2025", "05/06/2025"], ["d/M/yyyy", "M/d/yyyy"], "does not tell day from month"),
        (["03/04/2025", "25/06/2025"], ["d/M/yyyy"], ""),
        (["03/04/2025", "05/26/2025"], ["M/d/yyyy"], ""),
        (["25/04/2025", "05/26/2025"], ["d/M/yyyy", "M/d/yyyy"], "1 texts are day first, 1 month"),
        (["03.04.2025", "05.06.2025"], ["d.M.yyyy"], ""),
    ],
)
def test_both_orders_are_listed_where_the_sample_does_not_tell(
    tmp_path: Path, days: list[str], formats: list[str], comment: str
) -> None:
    drafted = draft("id,day\n" + "".join(f"A{at},{day}\n" for at, day in enumerate(days)))
    found = contract(drafted, tmp_path).column("day").formats
    assert [pattern.partition("[")[0] for pattern in found] == formats
    assert comment in line(drafted, "formats:")
    assert bool(comment) == ("guess" in line(drafted, "formats:"))


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2025-01-02", "yyyy-MM-dd[ H:mm[:ss[.SSS]]]"),
        ("2025-01-02T10:00:00Z", "yyyy-MM-dd'T'HH:mm[:ss[.SSS]][XXX]"),
        ("2025/01/02 9:05", "yyyy/MM/dd[ H:mm[:ss[.SSS]]]"),
        ("01/31/2025 12:45PM", "M/d/yyyy h:mm[:ss][ ]a"),
        ("31-01-25 08:00", "d-M-yy[ H:mm[:ss[.SSS]]]"),
        ("20250131", "yyyyMMdd"),
        ("20250131 101500", "yyyyMMdd HHmmss"),
        ("2025-01-02 10:00:00 +01:00", "yyyy-MM-dd HH:mm[:ss[.SSS]][ ]XXX"),
        ("3 Jan 2025", "d MMM yyyy[ H:mm[:ss[.SSS]]]"),
        ("31-JAN-25", "d-MMM-yy[ H:mm[:ss[.SSS]]]"),
        ("January 3, 2025 9:30 pm", "MMMM d, yyyy h:mm[:ss][ ]a"),
        ("Fri, 3 Jan 2025 09:30", "E, d MMM yyyy[ H:mm[:ss[.SSS]]]"),
    ],
)
def test_common_patterns_are_known(tmp_path: Path, text: str, pattern: str) -> None:
    sample = f'id,at\nA1,"{text}"\nA2,"{text}"\n'
    dataset = contract(draft(sample), tmp_path)
    assert dataset.column("at").formats == [pattern]
    assert read(sample, dataset).books.good == 2


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("n", ["1", "1,200", "3.00"], "integer"),
        ("n", ["1", "2.5", "3"], "decimal"),
        ("n", ["$1,040.00", "(12.50)", "EUR 3"], "decimal"),
        ("n", ["007", "12", "13"], "string"),
        ("n", ["+491701234567", "12", "13"], "string"),
        ("n", ["1", "0", "1"], "integer"),
        ("n", ["yes", "no", "yes"], "boolean"),
        ("n", ["I10371", "I2", "I3"], "string"),
        ("n", ["12345678", "20250101", "99999999"], "integer"),
        ("n", ["", "-", "n/a"], "string"),
        ("customer_id", ["17", "18", "19"], "string"),
        ("n", [*map(str, range(19)), "many"], "integer"),
        ("n", ["1", "2", "many"], "string"),
    ],
)
def test_each_type_needs_its_evidence(
    tmp_path: Path, name: str, cells: list[str], kind: str
) -> None:
    rows = "".join(f'K{at},2025-01-02,"{cell}"\n' for at, cell in enumerate(cells))
    dataset = contract(draft(f"key_id,at,{name}\n{rows}"), tmp_path)
    assert dataset.column(name).type == ColumnType(kind)


def test_a_scale_is_as_large_as_the_sample_needs(tmp_path: Path) -> None:
    rows = "".join(f"A{at},2025-01-02,{at}.123456\n" for at in range(5))
    drafted = draft(f"id,at,rate\n{rows}")
    assert contract(drafted, tmp_path).column("rate").scale == 6
    assert "guess: the sample has up to 6 decimals" in line(drafted, "scale:")


def test_texts_that_would_be_rejected_are_counted() -> None:
    rows = "".join(f"A{at},2025-01-02,{at}\n" for at in range(30))
    drafted = draft(f"id,at,n\n{rows}A30,2025-01-02,many\n")
    assert "type: integer  # guess: 1 of 31 texts are none" in line(drafted, "type: integer")


def test_headers_of_other_files_become_aliases(tmp_path: Path) -> None:
    first = "id,at,quantity,price\n" + "".join(f"A{n},2025-01-02,{n},{n}.5\n" for n in range(9))
    other = "when,qty,unit_price,id\n" + "".join(f"2025-01-03,{n},{n}.5,B{n}\n" for n in range(9))
    drafted = draft(first, other)
    dataset = contract(drafted, tmp_path)
    assert {column.name: column.aliases for column in dataset.columns} == {
        "id": [], "at": ["when"], "quantity": ["qty"], "price": ["unit_price"],
    }  # fmt: skip
    assert "guess" in line(drafted, "aliases: [qty]")
    assert lines(read(other, dataset)) == list(range(2, 11))


def test_a_column_that_one_file_lacks_is_not_required(tmp_path: Path) -> None:
    first = "id,at,note\nA1,2025-01-02,red lamp\nA2,2025-01-02,blue rope\n"
    other = "id,at\nB1,2025-01-03\nB2,2025-01-03\n"
    dataset = contract(draft(first, other), tmp_path)
    assert not dataset.column("note").required
    assert read(other, dataset).books.good == 2


@pytest.mark.parametrize(
    ("header", "name"),
    [("Área", "area"), ("Größe (cm)", "grosse_cm"), ("Smørrebrød", "smorrebrod"), ("Kód", "kod")],
)
def test_a_name_keeps_letters_that_have_accents(tmp_path: Path, header: str, name: str) -> None:
    sample = f"id,at,{header}\nA1,2025-01-02,x\nA2,2025-01-03,y\n"
    dataset = contract(draft(sample), tmp_path)
    assert dataset.columns[2].name == name
    assert read(sample, dataset).good[name].to_list() == ["x", "y"]


def test_a_name_of_our_own_is_not_taken(tmp_path: Path) -> None:
    sample = "id,date,date_raw\nA1,2025-01-02,x1\nA2,2025-01-03,y2\n"
    dataset = contract(draft(sample), tmp_path)
    assert dataset.column("event_date").aliases == ["date"]
    assert dataset.column("date_raw_in_file").aliases == ["date_raw"]
    assert read(sample, dataset).books.good == 2


def test_a_header_that_cannot_be_a_name_is_left_out_and_told(tmp_path: Path) -> None:
    drafted = draft("id,at,2024 total\nA1,2025-01-02,7\nA2,2025-01-03,8\n")
    assert [column.name for column in contract(drafted, tmp_path).columns] == ["id", "at"]
    assert any("2024 total" in warning for warning in drafted.warnings)
    assert "2024 total" in drafted.to_yaml()


def test_two_columns_are_a_key_where_one_is_not(tmp_path: Path) -> None:
    rows = "".join(f"{n // 3},{n % 3},2025-01-02,{n % 2}\n" for n in range(30))
    drafted = draft(f"order_id,line,at,n\n{rows}")
    assert contract(drafted, tmp_path).key == ["order_id", "line"]


def test_a_few_gaps_and_repeated_rows_are_forgiven_and_told(tmp_path: Path) -> None:
    rows = [f"A{n},2025-01-02 10:00,{n % 7}" for n in range(60)]
    rows += ["A1,2025-01-02 10:00,1", ",2025-01-02 10:00,1", "A99,,1"]
    drafted = draft("id,at,n\n" + "\n".join(rows) + "\n")
    dataset = contract(drafted, tmp_path)
    assert (dataset.key, dataset.partition.column) == (["id"], "at")
    assert "98.4% of the rows" in line(drafted, "key:")
    assert "98.4% filled" in line(drafted, "column:")
    assert drafted.to_yaml().count("# guess: 1 of 63 rows are empty; rejected") == 2


def test_other_delimiters_in_odd_rows_are_listed() -> None:
    sample = TICKETS + "P-7004,01.02.2025 09:01,Station,7,1.50,no\n"
    assert draft(sample).delimiters == [";", ","]


@pytest.mark.parametrize(
    ("seen", "encodings", "told"),
    [
        ([None, "utf-8"], ["utf-8", "detect"], False),
        (["utf-8", "cp1251"], ["utf-8", "cp1251", "detect"], True),
        (["cp1251", "cp1252"], ["utf-8", "detect"], True),  # the first fits the other's bytes, too
        (["utf-16-le"], ["utf-8", "detect"], True),  # whose bytes are valid UTF-8
    ],
)
def test_an_encoding_that_was_seen_is_listed_where_that_is_safe(
    tmp_path: Path, seen: list[str | None], encodings: list[str], told: bool
) -> None:
    texts = [TICKETS.replace("P-", f"P{at}-") for at in range(len(seen))]
    samples = [
        Sample(f"{at}.csv", text, encoding=name)
        for at, (text, name) in enumerate(zip(texts, seen, strict=True))
    ]
    drafted = infer_dataset(samples, lake="city", dataset="tickets", today=TODAY)
    assert contract(drafted, tmp_path).format.encodings == encodings
    assert ("guess: " in line(drafted, "encodings:")) == told


def test_text_above_the_header_and_totals_at_the_end_are_in_the_draft(tmp_path: Path) -> None:
    text = f"City of Umber\n\n{TICKETS}\nGrand total;;;115;1.008,30;\n"
    drafted = draft(text)
    dataset = contract(drafted, tmp_path)
    assert dataset.csv.preamble_lines == 1
    assert "guess: the header of part0.csv is below text" in line(drafted, "preamble_lines:")
    assert "guess: the last row of part0.csv is one" in line(drafted, "totals:")
    books = read(text, dataset).books
    assert (books.good, books.rejected) == (3, 0)


def test_a_plain_file_gets_neither_preamble_nor_totals(tmp_path: Path) -> None:
    dataset = contract(draft("\n" + TICKETS), tmp_path)
    assert (dataset.csv.preamble_lines, dataset.csv.totals) == (0, None)


@pytest.mark.parametrize(
    ("cells", "mark", "values"),
    [
        (["1.234", "0,5", "2.000"], "comma", ["1234.00", "0.50", "2000.00"]),
        (["1,234", "0.5", "2,000"], "point", ["1234.00", "0.50", "2000.00"]),
        (["1.234", "0.5", "2.000"], "point", ["1.234", "0.500", "2.000"]),
        (["1,5", "2,25", "3"], "auto", ["1.50", "2.25", "3.00"]),  # nothing reads in two ways
    ],
)
def test_a_decimal_mark_that_the_sample_shows_is_in_the_draft_if_it_is_needed(
    tmp_path: Path, cells: list[str], mark: str, values: list[str]
) -> None:
    rows = "".join(f"K{at};2025-01-02;{cell}\n" for at, cell in enumerate(cells))
    text = f"key_id;at;n\n{rows}"
    drafted = draft(text)
    dataset = contract(drafted, tmp_path)
    assert dataset.column("n").decimal_mark == mark
    assert read(text, dataset).good["n"].cast(pl.String).to_list() == values
    if mark != "auto":
        assert "# guess: 1 texts show it, 2 could be read in two ways" in drafted.to_yaml()


def test_a_mark_that_nothing_shows_is_a_guess_on_the_type() -> None:
    drafted = draft("key_id;at;n\nA1;2025-01-02;1.234\nA2;2025-01-02;12\n")
    assert "in '1.234' it is taken to group thousands" in line(drafted, "type: integer")


@pytest.mark.parametrize(
    ("price", "kind", "value"), [("2.5", "decimal", "1.234"), ("2,5", "integer", "1234")]
)
def test_a_mark_that_other_columns_show_is_that_of_the_column(
    tmp_path: Path, price: str, kind: str, value: str
) -> None:
    text = f"key_id;at;n;price\nA1;2025-01-02;1.234;{price}\nA2;2025-01-02;12;{price}\n"
    drafted = draft(text)
    dataset = contract(drafted, tmp_path)
    assert dataset.column("n").type == ColumnType(kind)
    assert str(read(text, dataset).good["n"][0]) == value
    assert line(drafted, "decimal_mark").endswith("# guess: other columns show it")


def test_files_with_different_decimal_marks_keep_their_own(tmp_path: Path) -> None:
    one = "key_id;at;n\nA1;2025-01-02;1.234\nA2;2025-01-02;0,5\nA3;2025-01-02;0,7\n"
    other = "key_id;at;n\nB1;2025-01-02;1,234\nB2;2025-01-02;0.5\nB3;2025-01-02;0.7\n"
    dataset = contract(draft(one, other), tmp_path)
    assert dataset.column("n").decimal_mark == "auto"
    for text in (one, other):
        assert [str(n) for n in read(text, dataset).good["n"]] == ["1234.00", "0.50", "0.70"]


def test_two_headers_that_read_alike_become_one_column_and_are_told(tmp_path: Path) -> None:
    drafted = draft("Id,at,note,ID\nA1,2025-01-02,x y,A1\nA2,2025-01-03,z,A2\n")
    assert [column.name for column in contract(drafted, tmp_path).columns] == ["id", "at", "note"]
    assert "part0.csv: 2 headers read id; they are one column." in drafted.warnings


def test_a_header_by_two_of_its_names_is_one_column(tmp_path: Path) -> None:
    first = "id,at,quantity\n" + "".join(f"A{n},2025-01-02,{n}\n" for n in range(9))
    other = "id,at,qty\n" + "".join(f"B{n},2025-01-02,{n}\n" for n in range(9))
    both = "id,at,qty,quantity\nC1,2025-01-02,5,\n"
    dataset = contract(draft(first, other, both), tmp_path)
    assert [column.name for column in dataset.columns] == ["id", "at", "quantity"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,n\nA1,5\nA2,6\n", "no column is a timestamp"),
        ("id,at\nA1,2025-01-02\nA2,\nA3,\n", "at is 33% filled"),
    ],
)
def test_without_a_time_that_every_row_has_rows_go_by_their_arrival(
    tmp_path: Path, text: str, why: str
) -> None:
    drafted = draft(text)
    dataset = contract(drafted, tmp_path)
    assert dataset.partition.by is PartitionBy.ARRIVAL
    assert dataset.partition.start == date(TODAY.year, 1, 1)
    assert line(drafted, "by:") == f"by: arrival  # guess: {why}"
    assert read(text, dataset).books.rejected == 0


def test_days_without_a_time_are_dates_beside_the_partition(tmp_path: Path) -> None:
    rows = "".join(f"A{at},2025-01-02 10:00,0{at}.05.1990,0{at}.05.1990\n" for at in range(1, 9))
    text = f"id,at,born,seen\n{rows}A9,2025-01-02,01.05.1990,01.05.1990 9:30\n"
    drafted = draft(text)
    dataset = contract(drafted, tmp_path)
    assert [column.type.value for column in dataset.columns[1:]] == [
        "timestamp", "date", "timestamp",
    ]  # fmt: skip
    assert dataset.column("born").formats == ["d.M.yyyy"]
    assert line(drafted, "type: date") == "type: date  # guess: no time of day in the sample"
    assert read(text, dataset).books.good == 9


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("7,2.50\n1,2.50\n2,3.50\n", "part0.csv has no header"),
        ("n,at\n1,2025-01-02\n1,2025-01-02\n", "needs a key"),
        ("id,at\n", "have no rows of data"),
        ("", "have no rows of data"),
    ],
)
def test_what_cannot_be_found_is_said(text: str, sentence: str) -> None:
    with pytest.raises(InferenceError, match=r".+") as caught:
        draft(text)
    assert sentence in str(caught.value)


CELL = st.sampled_from(
    ["", "n/a", "1", "2.5", "x", "03/04/2025", "2025-01-02", "20250102", "A7", "yes", "é", '"', ","]
)
HEADER = st.sampled_from(
    ["id", "date", "At", "date raw", "2 x", "Größe", "row_hash", "n", "on", "key: #", "Yes", "*"]
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)
@given(st.data())
def test_a_draft_is_always_one_that_loads(tmp_path: Path, data: st.DataObject) -> None:
    header = data.draw(st.lists(HEADER, min_size=2, max_size=6, unique=True))
    rows = data.draw(st.lists(st.tuples(*[CELL] * len(header)), min_size=1, max_size=8))
    stamped = [
        f"K{at};2025-02-{at + 10};{';'.join(row)}" for at, row in enumerate(rows)
    ]  # so that most of the drafts come about
    text = "\n".join([f"key_id;seen_at;{';'.join(header)}", *stamped, ""])
    with suppress(InferenceError):
        assert contract(draft(text), tmp_path).columns
