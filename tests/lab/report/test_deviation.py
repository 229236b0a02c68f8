"""The largest deviation: over all arms of all sampled checks, with its own interval and n."""

from dataclasses import replace

from ffcore import Flag
from ffcore.lab.report.deviation import worst_deviation
from ffcore.lab.verify import rollout, sample_ratio, variants


def test_the_farthest_arm_of_all_checks_is_found() -> None:
    """Sign, interval and n belong to the arm that is farthest off, which the note names."""
    near = replace(sample_ratio([5001, 4999], [0.5, 0.5]), name="near")
    far = replace(sample_ratio({"a": 480, "b": 520}, {"a": 0.5, "b": 0.5}), name="far")
    found = worst_deviation([near, far])

    assert (round(found.value or 0, 6), found.n, found.note) in {(-2.0, 1000, "far, a"), (2.0, 1000, "far, b")}
    assert found.interval is not None
    assert found.interval[0] < (found.value or 0) < found.interval[1]  # type: ignore[operator]
    assert (found.verdict, found.basis) == ("inconclusive", "checks")


def test_variants_deviate_too() -> None:
    """Checks of variants have one deviation for each arm."""
    arms = [{"key": "blue", "allocation": "0.5"}, {"key": "green", "allocation": "0.5"}]
    flag = Flag.from_item({"key": "button", "enabled": True, "rollout_percentage": 100, "variants": arms})

    assert worst_deviation([variants(flag, range(1_000))]).n == 1_000


def test_too_few_counts_as_much_as_too_many() -> None:
    """A share below its target is as far off as one above."""
    below = rollout(lambda user, key: int(user) % 4 == 0, range(1_000), expected=0.5)
    above = rollout(lambda user, key: int(user) % 5 < 3, range(1_000), expected=0.5)

    assert worst_deviation([above, below]).value == -25.0


def test_nothing_sampled_has_no_deviation() -> None:
    """Without samples there is no figure and no pass."""
    found = worst_deviation([])

    assert (found.value, found.interval, found.verdict) == (None, None, "inconclusive")
