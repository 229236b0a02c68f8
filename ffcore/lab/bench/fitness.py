"""Warnings where a machine record says that the machine is unfit to measure on, each with what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from ffcore.lab.bench.display import duration

COARSEST_NS = 1_000
MOST_STEAL = 0.01
SLOW_CLOCKS = ("hpet", "acpi_pm", "jiffies")


def machine_warnings(record: Mapping[str, Any]) -> list[str]:
    """Say why the machine of a `machine_record` is unfit to measure on, and what to do; empty if nothing is wrong.

    What the record does not know (None, or no such field) warns of nothing.

    >>> machine_warnings({"load": [0.2, 0.1, 0.1], "cpu_affinity": 2, "governor": "performance"})
    []
    >>> machine_warnings({"load": [3.5, 1.0, 0.5], "cpu_affinity": 2})
    ['The load is 3.5 on 2 cores: calls wait for other work. Stop it, wait a minute and run again.']
    """
    return [warning for check in (_load, _processor, _timer, _interpreter) for warning in check(record)]


def _load(record: Mapping[str, Any]) -> Iterator[str]:
    load, cores = (record.get("load") or [0.0])[0], record.get("cpu_affinity") or record.get("cpu_count")
    if cores and load > cores:
        why = f"The load is {load:.1f} on {cores} cores: calls wait for other work."
        yield f"{why} Stop it, wait a minute and run again."
    if (quota := record.get("cpu_quota")) is not None:
        yield f"The container is stopped beyond {quota:g} cores on average, and the tail shows it. Lift the limit."


def _processor(record: Mapping[str, Any]) -> Iterator[str]:
    if (governor := record.get("governor")) not in (None, "performance"):
        yield (
            f"The frequency governor is {governor}: the clock speed follows the load. "
            "Set it with `sudo cpupower frequency-set -g performance`."
        )
    if record.get("on_battery"):
        yield "The machine runs on battery, which slows processors down. Plug it in."
    if (steal := record.get("steal_share") or 0.0) > MOST_STEAL:
        yield (
            f"The host took {steal:.1%} of this virtual machine's processor time since boot: the tail shows its "
            "other guests. Use a dedicated machine, or trust ratios within one run only."
        )


def _timer(record: Mapping[str, Any]) -> Iterator[str]:
    if (step := record.get("timer_resolution_ns") or 0) > COARSEST_NS:
        yield (
            f"The timer steps by {duration(step)}, longer than a call takes: percentiles of single calls mean nothing "
            "here. Rely on throughput, or use another machine."
        )
    if (source := record.get("clock_source")) in SLOW_CLOCKS:
        yield (
            f"The kernel reads its clock from {source}, which costs a system call each time. Set the clock source to "
            "tsc, or rely on throughput."
        )


def _interpreter(record: Mapping[str, Any]) -> Iterator[str]:
    if record.get("debug_build"):
        yield "This Python is a debug build, several times slower than a release. Use a release build."
    if record.get("optimised_build") is False:
        yield (
            "This Python was built without profile guidance and runs slower than releases do: absolute times are its "
            "own. Use a build with --enable-optimizations, or read the ratios."
        )
    if record.get("traced"):
        yield "A tracer or profiler (a debugger, coverage) watches every call. Run without it."
