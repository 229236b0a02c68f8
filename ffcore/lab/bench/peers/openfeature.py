"""OpenFeature's in-memory provider: it has neither buckets nor rules, so both are callbacks of ours."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from ffcore.hashing import hash32
from ffcore.lab.bench.contender import HALF, ON, RULES, SPLIT, Contender, calls_of

DOMAIN = "ffcore-bench-memory"
MIDDLE = 2**31


def contender() -> Contender:
    """A client whose provider holds the ten flags in memory."""
    from openfeature import api
    from openfeature.provider.in_memory_provider import InMemoryProvider

    provider = InMemoryProvider(_flags())
    api.set_provider_and_wait(provider, DOMAIN)
    return client_of(
        "OpenFeature memory",
        version("openfeature-sdk"),
        DOMAIN,
        note="users are built before the clock starts; buckets and rules are our callbacks; ten flags are ten calls",
    )


def client_of(name: str, release: str, domain: str, note: str) -> Contender:
    """A contender that asks the OpenFeature client of a domain; closing it shuts its provider down."""
    from openfeature import api
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.provider.no_op_provider import NoOpProvider

    client = api.get_client(domain)
    on, variant = "on({}, False, user)", "variant({}, '', user)"
    calls = calls_of(on, variant)

    def subject(user_id: str, attributes: Mapping[str, Any]) -> object:
        return EvaluationContext(user_id, dict(attributes))

    names = {"on": client.get_boolean_value, "variant": client.get_string_value}
    return Contender(
        name, release, calls, names, subject, note, close=lambda: api.set_provider_and_wait(NoOpProvider(), domain)
    )


def _flags() -> dict[str, Any]:
    from openfeature.flag_evaluation import FlagResolutionDetails, Reason
    from openfeature.provider.in_memory_provider import InMemoryFlag

    def half(key: str) -> Any:
        def resolve(flag: Any, context: Any) -> Any:
            name = "on" if hash32(context.targeting_key, key) < MIDDLE else "off"
            return FlagResolutionDetails(flag.variants[name], reason=Reason.SPLIT, variant=name)

        return resolve

    def rules(flag: Any, context: Any) -> Any:
        attributes = context.attributes
        met = attributes.get("country") == "US" and attributes.get("age", 0) > 18
        name = "on" if met else "off"
        return FlagResolutionDetails(flag.variants[name], reason=Reason.TARGETING_MATCH, variant=name)

    switch = {"on": True, "off": False}
    flags = {key: InMemoryFlag("on", switch) for key in ON}
    flags |= {key: InMemoryFlag("off", switch, context_evaluator=half(key)) for key in HALF}
    flags |= {key: InMemoryFlag("off", switch, context_evaluator=rules) for key in RULES}
    arms = {"on": "treatment", "off": "control"}
    return flags | {key: InMemoryFlag("off", arms, context_evaluator=half(key)) for key in SPLIT}
