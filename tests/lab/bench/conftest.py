"""A clock that moves only when it is read or told to, so that no test depends on the machine's."""

from collections.abc import Callable

import pytest


class FakeClock:
    """Counts nanoseconds; every reading costs `cost` of them."""

    def __init__(self, cost: int) -> None:
        self.now = 0
        self.cost = cost

    def __call__(self) -> int:
        """Read it."""
        self.now += self.cost
        return self.now

    def spend(self, nanoseconds: int) -> None:
        """Let time pass, as a call does that takes so long."""
        self.now += nanoseconds

    def taking(self, nanoseconds: int, done: Callable[[str], object] = str) -> Callable[[str], object]:
        """A workload that takes so long and does something with each user id."""

        def call(user: str) -> object:
            self.spend(nanoseconds)
            return done(user)

        return call

    def noting(self, nanoseconds: int, name: str, turns: list[str]) -> Callable[[str], object]:
        """A workload that takes so long and notes its name each time."""
        return self.taking(nanoseconds, lambda user: turns.append(name))


@pytest.fixture
def clock() -> FakeClock:
    """A clock whose readings cost 40 ns each."""
    return FakeClock(40)
