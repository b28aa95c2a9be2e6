"""A PostgreSQL server that lives as long as a test run, started without privileges in a temporary folder."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit


class NoServer(Exception):
    """PostgreSQL cannot be started here; says why and what would help."""


def server_programs() -> Path:
    """The folder of the newest PostgreSQL's own programs. Raises NoServer where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise NoServer("no PostgreSQL server: install postgresql")


@contextmanager
def throw_away_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server, yield the URL of its empty database, stop it and remove every trace.

    durable: what it acknowledges is on the disk, as where people work; only measurements need that.
    """
    programs = server_programs()
    folder = Path(tempfile.mkdtemp(prefix="lianxin-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        if shutil.which("runuser") is None:
            raise NoServer("PostgreSQL does not run as root, and there is no runuser to become another user")
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    port = _free_port()
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run([*as_user, *command], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise NoServer(f"PostgreSQL did not start: {(done.stderr or done.stdout).strip()[-400:]}")

    try:
        run(f"{programs}/initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-N")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=60"
        if not durable:  # nothing here outlives the run, so nothing is flushed to the disk
            options += " -c fsync=off -c full_page_writes=off"
        run(f"{programs}/pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-w", "start", "-o", options)
        try:
            run(f"{programs}/createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "lianxin")
            yield f"postgresql://postgres@127.0.0.1:{port}/lianxin"
        finally:
            run(f"{programs}/pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def own_database(server: str, pattern: str = "") -> Iterator[str]:
    """A new database on that server, dropped afterwards: empty, or a copy of the one at the URL `pattern`. Its URL."""
    import psycopg

    name = f"own_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{urlsplit(pattern).path[1:]}"' if pattern else ""))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
