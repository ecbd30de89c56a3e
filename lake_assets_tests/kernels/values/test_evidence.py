"""Texts with two readings, and what settles them."""

import pickle

import polars as pl
import pytest

from lake_assets.kernels.values.evidence import NOTHING, Evidence, Readings, by_row, settle, weigh

WORDS = {  # a text that is open, one that leans to "left", a clue for each, one that is none
    "value": [None, 20, 3, 4, None],
    "left": [10, 20, None, None, None],
    "right": [11, None, None, None, None],
}


def readings(undecidable: list[bool] | None = None) -> Readings:
    return Readings(
        pl.Series("n", WORDS["value"]),
        {name: pl.Series(WORDS[name], dtype=pl.Int64) for name in ("left", "right")},
        {"left": flags(2), "right": flags(3)},
        {"left": flags(1)},
        None if undecidable is None else pl.Series(undecidable),
    )


def flags(at: int) -> pl.Series:
    return pl.Series([number == at for number in range(5)])


@pytest.mark.parametrize(
    ("chosen", "values", "ambiguous"),
    [
        (None, [None, 20, 3, 4, None], [True, False, False, False, False]),
        ("left", [10, 20, 3, 4, None], [False] * 5),
        ("right", [11, None, 3, 4, None], [False] * 5),
        ("neither", [None, 20, 3, 4, None], [True, False, False, False, False]),
    ],
)
def test_the_chosen_reading_decides_what_is_open_and_what_leans(
    chosen: str | None, values: list[int | None], ambiguous: list[bool]
) -> None:
    value, open_ = settle(readings(), chosen)
    assert (value.to_list(), open_.to_list(), value.name) == (values, ambiguous, "n")
    by_row = pl.Series([chosen] * 5, dtype=pl.String)
    assert [part.to_list() for part in settle(readings(), by_row)] == [values, ambiguous]


def test_each_row_may_have_a_choice_of_its_own() -> None:
    one = Readings(
        pl.Series([None, None, None], dtype=pl.Int64),
        {"left": pl.Series([1, 2, 3]), "right": pl.Series([4, 5, 6])},
    )
    value, ambiguous = settle(one, pl.Series(["right", None, "left"]))
    assert (value.to_list(), ambiguous.to_list()) == ([4, None, 3], [False, True, False])


def test_what_no_reading_settles_stays_ambiguous() -> None:
    value, ambiguous = settle(readings([False, False, False, False, True]), "left")
    assert value.to_list() == [10, 20, 3, 4, None]
    assert ambiguous.to_list() == [False, False, False, False, True]
    alone = Readings(pl.Series([1, None]), undecidable=pl.Series([False, True]))
    assert settle(alone, None)[1].to_list() == [False, True]
    assert weigh("n", alone) == [Evidence(unsettled={"n": 1})]


def test_texts_that_are_clear_cost_nothing() -> None:
    clear = Readings(pl.Series("n", [1, None]))
    value, ambiguous = settle(clear, "left")
    assert value is clear.value
    assert ambiguous.to_list() == [False, False]
    assert weigh("n", clear, pl.Series([0, 1], dtype=pl.UInt32), 3) == [NOTHING] * 3


def test_evidence_is_counted_apart_for_each_piece() -> None:
    piece = pl.Series([0, 2, 2, 0, 0], dtype=pl.UInt32)
    assert weigh("n", readings(), piece, 4) == [
        Evidence({"n right": 1}, {}, {"n": 1}),
        NOTHING,
        Evidence({"n left": 1}, {"n left": 1}),
        NOTHING,
    ]
    assert weigh("n", readings()) == [
        Evidence({"n left": 1, "n right": 1}, {"n left": 1}, {"n": 1})
    ]


@pytest.mark.parametrize(
    ("clues", "hints", "reading"),
    [
        ({}, {}, None),
        ({"n a": 2}, {}, "a"),
        ({"n a": 2, "n b": 1}, {}, None),
        ({}, {"n b": 1}, "b"),
        ({}, {"n a": 1, "n b": 1}, None),
        ({"n a": 2}, {"n b": 5}, "a"),
        ({"n a": 2, "n b": 1}, {"n b": 5}, None),
        ({"n a": 2, "n b": 0}, {}, "a"),
        ({"other a": 2}, {"n_other a": 1}, None),
    ],
)
def test_a_reading_is_chosen_where_all_clues_agree_or_else_all_hints(
    clues: dict[str, int], hints: dict[str, int], reading: str | None
) -> None:
    assert Evidence(clues, hints).reading("n") == reading


def test_evidence_of_pieces_adds_up_and_travels() -> None:
    one, two = Evidence({"at DM": 1}, {"at MD": 2}, {"at": 1}), Evidence({"at DM": 2, "n .": 1})
    file = one + two + NOTHING
    assert file == Evidence({"at DM": 3, "n .": 1}, {"at MD": 2}, {"at": 1})
    assert pickle.loads(pickle.dumps(file)) == file
    assert (file.reading("at"), file.reading("n"), file.reading("x")) == ("DM", ".", None)


def test_pieces_of_one_mind_choose_at_once_and_others_row_by_row() -> None:
    left, right = Evidence({"n left": 1}), Evidence({"n right": 1})
    piece = pl.Series([1, 0, 2], dtype=pl.UInt32)

    def by(*evidence: Evidence) -> str | pl.Series | None:
        return by_row([one.reading("n") for one in evidence], piece)

    assert by(left, left) == "left"
    assert by() is None
    chosen = by(left, right, NOTHING)
    assert isinstance(chosen, pl.Series)
    assert chosen.to_list() == ["right", "left", None]


def test_thousands_of_small_pieces_are_weighed_together() -> None:
    pieces, rows = 2000, 20
    piece = pl.Series([at // rows for at in range(pieces * rows)], dtype=pl.UInt32)
    first = pl.Series([at % rows == 0 for at in range(pieces * rows)])
    nothing = pl.Series([None], dtype=pl.Int64).new_from_index(0, pieces * rows)
    found = weigh("n", Readings(nothing, {"a": nothing}, {"a": first}), piece, pieces)
    assert found == [Evidence({"n a": 1})] * pieces
