"""Eppo's server SDK (a Rust core): a configuration given at start, polling and assignment logging off."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from ffcore.lab.bench.contender import HALF, ON, RULES, SPLIT, Contender, calls_of

BUCKETS = 10_000
CONDITIONS = [
    {"attribute": "country", "operator": "ONE_OF", "value": ["US"]},
    {"attribute": "age", "operator": "GT", "value": 18},
]


def contender() -> Contender:
    """The client with the ten flags."""
    import eppo_client

    client = eppo_client.init(
        eppo_client.ClientConfig(
            api_key="offline",
            assignment_logger=eppo_client.AssignmentLogger(),
            poll_interval_seconds=None,
            initial_configuration=eppo_client.Configuration(flags_configuration=json.dumps(_configuration()).encode()),
        )
    )
    on, variant = "on({}, user, context, False)", "variant({}, user, context, '')"
    calls = calls_of(on, variant)
    names = {"on": client.get_boolean_assignment, "variant": client.get_string_assignment}
    note = "assignments are not logged (doLog false); ten flags are ten calls"
    return Contender("Eppo", version("eppo-server-sdk"), calls, names, note=note, close=client.shutdown)


def _configuration() -> dict[str, Any]:
    switch: dict[str, Any] = {"on": True, "off": False}
    arms = {"control": "control", "treatment": "treatment"}
    flags = [_flag(key, switch, [_share("on")]) for key in ON]
    flags += [_flag(key, switch, _halves(key, "on", "off")) for key in HALF]
    flags += [_flag(key, switch, [_share("on")], [{"conditions": CONDITIONS}]) for key in RULES]
    flags += [_flag(key, arms, _halves(key, "control", "treatment")) for key in SPLIT]
    return {
        "createdAt": "2025-01-01T00:00:00.000Z",
        "format": "SERVER",
        "environment": {"name": "bench"},
        "flags": {flag["key"]: flag for flag in flags},
    }


def _flag(key: str, variations: dict[str, Any], splits: list[Any], rules: list[Any] | None = None) -> dict[str, Any]:
    return {
        "key": key,
        "enabled": True,
        "variationType": "BOOLEAN" if "on" in variations else "STRING",
        "variations": {name: {"key": name, "value": value} for name, value in variations.items()},
        "totalShards": BUCKETS,
        "allocations": [{"key": "all", "rules": rules or [], "splits": splits, "doLog": False}],
    }


def _halves(key: str, first: str, second: str) -> list[dict[str, Any]]:
    middle = BUCKETS // 2
    return [
        _share(first, {"salt": key, "ranges": [{"start": 0, "end": middle}]}),
        _share(second, {"salt": key, "ranges": [{"start": middle, "end": BUCKETS}]}),
    ]


def _share(variation: str, *shards: dict[str, Any]) -> dict[str, Any]:
    return {"variationKey": variation, "shards": list(shards)}
