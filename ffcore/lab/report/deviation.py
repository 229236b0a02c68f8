"""The key figure of a notebook on shares: the deviation that is farthest from its target, with its interval."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.verify.check import Check, combine

from .results import Measure

_POINTS = 100.0


def worst_deviation(checks: Iterable[Check]) -> Measure:
    """Find the arm of all sampled checks that is farthest from its target, in percentage points with its interval.

    Proofs have no deviation. The verdict is that of all the checks together.

    >>> from ffcore.lab.verify import sample_ratio
    >>> measure = worst_deviation([sample_ratio([4969, 5031], [0.5, 0.5])])
    >>> round(measure.value, 2), measure.n
    (-0.31, 10000)
    """
    listed = list(checks)
    found = [arm for check in listed if check.p_value is not None and check.n for arm in _arms(check)]
    check, name, estimate = max(found, key=lambda arm: abs(arm[2].value or 0.0), default=(None, "", _NOTHING))
    note = "" if check is None else f"{check}{f', {name}' * (name != 'enabled')}"
    judged = {"verdict": combine(listed), "basis": "checks"}
    return Measure.of("worst_deviation", "largest deviation from target", estimate, "points", note=note, **judged)


def rollout_deviation(checks: Iterable[Check]) -> Measure:
    """Find the same for rollouts: what stands in the place of the seed report's accuracy.

    >>> rollout_deviation([]).replaces
    'test_rollout_percentage_accuracy_at_scale'
    """
    return replace(worst_deviation(checks), replaces="test_rollout_percentage_accuracy_at_scale")


_NOTHING = Estimate(None, None, None, 0)


def _arms(check: Check) -> Iterator[tuple[str, str, Estimate]]:
    for arm, share in check.estimate.items():
        target = check.details["expected"][arm]
        low, high = (_POINTS * (bound - target) for bound in check.interval[arm])
        yield check.name, arm, Estimate(_POINTS * (share - target), low, high, check.n)
