"""The target of the fuzzer: ``python -m lake_assets_tests.fuzz.read_any_bytes [options] [corpus]``.

Options are libFuzzer's, such as ``-runs=1000`` or ``-max_total_time=600``. An input that breaks a
promise is written to the working directory; it becomes a line of ``FOUND`` in test_any_bytes.py.
"""

import sys

import atheris

with atheris.instrument_imports(include=["lake_assets"]):
    from lake_assets_tests.fuzz.oracle import check


def main() -> None:
    """Feed inputs to the reader until one breaks a promise, or the options say to stop."""
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
