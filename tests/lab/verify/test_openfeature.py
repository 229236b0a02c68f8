"""Any OpenFeature provider as an assignment function: the same answers, errors said, checks as of any other."""

from collections.abc import Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

from ffcore import ConfigError, Evaluator, Flag, FlagSet, hash32
from ffcore.lab import verify
from ffcore.openfeature import Provider

USERS = [f"user-{number}" for number in range(4_000)]
ARMS = [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}]
FLAGS = FlagSet(
    [
        Flag.from_item({"key": "half", "enabled": True, "rollout_percentage": 50}),
        Flag.from_item({"key": "arms", "enabled": True, "rollout_percentage": 20, "variants": ARMS}),
        Flag.from_item(
            {
                "key": "norway",
                "enabled": True,
                "rollout_percentage": 100,
                "targeting_rules": [{"attribute": "country", "operator": "equals", "value": "NO"}],
            }
        ),
    ]
)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """No provider outlives its test."""
    yield
    api.clear_providers()


def foreign(cut: int) -> InMemoryProvider:
    """A provider that is not ours: on where the hash lies below a cut."""

    def resolve(flag: InMemoryFlag[bool], context: EvaluationContext) -> FlagResolutionDetails[bool]:
        name = "on" if hash32(context.targeting_key or "", "salt") < cut else "off"
        return FlagResolutionDetails(flag.variants[name], reason=Reason.SPLIT, variant=name)

    return InMemoryProvider({"theirs": InMemoryFlag("off", {"on": True, "off": False}, context_evaluator=resolve)})


def test_our_own_provider_gives_the_evaluators_answers() -> None:
    """Booleans, variants' keys, and None for users outside, user by user."""
    provider, ev = Provider(FLAGS), Evaluator(FLAGS)
    half, arms = verify.from_openfeature(provider, "half"), verify.from_openfeature(provider, "arms", "string")

    for user in USERS[:300]:
        assert half(user) == ev.evaluate(user, "half").enabled
        assert arms(user) == ev.evaluate(user, "arms").variant


def test_checks_take_it_as_any_assignment() -> None:
    """A right share passes, a wrong one fails, and shares of variants are counted too."""
    half = verify.from_openfeature(foreign(2**31), "theirs")

    assert verify.rollout(half, USERS, expected=0.5, margin=0.05).verdict == "pass"
    assert verify.rollout(half, USERS, expected=0.4, margin=0.05).verdict == "fail"
    arms = verify.from_openfeature(Provider(FLAGS), "arms", "string")
    shares = {"control": 0.5, "treatment": 0.5}
    assert verify.variants(arms, USERS, expected=shares, margin=0.05).verdict != "fail"


def test_the_key_can_be_another() -> None:
    """An assignment is called with a flag's key, and asks for that flag."""
    assign = verify.from_openfeature(Provider(FLAGS), "half", attributes={"country": "NO"})

    assert assign("user-1", "norway") is True
    assert verify.from_openfeature(Provider(FLAGS), "norway")("user-1") is False


def test_a_client_is_asked_as_it_is() -> None:
    """Its domain and hooks stay its own."""
    api.set_provider_and_wait(Provider(FLAGS), "verify-client")
    client = api.get_client("verify-client")

    assert verify.from_openfeature(client, "half").client is client


@pytest.mark.parametrize(("value", "found"), [("blue", "blue"), ("", None)])
def test_without_variants_the_text_is_the_arm(value: str, found: str | None) -> None:
    """Some providers name no variants; the empty text is the default that we passed."""
    flag = InMemoryFlag("v", {"v": value}, context_evaluator=lambda flag, context: FlagResolutionDetails(value))

    assert verify.from_openfeature(InMemoryProvider({"k": flag}), "k", "string")("user-1") == found


def test_errors_are_said_not_counted() -> None:
    """A default that stands in for an error is no assignment."""
    provider = Provider(FLAGS)

    with pytest.raises(ConfigError, match=r"gone: the provider answers FLAG_NOT_FOUND for 'user-1'"):
        verify.from_openfeature(provider, "gone")("user-1")
    with pytest.raises(ConfigError, match="TYPE_MISMATCH"):
        verify.from_openfeature(provider, "half", "string")("user-1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "bool"}, "kind: 'bool' is unknown; did you mean boolean"),
        ({"kind": []}, r"kind: \[\] is unknown; expected one of boolean"),
        ({"source": "flags.yaml"}, "source: expected an OpenFeature client or a provider"),
    ],
    ids=repr,
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    """Before any user is asked."""
    with pytest.raises(ConfigError, match=message):
        verify.from_openfeature(**{"source": Provider(FLAGS), "key": "half", **change})
