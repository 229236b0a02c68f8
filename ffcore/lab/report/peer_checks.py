"""What the peers notebook shows without a clock, and its figures by name: everybody timed decides what it should."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from ffcore.errors import ConfigError
from ffcore.lab.bench.contender import NAMES, ROLLOUT, SHARES, Call, Contender, share_of
from ffcore.lab.bench.display import duration, interval, rate
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.ourselves import FLOOR, OURS
from ffcore.lab.bench.peers import PEERS
from ffcore.lab.bench.run import gathered
from ffcore.lab.bench.side_by_side import SideBySide
from ffcore.lab.verify.check import Check, Verdict

from .mismatches import counted
from .results import Measure

IDS = tuple(f"user-{number}" for number in range(2_000))
FAULTS = ("always_on",)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Who takes part, ourselves first, and by title why others don't."""

    contenders: tuple[Contender, ...]
    absent: Mapping[str, str]


def gather(exits: ExitStack, fault: str = "") -> Gathered:
    """Ourselves, the floor, and every peer that is installed and decides rightly; they are closed with `exits`.

    Args:
        exits: closes the peers.
        fault: "always_on" makes our 50 % rollout on for everybody; empty for none.

    Raises:
        ConfigError: no such fault.
    """
    if fault not in ("", *FAULTS):
        raise ConfigError.unknown("fault", fault, FAULTS)
    contenders, left_out = gathered(list(PEERS), exits, lambda line: None, IDS)
    if fault:
        broken = {**contenders[0].calls, ROLLOUT: Call("True or ev")}
        contenders[0] = replace(contenders[0], calls=broken)
    return Gathered(tuple(contenders), {PEERS[name].title: why for name, why in left_out.items()})


def peer_checks(found: Gathered) -> dict[str, Check]:
    """Hold our five calls, and those of the peers at hand, to the share of users that each should be on for.

    Peers share one row, which reads the same however many of them are installed: `mismatches` counts their workloads
    that are on for a wrong share, and those that were left out for deciding wrongly or breaking.
    """
    ours, others = found.contenders[0], [who for who in found.contenders if who.name in _titles()]
    checks = {f"{OURS}, {workload}": _held(ours, workload) for workload in NAMES}
    wrong = sum(check.verdict == "fail" for who in others for check in _all_held(who))
    broken = sum(":" in why for why in found.absent.values())
    return {**checks, "peers that are installed": counted("peers", wrong + broken, len(IDS))}


def _titles() -> set[str]:
    return {peer.title for peer in PEERS.values()}


def _all_held(who: Contender) -> Iterator[Check]:
    yield from (_held(who, workload) for workload in NAMES if isinstance(who.calls[workload], Call))


def _held(who: Contender, workload: str) -> Check:
    call, (wanted, off) = who.calls[workload], SHARES[workload]
    share = share_of(call, who.namespace(workload, IDS)) if isinstance(call, Call) else float("nan")
    told: Verdict = "pass" if abs(share - wanted) <= off + 1e-9 else "fail"
    return Check(workload, told, estimate={"on": share}, n=len(IDS), details={"target": wanted, "margin": off})


def peer_measures(run: SideBySide) -> list[Measure]:
    """Name each contender's time over ours on the 50 % rollout; an absent peer's is empty, with the reason.

    None is judged: what a peer does besides deciding differs, and is no fault of either.
    """
    return [*_present(run), *map(_missing, run.absent.items())]


def _present(run: SideBySide) -> Iterator[Measure]:
    for who in run.contenders:
        if who.name != OURS:
            yield _measure(run, who.name)


def _measure(run: SideBySide, name: str) -> Measure:
    imported: Sequence[str] = [f"import {interval(run.imports[name], _milliseconds)}"] if name in run.imports else []
    said = [
        f"{interval(run.rate(ROLLOUT, name), rate)} calls",
        f"P99 {interval(run.percentile(ROLLOUT, name, 0.99), duration)}",
        *imported,
    ]
    label = f"time of {name} over ours, {ROLLOUT}" if name != FLOOR else f"time of one bare hash over ours, {ROLLOUT}"
    return Measure.of(_name(name), label, run.ratio(ROLLOUT, name), "ratio", note="; ".join(said))


def _missing(row: tuple[str, str]) -> Measure:
    title, why = row
    label = f"time of {title} over ours, {ROLLOUT}"
    return Measure.of(_name(title), label, Estimate(None, None, None, 0), "ratio", note=why)


def _name(title: str) -> str:
    return f"peer_{title.lower().replace(' ', '_')}"


def _milliseconds(value: float) -> str:
    return duration(1e6 * value)
