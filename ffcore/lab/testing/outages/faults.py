"""The faults of an outage: what begins each of them, and what ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ffcore.lab.testing.outages.site import Site

HOUR = 3_600.0
Act = Callable[["Site"], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What begins a fault and what ends it; ``change`` says whether the flags can be changed during it."""

    begin: Act
    end: Act
    change: bool = True


def _answer(name: str) -> Fault:
    def begin(site: Site) -> None:
        site.injector.fault = name

    def end(site: Site) -> None:
        site.injector.fault = None

    return Fault(begin, end)


def _wire(mode: str, delay: float = 0.0) -> Fault:
    def begin(site: Site) -> None:
        site.proxy.delay = delay
        site.proxy.mode = mode

    def end(site: Site) -> None:
        site.proxy.mode = "through"

    return Fault(begin, end)


def _nothing(site: Site) -> None:
    """Leave all as it is."""


def _jump(site: Site) -> None:
    """The wall clock goes back an hour, and the monotonic one forward, as after a machine's sleep."""
    site.clock.jump(HOUR)
    site.wall_clock.jump(-HOUR)


FAULTS: dict[str, Fault] = {
    "none": Fault(_nothing, _nothing),
    "throttling": _answer("throttling"),
    "500": _answer("500"),
    "expired credentials": _answer("expired credentials"),
    "partial answers": _answer("partial"),
    "latency": _wire("latency", delay=0.05),
    "connection reset": _wire("reset"),
    "time-outs": _wire("dead"),
    "malformed item": Fault(lambda site: site.spoil(), lambda site: site.mend()),
    "clock jumps": Fault(_jump, _nothing),
    "server restarted": Fault(lambda site: site.kill(), lambda site: site.restart(), change=False),
}
