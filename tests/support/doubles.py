"""Stand-ins for the world around an evaluator: a clock that is set by hand, a store that counts and fails, threads."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from ffcore import Experiment, Flag, FlagSet
from ffcore.stores import Malformed, MemoryStore

PATIENCE = 20.0  # seconds after which a test takes a thread for stuck


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds, as last set."""
        return self.now


class Store:
    """A store in memory that notes every call, and runs ``before`` (which may wait or raise) in each of them."""

    def __init__(self, flag_set: FlagSet | None = None, malformed: Iterable[str] = ()) -> None:
        self.inner = MemoryStore(flag_set)
        self.malformed = set(malformed)
        self.calls: list[list[str]] = []
        self.before: Callable[[], object] = lambda: None

    def get_flags(self, keys: Iterable[str]) -> Mapping[str, Flag | Malformed]:
        """The flags, or what stands for a malformed one."""
        keys = self._noted(keys)
        bad = {key: Malformed(key, (("enabled", "expected true or false"),)) for key in keys if key in self.malformed}
        return self.inner.get_flags(keys) | bad

    def get_experiments(self, keys: Iterable[str]) -> Mapping[str, Experiment | Malformed]:
        """The experiments, or what stands for a malformed one."""
        keys = self._noted(keys)
        bad = {key: Malformed(key, (("variants", "required, but missing"),)) for key in keys if key in self.malformed}
        return self.inner.get_experiments(keys) | bad

    def put(self, flag_set: FlagSet) -> None:
        """Keep a set."""
        self.inner.put(flag_set)

    def fail(self, error: BaseException | None = None) -> None:
        """Fail from now on."""
        self.before = lambda: raise_(error or ConnectionError("the store is down"))

    def mend(self) -> None:
        """Work again."""
        self.before = lambda: None

    def _noted(self, keys: Iterable[str]) -> list[str]:
        noted = list(keys)
        self.calls.append(noted)
        self.before()
        return noted


def raise_(error: BaseException) -> None:
    """Raise, where only an expression fits."""
    raise error


def switched_on(*keys: str) -> FlagSet:
    """Flags that everybody gets."""
    return FlagSet(Flag(key, enabled=True, rollout_percentage=100) for key in keys)  # type: ignore[arg-type]


def together(*functions: Callable[[], object]) -> list[object]:
    """Start all functions at once, each in a thread; their results, or what they raised. A stuck thread is an error."""
    results: list[object] = [None] * len(functions)
    barrier = threading.Barrier(len(functions))

    def run(index: int, function: Callable[[], object]) -> None:
        barrier.wait(PATIENCE)
        try:
            results[index] = function()
        except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt is among what is tested
            results[index] = error

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        assert not thread.is_alive(), "a thread is stuck"
    return results


def wait_until(condition: Callable[[], bool]) -> None:
    """Come back when the condition holds; it is an error if it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "what was waited for never happened"
        time.sleep(0.001)


@contextmanager
def restless() -> Iterator[None]:
    """Threads change places as often as the interpreter can, so that races show."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
