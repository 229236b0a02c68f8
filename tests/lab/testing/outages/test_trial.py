"""Trials: under every fault all decisions are answered and right, and every event is accounted for."""

import pytest

from ffcore import ConfigError
from ffcore.lab.testing.outages import FAULTS, Load, as_frame, try_faults

SMALL = Load(threads=2, decisions=20)


@pytest.mark.slow
def test_faults_below_the_client_cost_no_decision_and_no_event() -> None:
    """Asked is answered, none is wrong, produced is delivered plus dropped and found, and the change is seen."""
    for outcome in try_faults(["partial answers", "malformed item"], SMALL):
        assert outcome.holds, outcome
        assert outcome.asked >= 2 * 3 * 20


@pytest.mark.slow
def test_a_server_that_is_restarted_costs_no_decision_and_no_event() -> None:
    """Killed under load and started again where it was, empty and filled anew."""
    [outcome] = try_faults(["server restarted"], SMALL)

    assert outcome.holds, outcome
    assert outcome.stale > 0


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_costs_no_decision_and_no_event(fault: str) -> None:
    """All the rest, under more load."""
    [outcome] = try_faults([fault])

    assert outcome.holds, outcome


@pytest.mark.slow
def test_an_evaluator_that_fails_with_its_store_is_caught() -> None:
    """Without stale answers the decisions are wrong, and the trial says so."""
    [outcome] = try_faults(["throttling"], Load(threads=2, decisions=20, max_stale=0.0))

    assert outcome.wrong > 0
    assert not outcome.holds
    assert as_frame([outcome]).loc["throttling", "wrong"] == outcome.wrong


def test_bad_input_is_refused_with_the_nearest() -> None:
    """Unknown faults and loads that are none give one message, before any server is started."""
    with pytest.raises(ConfigError, match=r"'latncy' is unknown; did you mean latency\?"):
        try_faults(["latncy"])
    with pytest.raises(ConfigError, match="threads: expected a number above 0, got 0"):
        Load(threads=0)
