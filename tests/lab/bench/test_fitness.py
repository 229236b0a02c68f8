"""Warnings about machines that are unfit to measure on."""

from typing import Any

import pytest

from ffcore.lab.bench.fitness import machine_warnings

FIT: dict[str, Any] = {
    "load": [0.4, 0.3, 0.2],
    "cpu_count": 8,
    "cpu_affinity": 4,
    "cpu_quota": None,
    "governor": "performance",
    "on_battery": False,
    "steal_share": 0.001,
    "timer_resolution_ns": 40,
    "debug_build": False,
    "traced": False,
    "optimised_build": True,
    "clock_source": "tsc",
}


def test_a_fit_machine_warns_of_nothing() -> None:
    """A quiet machine, and one of which nothing is known, give no warning."""
    assert machine_warnings(FIT) == []
    assert machine_warnings({}) == []
    assert machine_warnings(dict.fromkeys(FIT)) == []


@pytest.mark.parametrize(
    ("field", "value", "why", "advice"),
    [
        ("load", [4.1, 0.0, 0.0], "load is 4.1 on 4 cores", "Stop it"),
        ("cpu_quota", 1.5, "beyond 1.5 cores", "Lift the limit"),
        ("governor", "powersave", "governor is powersave", "cpupower frequency-set -g performance"),
        ("on_battery", True, "battery", "Plug it in"),
        ("steal_share", 0.034, "took 3.4%", "dedicated machine"),
        ("timer_resolution_ns", 15_600_000, "steps by 15.6 ms", "Rely on throughput"),
        ("debug_build", True, "debug build", "release build"),
        ("traced", True, "tracer", "Run without it"),
        ("optimised_build", False, "without profile guidance", "--enable-optimizations"),
        ("clock_source", "hpet", "clock from hpet", "clock source to tsc"),
    ],
)
def test_each_fault_says_why_and_what_to_do(field: str, value: object, why: str, advice: str) -> None:
    """One field out of order gives one warning, with the reason and the remedy."""
    [warning] = machine_warnings(FIT | {field: value})

    assert why in warning
    assert advice in warning


def test_load_counts_against_the_cores_this_process_may_use() -> None:
    """A load of 3 is too much for two of eight cores, and 2 is not."""
    assert len(machine_warnings(FIT | {"cpu_affinity": 2, "load": [3.0, 0.0, 0.0]})) == 1
    assert machine_warnings(FIT | {"cpu_affinity": 2, "load": [2.0, 0.0, 0.0]}) == []
    assert len(machine_warnings(FIT | {"cpu_affinity": None, "load": [9.0, 0.0, 0.0]})) == 1


def test_every_fault_is_listed() -> None:
    """Several faults at once are all named."""
    assert len(machine_warnings(FIT | {"traced": True, "on_battery": True, "governor": "powersave"})) == 3
