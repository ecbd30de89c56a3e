"""Refusals say what a file's own text is, but nothing that may be somebody's name."""

import pytest

from lake_assets.kernels.parsing.layout import read_layout
from lake_assets.kernels.refusal import FileRefusedError
from lake_assets_tests.kernels.objects import objects
from lake_assets_tests.kernels.reading import small

NAME = {"name": "who", "personal": True}
ROWS = {
    "single quotes": "{'id': 'a', 'at': '2025-01-02', 'who': 'Millhauser'}\n",
    "a header": "id,at,n,note\na,2025-01-02,1,Millhauser\n",
    "a row": "a,2025-01-02,1,Millhauser\n",
    "a row that no delimiter divides": "a~2025-01-02~1~Millhauser\n",
    "keys": "id=a:at=2025-01-02:who=Millhauser\n",
    "a title": "Members of Millhauser\nid,at,n,note\n",
    "an open quote": 'id,at,"n\na,2025-01-02,Millhauser\n',
    "a long line": "Millhauser" * 10,
}


@pytest.mark.parametrize("text", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_no_refusal_quotes_rows_where_columns_are_personal(text: str, kind: str) -> None:
    make = small if kind == "csv" else objects
    dataset = make(
        columns=[*make().model_dump(by_alias=True)["columns"], {**NAME, "required": True}]
    )
    for whole in (True, False):
        with pytest.raises(FileRefusedError) as caught:
            read_layout(text.encode(), dataset, whole=whole)
        assert "Millhauser" not in caught.value.detail


@pytest.mark.parametrize(
    "header", ["id,n,note", "ID;N;Extra;who", "at,n", "id~at~who~more", "Id:AT"]
)
def test_a_header_is_quoted_all_the_same(header: str) -> None:
    dataset = small(columns=[*small().model_dump(by_alias=True)["columns"], NAME])
    with pytest.raises(FileRefusedError) as caught:
        read_layout(f"{header}\n1,2,3\n".encode(), dataset, whole=True)
    assert repr(header) in caught.value.detail


def test_text_is_quoted_where_nothing_is_personal() -> None:
    for dataset in (small(), objects()):
        with pytest.raises(FileRefusedError, match="Quentin"):
            read_layout(b"Quentin\n1\n", dataset, whole=True)
