"""The machine record: what a measurement ran on, and warnings where that makes it unfit to measure."""

import gc
import importlib.metadata
import os
import platform
import subprocess
import sys
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

import psutil

from ffcore.lab.bench.clock import timer

Record = dict[str, object]

GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def machine_record() -> Record:
    """Describe the machine, the interpreter and the timer: plain values only, no host, no user, no path.

    Sizes are GiB, times UTC, `steal_share` the share of processor time that a host took since boot; None is unknown.

    >>> record = machine_record()
    >>> record["implementation"], record["timer"]
    ('CPython', 'perf_counter_ns')
    """
    return _interpreter() | _packages() | _hardware() | _state() | _timer()


def _interpreter() -> Record:
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "flags": {name: value for name in sys.flags.__match_args__ if (value := int(getattr(sys.flags, name)))},
        "debug_build": bool(sysconfig.get_config_var("Py_DEBUG")),
        "traced": sys.gettrace() is not None or sys.getprofile() is not None,
        "gc_enabled": gc.isenabled(),
        "gc_thresholds": list(gc.get_threshold()),
        "hash_seed": os.environ.get("PYTHONHASHSEED") or "random",
        "switch_interval_s": sys.getswitchinterval(),
        "global_lock": bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
        "optimised_build": _optimised(),
    }


def _optimised() -> bool | None:
    """Whether the interpreter was built with profile guidance, where its build says how it was configured."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS")
    return "--enable-optimizations" in arguments if isinstance(arguments, str) else None


def _packages() -> Record:
    versions: Record = {name: _version(name) for name in ("ffcore", "numpy", "scipy", "pandas")}
    return versions | {"commit": _commit(Path(__file__))}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit(source: Path) -> str | None:
    """The commit that tracks `source`, marked -dirty where the tree differs from it; None if none does."""
    if _git(source, "ls-files", "--error-unmatch", source.name) is None:
        return None
    return _git(source, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(source: Path, *arguments: str) -> str | None:
    try:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=source.parent, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None


def _hardware() -> Record:
    frequency = psutil.cpu_freq() if hasattr(psutil, "cpu_freq") else None
    return {
        "platform": platform.platform(),
        "architecture": platform.machine(),
        "cpu_model": _cpu_field("model name") or platform.processor() or None,
        "cpu_count": psutil.cpu_count(),
        "cpu_affinity": _affinity(),
        "cpu_quota": _cpu_quota(),
        "cpu_mhz": round(frequency.current) if frequency else None,
        "governor": _read(GOVERNOR),
        "hypervisor": "hypervisor" in (_cpu_field("flags") or "").split(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "turbo_off": _read(Path("/sys/devices/system/cpu/intel_pstate/no_turbo")),
        "hyperthreading": _read(Path("/sys/devices/system/cpu/smt/active")),
        "clock_source": _read(Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")),
        "isolated_cpus": _read(Path("/sys/devices/system/cpu/isolated")) or None,
        "aslr": _read(Path("/proc/sys/kernel/randomize_va_space")),
    }


def _affinity() -> int | None:
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else psutil.cpu_count()


def _cpu_quota() -> float | None:
    """Cores that a container may use on average, where one is set (cgroup version 2)."""
    quota, _, period = (_read(Path("/sys/fs/cgroup/cpu.max")) or "max").partition(" ")
    return None if quota == "max" else int(quota) / int(period)


def _cpu_field(name: str) -> str | None:
    for line in (_read(Path("/proc/cpuinfo")) or "").splitlines():
        field, _, value = line.partition(":")
        if field.strip() == name:
            return value.strip()
    return None


def _state() -> Record:
    times, battery = psutil.cpu_times(), psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "boot_time": datetime.fromtimestamp(psutil.boot_time(), UTC).isoformat(timespec="seconds"),
        "load": [round(load, 2) for load in psutil.getloadavg()],
        "steal_share": round(getattr(times, "steal", 0.0) / sum(times), 4),
        "on_battery": None if battery is None else battery.power_plugged is False,
        "memory_available_gib": round(psutil.virtual_memory().available / 2**30, 1),
    }


def _timer() -> Record:
    measured = timer()
    return {
        "timer": measured.clock,
        "timer_resolution_ns": measured.resolution,
        "timer_overhead_ns": measured.overhead,
    }


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
