"""A package index of our own: a directory of tiny wheels, for pip without a network."""

from pathlib import Path

import pytest

from lake_assets.engines.remote.wheel import zipped

REQUIREMENTS = ("native-thing==2.0", "tiny==1.0")


def write_wheel(directory: Path, name: str, version: str, tag: str = "py3-none-any") -> None:
    """A wheel with one module, and with a script that site-packages would get a bin/ for."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"VERSION = {version!r}\nTAG = {tag!r}\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n".encode(),
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    files[f"{info}/RECORD"] = record.encode()
    (directory / f"{name}-{version}-{tag}.whl").write_bytes(zipped(files))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What pip finds, and nothing else; and what jobs are said to need."""
    directory = tmp_path / "index"
    directory.mkdir()
    write_wheel(directory, "tiny", "1.0")
    for machine in ("x86_64", "aarch64"):
        write_wheel(directory, "native_thing", "2.0", f"cp311-cp311-manylinux_2_28_{machine}")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setattr("lake_assets.engines.remote.package.locked", lambda _: REQUIREMENTS)
    return directory
