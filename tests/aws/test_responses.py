"""Answers of the Lambdas: their envelope, their fields, and which reasons are no answer at all."""

import json

import pytest

from ffcore import Decision
from ffcore.aws.responses import envelope, flag_body, refusal


def test_the_envelope_is_what_api_gateway_takes() -> None:
    """Status, headers and a body of text, whose letters are kept."""
    answer = envelope(200, {"user_id": "Åsa"})

    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "application/json"
    assert json.loads(answer["body"]) == {"user_id": "Åsa"}
    json.dumps(answer)


def test_a_flag_shows_its_variant_where_there_is_one() -> None:
    """A flag's answer has six fields, or five."""
    shown = flag_body("u", "f", "f-7", Decision(True, "enabled", "large", {"size": 3}))

    assert shown == {
        "user_id": "u",
        "flag_key": "f",
        "flag_id": "f-7",
        "enabled": True,
        "reason": "enabled",
        "variant": "large",
    }
    assert "variant" not in flag_body("u", "f", "f-7", Decision(False, "flag_disabled"))


@pytest.mark.parametrize(
    ("reason", "status"),
    [("flag_not_found", 404), ("flag_malformed", 500), ("store_unavailable", 500), ("assignment_unavailable", 500)],
)
def test_what_is_no_decision_has_a_status(reason: str, status: int) -> None:
    """A caller tells "there is no such flag" from "the flag is off", and both from an outage."""
    found = refusal(reason, "flag", "dark-mode")

    assert found is not None
    assert found[0] == status
    assert list(found[1]) == ["error"]


@pytest.mark.parametrize("reason", ["enabled", "flag_disabled", "targeting_rules_not_met", "not_in_rollout"])
def test_a_decision_is_no_refusal(reason: str) -> None:
    """Every decision is answered with 200."""
    assert refusal(reason, "flag", "dark-mode") is None
