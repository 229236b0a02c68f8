"""The timed loop of one expression, and, run as a script, a process that times such loops on request.

It imports the standard library alone, so that any interpreter with any release of ffcore in it can run this file.
"""

from __future__ import annotations

import gc
import json
import math
import platform
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import md5
from timeit import Timer
from typing import Any

MARGIN = 1.2  # a block that runs faster than its calibration still lasts as long as asked


class Block:
    """The timed loop of one expression over user ids, each call with the next id.

    `timeit` compiles the expression into the loop's body, so no call of ours is added to what is measured; its
    garbage collector pause is undone. A block shorter than the ids starts where the last one ended.
    """

    def __init__(self, expression: str, names: dict[str, Any], clock: Callable[[], int], slow: float = 0.0) -> None:
        self._users: list[object] = names["users"]
        self._names = names
        self._slow = slow
        self._start = 0
        self.calls = 1
        statement = f"for user in users:\n    {expression}"
        self._timer = Timer(statement, "import gc; gc.enable()", clock, names)

    def time(self, calls: int) -> tuple[float, int]:
        """Nanoseconds of at least so many calls, and how many there were; those made twice count once."""
        users, total = self._users, len(self._users)
        if calls < total:
            chosen = [*users[self._start : self._start + calls], *users[: max(0, self._start + calls - total)]]
            self._start = (self._start + calls) % total
        else:
            chosen = users
        passes = math.ceil(calls / len(chosen))
        self._names["users"] = list(repeated(chosen, self._slow)) if self._slow else chosen
        return float(self._timer.timeit(passes)), passes * len(chosen)

    def fill(self, seconds: float) -> float:
        """Nanoseconds a call of a block at least so long; shorter ones are thrown away, and the next has more calls."""
        wanted = seconds * 1e9
        while True:
            spent, made = self.time(self.calls)
            if spent >= wanted:
                return spent / made
            self.calls = min(2 * made, math.ceil(made * MARGIN * wanted / max(spent, 1)) + 1)


def repeated(users: Sequence[object], share: float) -> Iterator[object]:
    """The users, and a share of them, evenly spread, twice or more in a row: the seeded slow-down of a block.

    Repeating every twentieth call costs 5 % of the call itself, whatever a call costs, and needs no clock.

    >>> list(repeated(["a", "b", "c", "d"], 0.5)), len(list(repeated(range(1_000), 0.05)))
    (['a', 'b', 'b', 'c', 'd', 'd'], 1050)
    """
    for number, user in enumerate(users, 1):
        for _ in range(1 + math.floor(number * share + 1e-9) - math.floor((number - 1) * share + 1e-9)):
            yield user


class Bench:
    """The blocks of a process of its own, over the ffcore that its interpreter finds.

    Args:
        instructions: ``flags`` (items), ``calls`` (name -> expression and attributes), ``floors`` (the same for hashes
            that decide nothing and are never slowed), ``ids``, and ``slow``, the share of calls to make twice.
    """

    def __init__(self, instructions: Mapping[str, Any]) -> None:
        import ffcore

        self._package = ffcore
        self._ids: list[str] = instructions["ids"]
        self._calls: dict[str, Any] = instructions["calls"]
        evaluator = ffcore.Evaluator(ffcore.FlagSet.from_items(flags=instructions["flags"]))
        keys = [item["key"] for item in instructions["flags"]]
        evaluator.batch_evaluate("warm-up", keys)
        self._names = {"ev": evaluator, "keys": keys, "md5": md5, "word": struct.Struct("<I").unpack_from}
        self._blocks = {
            name: self._block(call, instructions["slow"] if name in self._calls else 0.0)
            for name, call in {**self._calls, **instructions["floors"]}.items()
        }
        gc.collect()
        gc.freeze()

    def _block(self, call: Mapping[str, Any], slow: float) -> Block:
        names = {**self._names, "context": call["attributes"], "users": list(self._ids)}
        return Block(call["expression"], names, time.process_time_ns, slow)

    def about(self) -> dict[str, str]:
        """Which ffcore and which Python this is."""
        return {
            "version": self._package.__version__,
            "file": str(self._package.__file__),
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
        }

    def decide(self, count: int) -> dict[str, list[str]]:
        """What each call decides for the first users, as text."""
        users = self._ids[:count]
        return {name: [str(self._value(call, user)) for user in users] for name, call in self._calls.items()}

    def _value(self, call: Mapping[str, Any], user: str) -> object:
        names = {**self._names, "context": call["attributes"], "user": user}
        value = eval(call["expression"], names)  # noqa: S307  an expression of ours, as in the timed loop
        return [_plain(one) for one in (value.values() if isinstance(value, dict) else [value])]

    def time(self, name: str, seconds: float) -> float:
        """Nanoseconds a call of one block, of this process's processor time: a busy machine lengthens it least."""
        return self._blocks[name].fill(seconds)


def _plain(decision: Any) -> tuple[bool, str, str | None]:
    return decision.enabled, decision.reason, decision.variant


def serve() -> None:
    """Read instructions, then questions (a method of `Bench` and its arguments), and answer, a line of JSON each."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what the package prints is no answer
    bench = Bench(json.loads(sys.stdin.readline()))
    print(json.dumps(bench.about()), file=answers, flush=True)
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        print(json.dumps(getattr(bench, method)(*arguments)), file=answers, flush=True)


if __name__ == "__main__":
    serve()
