"""Unleash's client: toggles given at start, fetching, registration and metrics off."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Any

from ffcore.lab.bench.contender import HALF, ON, RULES, SPLIT, Call, Contender, calls_of, listed, share_on

EVERYONE = {"name": "default", "parameters": {}}


def contender() -> Contender:
    """The client with the ten toggles."""
    from UnleashClient import UnleashClient
    from UnleashClient.cache import FileCache

    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    exits = ExitStack()
    cache = FileCache("ffcore-bench", exits.enter_context(TemporaryDirectory()))
    cache.bootstrap_from_dict({"version": 2, "features": _toggles()})
    client = UnleashClient(
        url="http://127.0.0.1:9/api",
        app_name="ffcore-bench",
        cache=cache,
        disable_metrics=True,
        disable_registration=True,
    )
    client.initialize_client(fetch_toggles=False)
    exits.callback(client.destroy)
    on, variant = "on({}, user)", "variant({}, user)"
    batch = Call(listed(on, variant).expression, lambda found: share_on([*found[:-2], *map(_arm, found[-2:])]))
    calls = calls_of(on, variant, lambda found: _arm(found) == "treatment", batch)

    def subject(user_id: str, attributes: Mapping[str, Any]) -> object:
        return {"userId": user_id, "properties": {name: str(value) for name, value in attributes.items()}}

    names = {"on": client.is_enabled, "variant": client.get_variant}
    note = "users are built before the clock starts; ten flags are ten calls"
    return Contender("Unleash", version("unleashclient"), calls, names, subject, note, exits.close)


def _arm(variant: Mapping[str, Any]) -> object:
    return variant["name"]


def _toggles() -> list[dict[str, Any]]:
    adults = [
        {"contextName": "country", "operator": "IN", "values": ["US"]},
        {"contextName": "age", "operator": "NUM_GT", "value": "18"},
    ]
    arms = [
        {"name": name, "weight": 500, "stickiness": "userId", "weightType": "variable"}
        for name in ("control", "treatment")
    ]
    toggles = [_toggle(key, EVERYONE) for key in ON]
    toggles += [_toggle(key, _gradual(key, 50)) for key in HALF]
    toggles += [_toggle(key, {**_gradual(key, 100), "constraints": adults}) for key in RULES]
    return toggles + [{**_toggle(key, EVERYONE), "variants": arms} for key in SPLIT]


def _gradual(key: str, percentage: int) -> dict[str, Any]:
    parameters = {"rollout": str(percentage), "stickiness": "userId", "groupId": key}
    return {"name": "flexibleRollout", "parameters": parameters}


def _toggle(key: str, strategy: dict[str, Any]) -> dict[str, Any]:
    return {"name": key, "type": "release", "enabled": True, "strategies": [strategy], "variants": []}
