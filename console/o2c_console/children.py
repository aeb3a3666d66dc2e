"""Processes of this machine's platform: started, started again when they die, ended with it; none is left behind."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

log = logging.getLogger("o2c.children")
Command = tuple[list[str], dict[str, str]]
_PAUSES = (0.5, 1, 2, 5, 10, 30)
_END_SECONDS = 20


class Children:
    """Each with a log file of its own; their numbers are kept in a file, so that a killed parent's can be ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = folder / "children.json"
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    @asynccontextmanager
    async def running(self, commands: Mapping[str, Command]) -> AsyncIterator[None]:
        await asyncio.to_thread(self._end_left_behind)
        keepers = [asyncio.create_task(self._keep(name, *command)) for name, command in commands.items()]
        try:
            yield
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await asyncio.gather(*(_end(p) for p in self._processes.values()))
            self._known.unlink(missing_ok=True)

    async def _keep(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Whoever dies is started again, after growing pauses; what it did not commit comes again."""
        deaths = 0
        while True:
            with (self._folder / f"{name}.jsonl").open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *command, env=environment, stdout=output, stderr=output, stdin=asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                )  # fmt: skip
            self._processes[name] = process
            self._note()
            begun = asyncio.get_running_loop().time()
            code = await process.wait()
            deaths = deaths + 1 if asyncio.get_running_loop().time() - begun < 60 else 0
            pause = _PAUSES[min(deaths, len(_PAUSES) - 1)]
            log.error("a service ended", extra={"child": name, "code": code, "again_in_seconds": pause})
            await asyncio.sleep(pause)

    def _note(self) -> None:
        known = {}
        for name, process in self._processes.items():
            with contextlib.suppress(psutil.Error):
                known[name] = [process.pid, psutil.Process(process.pid).create_time()]
        beside = self._known.with_suffix(".new")
        beside.write_text(json.dumps(known))
        beside.replace(self._known)

    def _end_left_behind(self) -> None:
        """Those of a parent that was killed: two of one service on one port or one group help nobody."""
        try:
            known = json.loads(self._known.read_text())
        except (FileNotFoundError, ValueError):
            return
        left = []
        for pid, created in known.values():
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                if abs(process.create_time() - created) < 1:
                    process.terminate()
                    left.append(process)
        for process in psutil.wait_procs(left, timeout=_END_SECONDS)[1]:
            process.kill()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
