"""A run of ``ffcore bench`` as text: a table for each workload, then what else was measured, then the verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from ffcore.lab.bench.comparison import PROFILES, Comparison, Progress
from ffcore.lab.bench.contender import NAMES
from ffcore.lab.bench.display import duration, interval, ratio
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.ourselves import FLOOR, OURS
from ffcore.lab.bench.run import Run


def show(run: Run, stream: TextIO | None = None) -> None:
    """Write a run to a stream, standard output by default."""
    sections = [_heading(run), *(_table(run, name) for name in NAMES), _notes(run), _others(run), _outcome(run)]
    for section in sections:
        for line in section:
            print(line.rstrip(), file=stream or sys.stdout)


def _heading(run: Run) -> Iterator[str]:
    machine = run.machine
    yield (
        f"{machine['implementation']} {machine['python']}, {machine['cpu_model']}, {machine['cpu_count']} cores, "
        f"load {machine['load']}, commit {machine['commit']}"
    )
    for warning in run.warnings:
        yield f"Warning: {warning}"
    profile, loop = PROFILES[run.profile], run.comparison.loop
    yield (
        f"Time of one call: median of {profile.rounds} interleaved rounds [fastest to slowest], blocks of at least "
        f"{duration(profile.seconds * 1e9)}, 10,000 ids, one thread; of this, the empty loop takes "
        f"{duration(loop.min())} to {duration(loop.max())}."
    )
    yield "Ratio: time over that of ffcore in the same round [95 % interval]; above 1, ffcore is faster."


def progress(stream: TextIO | None = None) -> Progress:
    """A function that writes what is going on: on a terminal over the last line, else each new stage on its own."""
    out = stream or sys.stderr
    last = [""]

    def tell(line: str) -> None:
        stage = line.partition(":")[0]
        if out.isatty() and line != last[0]:
            out.write(f"\r\x1b[K{line}")
        elif not out.isatty() and stage != last[0].partition(":")[0]:
            out.write(f"{stage}\n")
        last[0] = line
        out.flush()

    return tell


def _table(run: Run, workload: str) -> Iterator[str]:
    yield from ("", workload)
    yield _line("evaluator", "ns per call", "ratio", "")
    for who in run.contenders:
        if (reason := run.comparison.absent[workload].get(who.name)) is not None:
            yield _line(who.name, "–", "–", reason)
        else:
            yield _row(run.comparison, workload, who.name)
    for name, reason in run.left_out.items():
        yield _line(name, "–", "–", reason)


def _row(measured: Comparison, workload: str, name: str) -> str:
    times = measured.times[workload][name]
    spread = f"[{times.min():,.0f} to {times.max():,.0f}]"
    cost = f"{np.median(times):,.0f} {spread:>20}"
    if name == OURS:
        return _line(name, cost, "1", "")
    compared = measured.ratio(workload, name, OURS)
    return _line(name, cost, interval(compared, ratio), "" if name == FLOOR else words(name, compared))


def _line(name: str, cost: str, compared: str, remark: str) -> str:
    return f"  {name:<20}{cost:>30}{compared:>22}  {remark}"


def words(name: str, compared: Estimate) -> str:
    """Who is faster, and by how much, as far as the interval tells.

    >>> words("Eppo", Estimate(1.38, 1.35, 1.40, 15))
    'ffcore is 1.38 times as fast'
    >>> words("Eppo", Estimate(0.8, 0.7, 0.9, 15))
    'Eppo is 1.25 times as fast'
    >>> words("Eppo", Estimate(1.01, 0.98, 1.04, 15))
    'no difference shown'
    """
    if compared.value is None or compared.low is None or compared.high is None:
        return "too few rounds to tell"
    if compared.low <= 1 <= compared.high:
        return "no difference shown"
    factor = max(compared.value, 1 / compared.value)
    return f"{OURS if compared.value > 1 else name} is {factor:.2f} times as fast"


def _notes(run: Run) -> Iterator[str]:
    yield ""
    for who in run.contenders:
        said = ": ".join(filter(None, (f"{who.name} {who.version}".strip(), who.note)))
        yield said
    yield ""


def _others(run: Run) -> Iterator[str]:
    threads, many = run.threads, run.many_flags
    exact = "exactly as many as made" if threads.calls == threads.counted else f"but {threads.calls:,} were made"
    yield f"{threads.threads} threads: {interval(threads.ratio, ratio)} of one thread's calls a second"
    yield f"Statistics under threads: {threads.counted:,} calls counted, {exact}"
    seconds = interval(many.compile_seconds, lambda value: duration(value * 1e9))
    yield f"{many.flags:,} flags: fetched, compiled and decided once in {seconds}"
    yield f"Bytes a flag: {many.model_bytes:,.0f} in the model, {many.compiled_bytes:,.0f} more compiled and cached"
    imported = interval(run.import_milliseconds, lambda value: duration(value * 1e6))
    yield f"import ffcore: {imported} over a bare interpreter"


def _outcome(run: Run) -> Iterator[str]:
    if not (found := run.outcome):
        return
    yield ""
    limit = f"up to {1 + found.alarms.margin:.2f} is tolerated"
    yield f"Against {found.against}: time of this code over the other's [95 % interval]; {limit}:"
    for change in found.changes:
        verdict = change.verdict if found.comparable else "not judged"
        yield f"{verdict:<13} {change.workload}: {interval(change.ratio, ratio)}"
    for name, count in found.differing.items():
        if count:
            yield f"{'fail':<13} {name}: decided otherwise for {count:,} users"
    yield from found.remarks
    yield str(found.alarms)
    yield f"verdict: {found.verdict}"
