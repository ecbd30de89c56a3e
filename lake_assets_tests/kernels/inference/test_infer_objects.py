"""A contract drafted from samples of NDJSON: what it says, and that it reads them."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import lake_assets
from lake_assets.contracts import load_lake
from lake_assets.contracts.column import ColumnType
from lake_assets.contracts.partitioning import PartitionBy
from lake_assets.kernels.inference.draft import Draft
from lake_assets.kernels.inference.infer import InferenceError, Sample, infer_dataset
from lake_assets.kernels.inference.sampled_objects import MOST_KEYS, read_objects
from lake_assets.samples import telco_files
from lake_assets_tests.kernels.inference.test_infer import TODAY, contract, line
from lake_assets_tests.kernels.reading import read

EVENTS: Sequence[dict[str, Any]] = [
    {"eventId": f"E{at}", "at": f"2025-02-03T10:00:0{at}+01:00", "fee": 1.234 + at}
    for at in range(9)
]


def ndjson(*rows: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def events(**more: Sequence[Any]) -> str:
    """Nine events with a value more of each; Ellipsis is a key that is not there."""
    return ndjson(
        *(
            row | {key: values[at] for key, values in more.items() if values[at] is not ...}
            for at, row in enumerate(EVENTS)
        )
    )


def draft(*texts: str) -> Draft:
    samples = [Sample(f"part{at}.ndjson", text) for at, text in enumerate(texts)]
    return infer_dataset(samples, lake="city", dataset="events", today=TODAY)


@pytest.mark.parametrize("dataset", ["customers", "activity_logs"])
def test_the_draft_of_the_telco_samples_rejects_no_more_than_the_shipped_contract(
    tmp_path: Path, dataset: str
) -> None:
    made = telco_files(datasets=[dataset], truth=False, seed=3, customers=300, events=1500, days=3)
    files = {file.name.rpartition("/")[2]: file.content for file in made}
    samples = [Sample(name, content.decode()) for name, content in files.items()]
    drafted = contract(infer_dataset(samples, lake="city", dataset=dataset, today=TODAY), tmp_path)
    shipped = load_lake(Path(lake_assets.__file__).parent / "defs/telco/defs.yaml")
    (by_hand,) = [one for one in shipped.datasets if one.name == dataset]
    assert drafted.format.type == "ndjson"
    assert drafted.key == by_hand.key
    assert (drafted.partition.by, drafted.partition.column) == (
        by_hand.partition.by,
        by_hand.partition.column,
    )
    types = {column.name: column.type for column in drafted.columns}
    assert {column.name: types[column.name] for column in by_hand.columns} == {
        column.name: column.type for column in by_hand.columns
    }
    assert len(files) > 1
    for name, content in files.items():
        mine, theirs = (read(content, one, name) for one in (drafted, by_hand))
        assert theirs.books.good > 0
        assert mine.books.rejected <= theirs.books.rejected
        assert mine.books.good >= theirs.books.good


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3] * 3, "integer"),
        ([1.5, 2, 3.25] * 3, "decimal"),
        ([1.234] * 9, "decimal"),  # no comma can be meant
        ([1e3, 2.5e-1, 1] * 3, "decimal"),
        (["12.50", 3, "4,75"] * 3, "decimal"),
        ([True, False, None] * 3, "boolean"),
        (["yes", True, "no"] * 3, "boolean"),
        ([{"a": 1}, [1, 2], {}] * 3, "json"),
        (['{"a": 1}', "[]", {"b": None}] * 3, "json"),
        (["{a}", "{b}", "[c"] * 3, "string"),
        (["2025-02-03", "2025-02-04", None] * 3, "date"),
        (["2025-02-03", "2025-02-04T10:00:00Z", "2025-02-05"] * 3, "timestamp"),
        (["NA", "DE", "FR"] * 3, "string"),
        (["007", 7, 8] * 3, "string"),
        ([12345678901234567890] * 9, "string"),
        ([None] * 9, "string"),
    ],
)
def test_each_type_needs_its_evidence(tmp_path: Path, values: list[Any], kind: str) -> None:
    sample = events(n=values)
    dataset = contract(draft(sample), tmp_path)
    assert dataset.column("n").type == ColumnType(kind)
    assert read(sample, dataset).books.good == 9


def test_names_divide_where_camels_have_their_humps(tmp_path: Path) -> None:
    drafted = draft(events(kWh=[1] * 9), events().replace('eventId": "E', 'event_id": "F'))
    dataset = contract(drafted, tmp_path)
    assert [column.name for column in dataset.columns] == ["event_id", "at", "fee", "kwh"]
    assert line(drafted, "- name: event_id") == '- name: event_id  # in the file: "eventId"'
    assert all(column.aliases == [] for column in dataset.columns)
    assert read(events(), dataset).books.good == 9


def test_a_key_that_is_not_always_there_is_not_required(tmp_path: Path) -> None:
    text = events(note=[..., *"abcdefgh"], name=list("abcdefghi"), mood=[None, *"abcdefgh"])
    dataset = contract(draft(text), tmp_path)
    assert [column.name for column in dataset.columns if column.required] == [
        "event_id", "at", "fee", "name",
    ]  # fmt: skip


def test_a_country_is_not_taken_for_nothing(tmp_path: Path) -> None:
    sample = events(country=["NA", "DE", "n/a"] * 3)
    drafted = draft(sample)
    dataset = contract(drafted, tmp_path)
    assert dataset.format.nulls == ["", "n/a"]
    assert "the sample has 'n/a'" in line(drafted, "nulls:")
    assert read(sample, dataset).good["country"].to_list() == ["NA", "DE", None] * 3


def test_lines_that_are_no_objects_are_left_out_and_told(tmp_path: Path) -> None:
    text = f"{events()}oops\n[1]\n\n"
    drafted = draft(text)
    assert drafted.warnings == ["part0.ndjson: 2 of 11 lines are no JSON object."]
    books = read(text, contract(drafted, tmp_path)).books
    assert (books.good, books.rejected, books.skipped) == (9, 2, 1)


def test_rows_of_facts_about_a_person_go_by_arrival_and_their_key_may_come_again(
    tmp_path: Path,
) -> None:
    rows = [
        {"customer_id": f"C{at}", "registered_at": f"2025-01-0{at} 10:00", "name": f"N{at}"}
        for at in range(1, 9)
    ]
    samples = [Sample(f"c_{day}.ndjson", ndjson(*rows)) for day in ("2024-05-06", "2024-05-07")]
    drafted = infer_dataset(samples, lake="city", dataset="people", today=TODAY)
    dataset = contract(drafted, tmp_path)
    assert (dataset.partition.by, dataset.key) == (PartitionBy.ARRIVAL, ["customer_id"])
    assert dataset.partition.start.isoformat() == "2024-01-01"
    assert "# guess: registered_at seems to be a fact about a person" in line(drafted, "by:")
    assert line(drafted, "key:").endswith("# guess: unique in each file")


@pytest.mark.parametrize(("rows", "by"), [(80, "arrival"), (40, "event")])
def test_dates_with_hardly_a_row_each_are_no_dates_to_divide_by(
    tmp_path: Path, rows: int, by: str
) -> None:
    text = ndjson(
        *(
            {"id": f"C{at}", "at": f"{2000 + at // 12}-{at % 12 + 1:02d}-01T00:00:00Z"}
            for at in range(rows)
        )
    )
    assert contract(draft(text), tmp_path).partition.by == PartitionBy(by)


def test_objects_whose_keys_are_data_have_an_end() -> None:
    text = ndjson(*({f"k{at}": 1} for at in range(MOST_KEYS + 7)))
    found = read_objects(text, whole=True)
    assert (found.cells.shape, found.left_out) == ((MOST_KEYS + 7, MOST_KEYS), 7)
    assert Counter(found.cells.row(0)) == {"1": 1, None: MOST_KEYS - 1}


def test_of_a_key_that_stands_twice_the_first_value_counts() -> None:
    found = read_objects('{"a":null,"a":2,"a":3}\n', whole=True)
    assert (found.header, found.cells.rows()) == (("a",), [("2",)])


def test_the_last_line_of_a_part_is_left_out() -> None:
    assert read_objects('{"a":1}\n{"a":2}', whole=False).cells.rows() == [("1",)]
    assert read_objects("", whole=False).cells.height == 0


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ([json.dumps([{"a": 1}])], "is a JSON array, and no NDJSON"),
        ([json.dumps([{"a": 1}, {"a": 2}], indent=1)], "jq -c '.[]' FILE > FILE.ndjson"),
        ([json.dumps({"a": 1, "b": 2}, indent=1)], "is a JSON object of several lines"),
        ([events(), "id,at\nA1,2025-01-02\n"], "part0.ndjson is NDJSON, and part1.ndjson is not"),
        (["{}\n{}\n"], "have no rows of data"),
    ],
)
def test_what_is_no_ndjson_is_said(texts: list[str], sentence: str) -> None:
    with pytest.raises(InferenceError) as caught:
        draft(*texts)
    assert sentence in str(caught.value)
