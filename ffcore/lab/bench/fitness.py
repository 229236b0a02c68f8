"""Warnings where a machine record says that the machine is unfit to measure on, each with what to do."""

from collections.abc import Callable, Mapping
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
    return [warning for check in CHECKS if (warning := check(record))]


def _load(record: Mapping[str, Any]) -> str | None:
    load, cores = (record.get("load") or [0.0])[0], record.get("cpu_affinity") or record.get("cpu_count")
    if not cores or load <= cores:
        return None
    return f"The load is {load:.1f} on {cores} cores: calls wait for other work. Stop it, wait a minute and run again."


def _quota(record: Mapping[str, Any]) -> str | None:
    if (quota := record.get("cpu_quota")) is None:
        return None
    return f"The container is stopped beyond {quota:g} cores on average, and the tail shows it. Lift the limit."


def _governor(record: Mapping[str, Any]) -> str | None:
    if (governor := record.get("governor")) in (None, "performance"):
        return None
    return (
        f"The frequency governor is {governor}: the clock speed follows the load. "
        "Set it with `sudo cpupower frequency-set -g performance`."
    )


def _battery(record: Mapping[str, Any]) -> str | None:
    if not record.get("on_battery"):
        return None
    return "The machine runs on battery, which slows processors down. Plug it in."


def _steal(record: Mapping[str, Any]) -> str | None:
    if (steal := record.get("steal_share") or 0.0) <= MOST_STEAL:
        return None
    return (
        f"The host took {steal:.1%} of this virtual machine's processor time since boot: the tail shows its "
        "other guests. Use a dedicated machine, or trust ratios within one run only."
    )


def _timer(record: Mapping[str, Any]) -> str | None:
    if (step := record.get("timer_resolution_ns") or 0) <= COARSEST_NS:
        return None
    return (
        f"The timer steps by {duration(step)}, longer than a call takes: percentiles of single calls mean nothing "
        "here. Rely on throughput, or use another machine."
    )


def _build(record: Mapping[str, Any]) -> str | None:
    if not record.get("debug_build"):
        return None
    return "This Python is a debug build, several times slower than a release. Use a release build."


def _optimised(record: Mapping[str, Any]) -> str | None:
    if record.get("optimised_build") is not False:
        return None
    return (
        "This Python was built without profile guidance and runs slower than releases do: absolute times are its own. "
        "Use a build with --enable-optimizations, or read the ratios."
    )


def _clock_source(record: Mapping[str, Any]) -> str | None:
    if (source := record.get("clock_source")) not in SLOW_CLOCKS:
        return None
    return (
        f"The kernel reads its clock from {source}, which costs a system call each time. Set the clock source to tsc, "
        "or rely on throughput."
    )


def _traced(record: Mapping[str, Any]) -> str | None:
    if not record.get("traced"):
        return None
    return "A tracer or profiler (a debugger, coverage) watches every call. Run without it."


CHECKS: tuple[Callable[[Mapping[str, Any]], str | None], ...] = (
    _load,
    _quota,
    _governor,
    _battery,
    _steal,
    _timer,
    _build,
    _optimised,
    _clock_source,
    _traced,
)
