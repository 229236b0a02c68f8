"""Peers side by side with us: time of one call alone and back to back, on all five workloads, and the import."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ffcore.lab.bench.block import Block
from ffcore.lab.bench.clock import Clock, timer
from ffcore.lab.bench.comparison import Comparison, Profile, compare, frozen_heap, turns
from ffcore.lab.bench.contender import NAMES, ROLLOUT, Call, Contender
from ffcore.lab.bench.display import duration, rate
from ffcore.lab.bench.estimate import Estimate, Floats, median, quantiles
from ffcore.lab.bench.imports import OURS as OUR_IMPORT
from ffcore.lab.bench.imports import import_times
from ffcore.lab.bench.ourselves import OURS
from ffcore.lab.bench.peers import PEERS

GREY_ROW = "color:#767676"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: timed blocks, single calls in each of their blocks, and rounds of imports."""

    blocks: Profile
    calls: int
    imports: int


SIZES = {
    "smoke": Size(Profile(6, 0.002), 200, 6),
    "standard": Size(Profile(15, 0.05), 5_000, 15),
    "full": Size(Profile(31, 0.2), 20_000, 31),
}


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """What `side_by_side` measured.

    Attributes:
        contenders: who took part, ourselves first.
        absent: why a peer did not, by its title.
        blocks: nanoseconds a call of calls back to back, one for each round.
        calls: nanoseconds of single calls by workload and contender, a row for each round.
        imports: milliseconds over a bare interpreter, by contender.
        overhead: nanoseconds of the timer, subtracted from single calls.
    """

    contenders: tuple[Contender, ...]
    absent: dict[str, str]
    blocks: Comparison
    calls: dict[str, dict[str, Floats]]
    imports: dict[str, Estimate]
    overhead: float

    def rate(self, workload: str, name: str) -> Estimate:
        """Calls a second of one thread, back to back: median over rounds."""
        return median(1e9 / self.blocks.times[workload][name])

    def percentile(self, workload: str, name: str, level: float) -> Estimate:
        """A percentile of single calls, in nanoseconds."""
        return quantiles(self.calls[workload][name], [level])[0]

    def ratio(self, workload: str, name: str) -> Estimate:
        """A contender's time over ours, paired by round: above 1, we are faster."""
        return self.blocks.ratio(workload, name, OURS)

    def _repr_html_(self) -> str:
        rows = [*map(self._row, self.contenders), *map(_absent_row, self.absent.items())]
        headings = ["evaluator", *NAMES, "calls/s", "P50", "P99", "import"]
        head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
        sample = next(iter(self.calls[ROLLOUT].values()))
        note = (
            f"Back to back: median of {len(self.blocks.loop)} interleaved rounds. Calls a second, P50 and P99 are of "
            f"the {ROLLOUT}, the percentiles of {sample.size:,} single calls, timer overhead of "
            f"{duration(self.overhead)} subtracted. Import: over a bare interpreter. Figures and result file have the "
            "95 % intervals."
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table><p>{note}</p>"

    def _row(self, who: Contender) -> str:
        costs = [self._cost(workload, who.name) for workload in NAMES]
        imported = self.imports.get(who.name)
        cells = [
            *costs,
            _short(self.rate(ROLLOUT, who.name), rate),
            *(_short(self.percentile(ROLLOUT, who.name, level), duration) for level in (0.5, 0.99)),
            "" if imported is None else _short(imported, lambda value: duration(1e6 * value)),
        ]
        name = escape(f"{who.name} {who.version}".strip())
        return f'<tr><th scope="row">{name}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'

    def _cost(self, workload: str, name: str) -> str:
        if name not in self.blocks.times[workload]:
            return "–"
        return duration(float(np.median(self.blocks.times[workload][name])))


def side_by_side(
    contenders: Sequence[Contender],
    absent: Mapping[str, str],
    ids: Sequence[str],
    size: Size,
) -> SideBySide:
    """Time all contenders in this thread, and their imports in fresh processes, everything interleaved.

    Args:
        contenders: ourselves first; all of them decide rightly.
        absent: why others are not among them.
        ids: user ids; the subjects are built before the clock starts.
        size: how much to measure.
    """
    blocks = compare(contenders, ids, size.blocks)
    overhead = timer().overhead
    calls = single_calls(contenders, ids, size, time.perf_counter_ns)
    calls = {name: {who: np.maximum(row - overhead, 0) for who, row in rows.items()} for name, rows in calls.items()}
    statements = OUR_IMPORT | {peer.title: peer.statement for peer in PEERS.values()}
    here = {who.name for who in contenders}
    imports = import_times({name: what for name, what in statements.items() if name in here}, size.imports)
    return SideBySide(tuple(contenders), dict(absent), blocks, calls, imports, overhead)


def single_calls(
    contenders: Sequence[Contender], ids: Sequence[str], size: Size, clock: Clock
) -> dict[str, dict[str, Floats]]:
    """Nanoseconds of each call alone, the timer's cost included: a reading before and one after, in the loop's body.

    Rounds as in `compare`; the first warms up and is dropped.
    """
    records: dict[str, dict[str, array[int]]] = {name: {} for name in NAMES}
    loops: dict[str, dict[str, Block]] = {name: {} for name in NAMES}
    for workload, who, call in _calls(contenders):
        record = records[workload][who.name] = array("q")
        names: dict[str, Any] = {**who.namespace(workload, ids), "_clock": clock, "_record": record.append}
        expression = f"_start = _clock(); {call.expression}; _record(_clock() - _start)"
        loops[workload][who.name] = Block(expression, names, clock)
    with frozen_heap():
        for _, workload, name in turns(loops, size.blocks.rounds + 1, seed=0):
            loops[workload][name].time(size.calls)
    rounds = size.blocks.rounds + 1
    return {
        name: {who: np.array(kept, dtype=np.float64).reshape(rounds, -1)[1:] for who, kept in row.items()}
        for name, row in records.items()
    }


def _calls(contenders: Sequence[Contender]) -> Iterator[tuple[str, Contender, Call]]:
    for workload in NAMES:
        for who in contenders:
            if isinstance(call := who.calls[workload], Call):
                yield workload, who, call


def _short(estimate: Estimate, write: Any) -> str:
    return "not estimable" if estimate.value is None else str(write(estimate.value))


def _absent_row(row: tuple[str, str]) -> str:
    title, why = map(escape, row)
    return f'<tr style="{GREY_ROW}"><th scope="row">{title}</th><td colspan="9">{why}</td></tr>'


def described() -> str:
    """What a call of each peer does besides deciding, as an HTML table."""
    rows = "".join(
        f'<tr><th scope="row">{escape(peer.title)}</th><td style="text-align:left">{escape(peer.besides)}</td></tr>'
        for peer in PEERS.values()
    )
    return f"<table><tbody>{rows}</tbody></table>"
