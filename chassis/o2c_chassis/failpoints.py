"""Where a test may end this process: between any two steps. Only a test arms them; unarmed they cost one look."""

import os
import signal
from collections import Counter

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_armed: dict[str, tuple[str, int]] = {}
hits: Counter[str] = Counter()
"""How often each was passed since something was armed."""


class Injected(Exception):
    """What a failpoint armed with `raise` raises: the world's fault, by the rules of this house."""


def failpoint(name: str) -> None:
    if _armed:
        _pass(name)


def arm(said: str) -> None:
    """`name=kill@3,name=stop@1,name=raise@2`: what happens when it is passed that often; `*=count` only counts."""
    for each in filter(None, said.split(",")):
        name, _, what = each.partition("=")
        action, _, times = what.partition("@")
        if action not in ("kill", "stop", "raise", "count"):
            raise ValueError(f"{each!r}: a failpoint may kill, stop, raise or count")
        _armed[name] = action, int(times or 1)


def _pass(name: str) -> None:
    hits[name] += 1
    action, times = _armed.get(name, ("count", 0))
    if hits[name] != times:
        return
    if action in _SIGNALS:
        os.kill(os.getpid(), _SIGNALS[action])
    elif action == "raise":
        raise Injected(name)
