"""GrowthBook's client for many users: features set by hand, its coroutines driven to their end without a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

from ffcore.lab.bench.contender import HALF, ON, RULES, SPLIT, Contender, calls_of


def contender() -> Contender:
    """The client with the ten features."""
    from growthbook.common_types import Options, UserContext
    from growthbook.growthbook_client import GrowthBookClient

    client = GrowthBookClient(Options(api_host="http://127.0.0.1:9", client_key="offline"))
    finish(client.set_features(_features()))
    on, variant = "drive(on({}, user))", "drive(variant({}, 'control', user))"
    calls = calls_of(on, variant)

    def subject(user_id: str, attributes: Mapping[str, Any]) -> object:
        return UserContext(attributes={"id": user_id, **attributes})

    return Contender(
        "GrowthBook",
        version("growthbook"),
        calls,
        {"drive": drive, "on": client.is_on, "variant": client.get_feature_value},
        subject,
        "users are built before the clock starts; coroutines run without an event loop; ten flags are ten calls",
        lambda: finish(client.close()),
    )


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a loop of its own, in a thread of its own, since a notebook's thread has a loop already.

    >>> finish(asyncio.sleep(0, result=42))
    42
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits for anything, as an ``await`` inside another one would.

    >>> async def answer(): return 42
    >>> drive(answer())
    42
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("the coroutine waits for something; a client that works offline should not")


def _features() -> dict[str, Any]:
    features: dict[str, Any] = {key: {"defaultValue": True} for key in ON}
    half = {"force": True, "coverage": 0.5, "hashAttribute": "id"}
    features |= {key: {"defaultValue": False, "rules": [half]} for key in HALF}
    adults = {"condition": {"country": {"$in": ["US"]}, "age": {"$gt": 18}}, "force": True}
    features |= {key: {"defaultValue": False, "rules": [adults]} for key in RULES}
    arms = {"variations": ["control", "treatment"], "weights": [0.5, 0.5], "coverage": 1, "hashAttribute": "id"}
    return features | {key: {"defaultValue": "control", "rules": [{"key": key, **arms}]} for key in SPLIT}
