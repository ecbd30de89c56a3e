"""Many small files, and processes that all run the pipeline over them at once."""

import random
import subprocess
import sys
from contextlib import ExitStack

from lake_assets.contracts.rule import Rule
from lake_assets.storage import Store
from lake_assets_tests.jobs.lakes import contract, csv, drop, sale

RACERS = 8
FILES = 40
DAYS = ["2025-05-28", "2025-05-29", "2025-05-30"]
FAIL = Rule(name="one_store", expression="store_id = 'S1'", severity="fail")
LAKE = contract(rules=[FAIL], max_files=7)
"""Batches of seven files: a racer comes by several times, and batches overlap."""


def incoming() -> dict[str, bytes]:
    """Good files, rejects, files that are refused, and files of the same bytes."""
    files: dict[str, bytes] = {}
    for number in range(FILES):
        rows = [sale(f"T{number}-{day}", day) for day in DAYS[number % 2 :]]
        if number % 5 == 0:
            rows.append(sale("", DAYS[0]))
        if number % 7 == 6:
            rows.append(sale("T", DAYS[1], number))  # a key that many files have
        files[f"{number:02}.csv"] = csv(*rows)
    files["empty.csv"] = b""
    files["refused.csv"] = csv(sale("T").replace("S1", "S2"))
    for number in (3, 10, 11):
        files[f"twin-{number}.csv"] = files[f"{number:02}.csv"]
    return files


def fill(store: Store) -> None:
    """Drop the files, all at once."""
    for name, data in incoming().items():
        drop(store, name, data)


def race(uri: str, endpoint: str | None, seed: int) -> list[tuple[int, str]]:
    """Start the racers in an order of chance; how each ended: its exit code, what it complained."""
    command = [sys.executable, "-m", "lake_assets_tests.crash.racer", uri, endpoint or ""]
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(RACERS)
        ]
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        random.Random(seed).shuffle(racers)
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        ends = [racer.communicate(timeout=120) for racer in racers]
        return [(racer.returncode, end[1]) for racer, end in zip(racers, ends, strict=True)]
