"""Tests of the fleet check: what stands out among thousands, and what is wrong with all of them together."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ffcore import ConfigError
from ffcore.lab.verify import Check, fleet, sample_ratio, sequential_sample_ratio
from ffcore.lab.verify.fleets import Member, second_level

HALVES = {"a": 0.5, "b": 0.5}
USERS = 100_000


def share(count: int, users: int = USERS) -> Check:
    """A check of two arms."""
    return sample_ratio({"a": count, "b": users - count}, HALVES)


def fair(checks: int, seed: int = 1, shift: float = 0.0, users: int = USERS) -> dict[str, Check]:
    """Checks of splits that are right, or all off by a shift."""
    counts = np.random.default_rng(seed).binomial(users, 0.5 + shift, checks)
    return {f"flag-{place:03}": share(count, users) for place, count in enumerate(counts.tolist())}


def names(check: Check) -> list[str]:
    """What stands out, in order."""
    return [row["name"] for row in check.details["findings"]]


def test_a_fair_fleet_passes_though_some_of_it_does_not() -> None:
    """Of 1,000 fair checks some are below their own alarm rate or watched; as a fleet they are right."""
    checks = fair(1_000, seed=3)

    found = fleet(checks)

    assert (found.verdict, found.n, names(found)) == ("pass", 1_000, [])
    assert found.details["verdicts"]["inconclusive"] > 0
    assert found.details["by_chance"] == [name for name, check in checks.items() if check.verdict == "fail"] != []
    assert found.details["reason"] == "none of 1,000 checks stands out, and all are shown to be right"


def test_one_faulty_flag_among_many_is_named() -> None:
    """By name, with its p-value, its adjusted rate and why."""
    found = fleet({**fair(300), "broken": share(50_900)})

    [row] = found.details["findings"]
    assert (found.verdict, row["name"], row["evidence"], row["n"]) == ("fail", "broken", "p-value", USERS)
    assert row["adjusted"] == pytest.approx(301 * row["p_value"])
    assert row["reason"].startswith("p 1.2")
    assert found.p_value is not None
    assert found.p_value > 0.01


def test_several_findings_come_in_order_of_their_evidence() -> None:
    """Proofs first, then the surest."""
    leak = sample_ratio({"a": 50_000, "b": 50_000, "c": 1}, {**HALVES, "c": 0})
    broken = {"weak": share(50_900), "strong": share(52_000), "leak": leak, "proof": Check("ramp", "fail")}

    found = fleet({**fair(300), **broken})

    assert names(found) == ["leak", "proof", "strong", "weak"]
    assert [row["evidence"] for row in found.details["findings"]] == ["proof", "proof", "p-value", "p-value"]
    assert found.details["reason"].startswith(
        "4 of 304 checks stand out (false discovery rate 1 %): leak, proof, strong and 1 more"
    )


def test_what_fails_alone_may_be_chance_in_a_fleet() -> None:
    """A p of 0.0008 fails by itself, and is expected once in a thousand."""
    checks = {**fair(300), "unlucky": share(50_530)}

    found = fleet(checks)

    assert checks["unlucky"].verdict == "fail"
    assert (found.verdict, found.details["by_chance"]) == ("pass", ["unlucky"])


def test_a_fault_in_all_shows_where_none_shows_alone() -> None:
    """Every flag 0.1 points off: none stands out, but their p-values together are too small."""
    found = fleet(fair(400, shift=0.001))

    assert (found.verdict, names(found)) == ("fail", [])
    assert found.p_value is not None
    assert found.p_value < 1e-4
    assert "p-values as a whole are too small" in found.details["reason"]


def test_p_values_that_are_a_little_small_as_a_whole_are_watched() -> None:
    """Of 100 right checks 14 below 0.05 have a chance of 0.0005, six times that is between 0.001 and 0.01."""
    p_values = [0.045] * 14 + np.linspace(0.06, 0.99, 86).tolist()

    found = fleet([Check(str(place), "pass", p_value=p_value) for place, p_value in enumerate(p_values)])

    assert (found.verdict, found.details["watch"], names(found)) == ("inconclusive", True, [])
    assert found.p_value == pytest.approx(6 * stats.binom.sf(13, 100, 0.05))
    assert "14 % are below 0.05, 5 % should be" in found.details["reason"]


def test_splits_too_even_to_be_random_are_a_finding() -> None:
    """Users dealt out in turn: every count is nearly half."""
    counts = np.random.default_rng(1).integers(49_995, 50_006, 200).tolist()

    found = fleet([share(count) for count in counts])

    assert (found.verdict, found.details["whole"]["direction"]) == ("fail", "too good")


@pytest.mark.slow
@pytest.mark.parametrize("users", [30, 100, 2_000])
def test_small_flags_do_not_look_too_good(users: int) -> None:
    """With few users many p-values are exactly 1 and none is uniform: that alone is no finding."""
    found = fleet(fair(1_000, seed=7, users=users))

    assert found.verdict == "inconclusive"
    assert found.p_value is not None
    assert found.p_value > 0.01


def test_findings_do_not_make_the_rest_look_wrong() -> None:
    """A third of the fleet is broken and said to be; the others are as they should be."""
    broken = {f"broken-{place:02}": share(52_000 + place) for place in range(100)}

    found = fleet({**fair(200, seed=5), **broken})

    assert set(broken) <= set(names(found))
    assert len(names(found)) <= 105
    assert found.p_value is not None
    assert found.p_value > 0.01


@pytest.mark.parametrize(
    ("sizes", "cut"), [([USERS], 0.2), ([40, 60, 90, 150], 0.01)], ids=["many users", "few users, p-values in steps"]
)
def test_what_findings_leave_is_held_to_what_they_leave(sizes: list[int], cut: float) -> None:
    """Were all p-values below a cut findings, those of a right fleet that are left would lie evenly above it."""
    users = np.resize(sizes, 2_000)
    pairs = list(zip(np.random.default_rng(9).binomial(users, 0.3).tolist(), users.tolist(), strict=True))
    checks = {(count, size): sample_ratio([count, size - count], [0.3, 0.7]) for count, size in set(pairs)}
    members = [
        Member(str(place), checks[pair], "p-value", p_value, adjusted=p_value, stands_out=p_value <= cut)
        for place, pair in enumerate(pairs)
        if (p_value := checks[pair].p_value) is not None
    ]

    assert second_level(members).p_value > 0.01


def test_checks_without_evidence_leave_a_fleet_open() -> None:
    """What is not settled is listed, the one that needs most users first; they say how many."""
    found = fleet({**fair(50), "small": share(500, 1_000), "smaller": sample_ratio([9, 91], [0.1, 0.9])})

    assert found.verdict == "inconclusive"
    assert [row["name"] for row in found.details["open"]] == ["small", "smaller"]
    assert found.n_needed == found.details["open"][0]["n_needed"] == 27_056
    assert found.details["reason"] == "2 of 52 checks are not settled"


def test_a_mismatch_hidden_in_a_segment_is_not_settled() -> None:
    """A check whose shares fit, but which is inconclusive for another reason, does not pass in a fleet."""
    doubtful = replace(share(50_000), verdict="inconclusive", details={**share(50_000).details, "watch": True})

    assert fleet({**fair(50), "doubtful": doubtful}).verdict == "inconclusive"


# --- e-values


def running(shift: float, seed: int = 1, looks: int = 20) -> Check:
    """A running check of splits that are off by a shift."""
    counts = np.random.default_rng(seed).binomial(5_000, 0.5 + shift, looks)
    return sequential_sample_ratio(np.column_stack([counts, 5_000 - counts]), [0.5, 0.5])


def test_running_checks_are_judged_by_their_e_values() -> None:
    """e-BH over 40 checks at 1 %: a finding takes an e-value of 4,000."""
    checks = {f"fair-{place}": running(0, seed=place) for place in range(39)}

    found = fleet({**checks, "broken": running(0.02)})

    [row] = found.details["findings"]
    assert (row["name"], row["evidence"]) == ("broken", "e-value")
    assert row["adjusted"] == pytest.approx(40 * row["p_value"])
    assert found.details["evidence"] == {"e-value": 40}
    assert found.details["whole"]["p_value"] == 1.0


def test_an_e_value_counts_as_it_was_when_it_crossed() -> None:
    """Later looks do not take an alarm back, and a high that was not a crossing does not count."""
    path = {"look": [1, 2, 3], "users": [10, 20, 30], "log10_e": [1.0, 5.0, 0.5]}
    base = Check("x", "inconclusive", p_value=1e-5, details={"log10_e": 5.0, "path": path, "crossing": None})
    crossed = replace(base, verdict="fail", details={**base.details, "crossing": {"look": 2, "users": 20}})

    found = fleet({"high": base, "crossed": crossed})

    assert names(found) == ["crossed"]
    assert found.details["sorted"]["p_value"] == pytest.approx([1e-5, 10**-0.5])


def test_p_values_and_e_values_share_the_rate() -> None:
    """Half of the fleet each: either has half of 1 %, so 0.8 % is not enough."""

    def both(rate: float) -> Check:
        p_values = {f"p{place}": Check("x", "pass", p_value=rate / 2 if not place else 0.7) for place in range(2)}
        path = {"look": [1], "users": [10], "log10_e": [0.0]}
        e_values = {
            f"e{place}": Check("x", "pass", p_value=1.0, details={"log10_e": 0.0, "path": path}) for place in range(2)
        }
        return fleet({**p_values, **e_values})

    assert (names(both(0.0049)), names(both(0.008))) == (["p0"], [])


# --- rates


def test_the_false_discovery_rate_holds() -> None:
    """Of findings in 60 fleets of 200 fair and 40 broken flags 1 % are false; the chance of 3 % is below 1e-9."""
    false = findings = 0
    rng = np.random.default_rng(11)
    for _ in range(60):
        p_values = [*rng.random(200), *(10.0 ** -rng.uniform(3, 12, 40))]
        found = fleet([Check(str(place), "pass", p_value=p) for place, p in enumerate(p_values)])
        findings += len(names(found))
        false += sum(int(name) < 200 for name in names(found))

    assert findings > 60 * 30
    assert false <= 0.03 * findings


@pytest.mark.slow
def test_ten_thousand_checks_take_no_time() -> None:
    """A fleet of 10,000 costs less than making the checks of it."""
    start = time.process_time()
    checks = fair(2_000)
    made = 5 * (time.process_time() - start)
    start = time.process_time()
    fleet([*checks.values()] * 5)

    assert time.process_time() - start < made


# --- input and output


def test_checks_in_a_row_go_by_their_names() -> None:
    """Equal names are numbered; a mapping and a row say the same."""
    checks = [share(50_010), share(51_500), replace(share(50_020), name="other")]

    found = fleet(checks)

    assert names(found) == ["sample ratio (2)"]
    assert found == fleet({"sample ratio": checks[0], "sample ratio (2)": checks[1], "other": checks[2]})


@pytest.mark.parametrize(
    ("checks", "place", "message"),
    [
        pytest.param([], "checks", "there are none", id="none"),
        pytest.param({"x": {"p_value": 0.1}}, "checks['x']", "expected a Check, got {'p_value': 0.1}", id="mapping"),
        pytest.param([0.5], "checks[0]", "expected a Check, got 0.5", id="number"),
        pytest.param("flags", "checks", "expected checks by name or in a row, got 'flags'", id="text"),
        pytest.param(share(50_000), "checks", "expected checks by name or in a row", id="one check"),
    ],
)
def test_what_is_no_fleet_is_refused(checks: object, place: str, message: str) -> None:
    """Place, value and what was expected."""
    with pytest.raises(ConfigError) as error:
        fleet(checks)  # type: ignore[arg-type]

    [(path, text)] = error.value.problems
    assert (path, text[: len(message)]) == (place, message)


@pytest.mark.parametrize("rates", [{"fdr": 0}, {"fdr": 5}, {"alpha": -1}, {"fdr": "1 %"}, {"alpha": True}], ids=str)
def test_rates_that_are_none_are_refused(rates: dict[str, float]) -> None:
    """A rate is a fraction."""
    with pytest.raises(ConfigError, match=r"is not between 0 and 0.5"):
        fleet(fair(3), **rates)


def test_a_check_survives_a_result_file() -> None:
    """Everything in it is plain, and of thousands of p-values a thousand are kept."""
    found = fleet([*fair(500).values()] * 5)

    assert Check.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
    assert found.details["sorted"]["rank"][:3] == [1, 2, 3]
    assert found.details["sorted"]["rank"][-1] == 2_500
    assert len(found.details["sorted"]["rank"]) <= 1_000


def test_proofs_alone_make_a_fleet() -> None:
    """Nothing to test as a whole, and nothing wrong."""
    found = fleet([Check("ramp", "pass"), Check("blast radius", "pass")])

    assert (found.verdict, found.estimate, found.details["sorted"]["rank"]) == ("pass", {}, [])
    assert "pass" in repr(found)
