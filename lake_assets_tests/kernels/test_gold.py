"""A date's processed rows to its gold table."""

import hashlib
from datetime import UTC, datetime
from itertools import permutations

import polars as pl
import pytest

from lake_assets.contracts import Dataset
from lake_assets.kernels.block import read_block
from lake_assets.kernels.gold import gold_schema, processed_schema, row_hash, to_gold
from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.parsing.texts import Text
from lake_assets_tests.kernels.reading import provenance, read, retail, small, with_column

EARLY, LATE = datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 1, 2, 0, 0, 0, 1, tzinfo=UTC)


def rows(name: str, arrived: datetime, *notes: str) -> pl.DataFrame:
    dataset = small()
    data = ("id,at,n,note\n" + "".join(f"a,2025-01-02,1,{note}\n" for note in notes)).encode()
    layout = read_layout(data, dataset, whole=True)
    return read_block([Text(data, 1, layout, provenance(name, arrived))], dataset).good


@pytest.mark.parametrize(
    ("frames", "kept"),
    [
        ([rows("z.csv", EARLY, "old"), rows("a.csv", LATE, "new")], "new"),
        ([rows("b.csv", EARLY, "b"), rows("a.csv", EARLY, "a")], "b"),
        ([rows("a.csv", EARLY, "first", "second", "third")], "third"),
        ([rows("a.csv", LATE, "x"), rows("b.csv", EARLY, "y"), rows("a.csv", EARLY, "z")], "x"),
    ],
)
def test_the_latest_arrival_wins_then_the_greater_file_then_the_greater_line(
    frames: list[pl.DataFrame], kept: str
) -> None:
    for order in permutations(frames):
        assert to_gold(pl.concat(order), small())["note"].to_list() == [kept]


def test_gold_is_ordered_by_key_and_the_same_whatever_the_order_of_its_rows() -> None:
    good = read("id,at,n,note\n" + "".join(f"k{i % 7},2025-01-02,{i},x\n" for i in range(30))).good
    gold = to_gold(good, small())
    assert gold["id"].to_list() == [f"k{i}" for i in range(7)]
    assert gold["n"].to_list() == [28, 29, 23, 24, 25, 26, 27]
    assert gold.schema == gold_schema(small())
    assert good.schema == processed_schema(small())
    for seed in range(3):
        assert to_gold(good.sample(fraction=1, shuffle=True, seed=seed), small()).equals(gold)


def test_an_empty_date_is_an_empty_table() -> None:
    assert to_gold(pl.DataFrame(schema=processed_schema(retail())), retail()).is_empty()


def test_the_row_hash_is_the_md5_of_the_joined_text_with_null_as_nothing() -> None:
    header = "transaction_id,store_id,timestamp,item_id,item_category,quantity,unit_price,revenue"
    content = (
        f"{header},payment_method,customer_id\n"
        "t1,s,2025-01-02 9:05,i,,2,$2.5,5,cash,é||\n"
        "t2,s,2025-01-02T09:05:00.250,i,c,1,0.1,.10,N/A,\n"
    )
    gold = to_gold(read(content, retail()).good, retail())
    assert gold["row_hash"].to_list() == [
        hashlib.md5(text.encode()).hexdigest()
        for text in (
            "s||2025-01-02 09:05:00||i||||2||2.50||5.00||cash||é||",
            "s||2025-01-02 09:05:00.250||i||c||1||0.10||0.10||||",
        )
    ]


def test_the_row_hash_covers_what_the_contract_names_and_nothing_else() -> None:
    one = to_gold(rows("a.csv", EARLY, "x"), small())
    two = to_gold(rows("b.csv", LATE, "y", "x"), small())
    assert one["row_hash"].to_list() == two["row_hash"].to_list()
    assert (
        one["row_hash"].to_list()
        != to_gold(rows("a.csv", EARLY, "z"), small())["row_hash"].to_list()
    )


def test_the_row_hash_reads_booleans_as_true_and_false() -> None:
    columns = with_column("flag", type="boolean").model_dump()
    dataset = Dataset.model_validate({**columns, "gold": {"table": "t", "row_hash": ["flag", "n"]}})
    good = read("id,at,n,flag\na,2025-01-02,7,Y\nb,2025-01-02,,n\n", dataset).good
    assert good.select(row_hash(dataset)).to_series().to_list() == [
        hashlib.md5(text).hexdigest() for text in (b"true||7", b"false||")
    ]
