"""Growth: the power by which cost grows, for costs whose power is known."""

from __future__ import annotations

import numpy as np
import pytest

from ffcore.lab.bench.growth import FLAGS, RULES, Growth, calls, flag, growth
from ffcore.lab.bench.sizes import Sizes
from ffcore.lab.bench.throughput import Throughput, ThroughputRun

SIZES = (0, 1, 10, 100)


def growth_of(power: float) -> Growth:
    """Costs of 100 ns times size to a power, with 2 % noise."""
    generator = np.random.default_rng(1)
    rates = {size: 1e7 / max(size, 1) ** power * generator.lognormal(0, 0.02, 9) for size in SIZES}
    loads = {str(size): Throughput(str(size), values, 100, 0.1) for size, values in rates.items()}
    return Growth(SIZES, ThroughputRun(loads, 0.0))


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_power_is_found(power: float) -> None:
    """The interval holds the power; ratios refer to the smallest size."""
    found = growth_of(power)

    assert found.slope().value == pytest.approx(power, abs=0.02)
    assert found.ratio(0).value == 1.0
    assert found.ratio(100).value == pytest.approx(100**power, rel=0.1)
    assert found.cost(1).value == pytest.approx(100, rel=0.1)


def test_all_calls_decide() -> None:
    """At every size of every dimension, with and without faults, a call answers with a decision that rules admit."""
    for fault in ("", "scan", "quadratic"):
        for sizes in calls((10, 20), fault).values():
            assert {call("user-1").reason for call in sizes.values()} <= {"enabled", "not_in_rollout"}  # type: ignore[attr-defined]


def test_a_flag_has_the_rules_asked_for() -> None:
    """Rules are added one by one."""
    assert len(flag(rules=7).targeting_rules) == 7


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "dimension"), [("scan", FLAGS), ("quadratic", RULES)])
def test_a_fault_raises_the_cost_at_the_largest_size(fault: str, dimension: str) -> None:
    """Walking through 4,000 flags, and deciding anew for each of 100 rules, cost more than five times as much again."""
    size = Sizes(1, 500, 6, 0.004, (1,), 6, 1_000, (10, 1_000, 4_000), 0.01)
    clean, faulty = (growth(size, fault=one).dimensions[dimension] for one in ("", fault))

    assert faulty.ratio(faulty.sizes[-1]).value > 5 * clean.ratio(clean.sizes[-1]).value  # type: ignore[operator]
