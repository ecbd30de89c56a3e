"""No input loses a row, stops the reader, or reads otherwise in pieces or among others."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets_tests.fuzz.oracle import check

FOUND: list[bytes] = []
"""Inputs that once broke a promise."""

FRAGMENTS = [
    b"a,2025-01-02,1,x\n", b"b;2025-01-02;1;x\n", b'"c","2025-01-02",1,"x\ny"\r\n', b"total,,,\n",
    b"id,at,n,note\n", b"note|n|at|id\r", b"d,03/04/2025,1,\n", b"e,25/04/2025,1,\n",
    b"f,04/25/2025,1,\n", b"g,2025-02-30,2.5,\n", b"h,2025-01-02,1.000,\n",
    b"i,2025-01-02,1.5,\n", b'T1,S1,2025-05-30 10:00,I1,2,"1,040.00",2080.00,C\n',
    b"T2,S1,2025-05-30 10:00,I1,2,,5,,,\n", b"T3,S1,2025-05-30 10:00,I1,1,$1,040.00,1040.00,C\n",
    b",,,\n", b'"', b'"', b'""', b'\\"', b"'", b",", b",", b";", b"|", b"\t", b"\n", b"\n", b"\r\n",
    b"\r", b"\0", b"a", b"1", b"2025-01-02", b" ", b"\xff", b"\xc3", b"\x83\x5c", "é".encode(),
    b"\xef\xbb\xbf", b"\x85", b"\xff\xfe", "\u2028".encode(), b"\x0b\x0c\x1c\x1f",
    bytes(range(1, 32)), b'{"id":"b","at":"2025-01-02","n":1.0,"note":"\\u00e9"}\n',
    b'{"ID":2,"at":"03/04/2025","more":{"a":[1.10,{}]}}\r\n', b'{"n":1e3,"n":1000,"zz":null}\n',
    b"{", b"}", b"[", b"]", b":", b'{"id":', b'"at":"2025-01-02"', b"null", b"[{}]\n",
]  # fmt: skip
CONTRACTS, HEADERS = 6, 7
CHOICES = st.tuples(st.integers(0, CONTRACTS - 1), st.integers(0, HEADERS - 1)).map(bytes)
BODIES = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(b"".join), st.binary(max_size=200)
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(CHOICES, BODIES)
def test_whatever_the_bytes_every_row_is_accounted_for(choice: bytes, body: bytes) -> None:
    check(choice + body)


OBJECTS = st.lists(st.sampled_from(FRAGMENTS[-13:]), max_size=30).map(b"".join)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(OBJECTS)
def test_whatever_the_lines_of_ndjson_every_one_is_accounted_for(body: bytes) -> None:
    check(bytes([CONTRACTS - 1, HEADERS - 1]) + body)


@pytest.mark.parametrize("data", FOUND)
def test_what_once_broke_a_promise_keeps_it(data: bytes) -> None:
    check(data)


@pytest.mark.fuzz
def test_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this machine")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, fragment in enumerate(FRAGMENTS):
        for contract in range(CONTRACTS):
            choice = bytes([contract, HEADERS - 1 if contract == CONTRACTS - 1 else number % 6])
            (corpus / f"{number}-{contract}").write_bytes(choice + fragment)
    command = [sys.executable, "-m", "lake_assets_tests.fuzz.read_any_bytes"]
    options = ["-runs=3000", "-max_len=2000", "-seed=1", "-max_total_time=120"]
    done = subprocess.run(
        [*command, *options, str(corpus)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done" in done.stderr
