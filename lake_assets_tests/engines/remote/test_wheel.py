"""The wheel of the package as it is here."""

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from lake_assets import __version__
from lake_assets.engines.remote import wheel as module
from lake_assets.engines.remote.wheel import FILE_NAME, wheel


def test_the_same_files_give_the_same_bytes() -> None:
    assert wheel() == wheel()


def test_another_file_gives_other_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    (tmp_path / "one.py").write_text("ONE = 1\n")
    before = wheel()
    (tmp_path / "one.py").write_text("ONE = 2\n")
    assert wheel() != before


def test_what_python_compiled_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    (tmp_path / "one.py").write_text("ONE = 1\n")
    before = wheel()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "one.cpython-311.pyc").write_bytes(b"x")
    assert wheel() == before


def test_the_record_names_every_file_with_its_digest() -> None:
    with zipfile.ZipFile(io.BytesIO(wheel())) as archive:
        [record] = [name for name in archive.namelist() if name.endswith("/RECORD")]
        rows = list(csv.reader(archive.read(record).decode().splitlines()))
        assert {row[0] for row in rows} == set(archive.namelist())
        for name, digest, size in rows:
            if name != record:
                data = archive.read(name)
                found = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (digest, int(size)) == (f"sha256={found}", len(data))


def test_it_is_imported_from_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(wheel())
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import lake_assets\n"
        "from importlib.metadata import distribution\n"
        "print(lake_assets.__file__, distribution('lake-assets').version)\n"
        "print(*distribution('lake-assets').requires)"
    )
    command = [sys.executable, "-I", "-c", program, str(tmp_path / FILE_NAME)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    first, requires = done.stdout.splitlines()
    assert first == f"{tmp_path / FILE_NAME}/lake_assets/__init__.py {__version__}"
    assert "polars<3,>=2.1" in requires
    assert "dagster<" not in requires
