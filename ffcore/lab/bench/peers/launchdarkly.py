"""LaunchDarkly's server SDK: flags from a file that is read once, events and diagnostics off."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ffcore.lab.bench.contender import HALF, ON, RULES, SPLIT, Call, Contender, calls_of, share_on

HALVES = {"rollout": {"variations": [{"variation": 0, "weight": 50_000}, {"variation": 1, "weight": 50_000}]}}


def contender() -> Contender:
    """The client with the ten flags."""
    from ldclient import Context
    from ldclient.client import LDClient
    from ldclient.config import Config
    from ldclient.integrations import Files

    logging.getLogger("ldclient.util").setLevel(logging.ERROR)
    with TemporaryDirectory() as folder:
        path = Path(folder, "flags.json")
        path.write_text(json.dumps({"flags": {flag["key"]: flag for flag in _flags()}}), encoding="utf-8")
        source = Files.new_data_source(paths=[str(path)])
        client = LDClient(Config("offline", update_processor_class=source, send_events=False, diagnostic_opt_out=True))
    batch = Call("every_flag(user)", lambda state: share_on(list(state.to_values_map().values())))
    calls = calls_of("variation({}, user, False)", "variation({}, user, '')", batch=batch)

    def subject(user_id: str, attributes: Mapping[str, Any]) -> object:
        return Context.from_dict({"kind": "user", "key": user_id, **attributes})

    names = {"variation": client.variation, "every_flag": client.all_flags_state}
    note = "users are built before the clock starts; ten flags are one all_flags_state"
    return Contender("LaunchDarkly", version("launchdarkly-server-sdk"), calls, names, subject, note, client.close)


def _flags() -> list[dict[str, Any]]:
    adults = {
        "id": "adults",
        "variation": 0,
        "clauses": [_clause("country", "in", "US"), _clause("age", "greaterThan", 18)],
    }
    flags = [_flag(key, {"variation": 0}) for key in ON]
    flags += [_flag(key, HALVES) for key in HALF]
    flags += [{**_flag(key, {"variation": 1}), "rules": [adults]} for key in RULES]
    return flags + [{**_flag(key, HALVES), "variations": ["treatment", "control"]} for key in SPLIT]


def _clause(attribute: str, operator: str, value: object) -> dict[str, Any]:
    return {"contextKind": "user", "attribute": attribute, "op": operator, "values": [value], "negate": False}


def _flag(key: str, fallthrough: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": key,
        "version": 1,
        "on": True,
        "salt": f"{key}-salt",
        "variations": [True, False],
        "offVariation": 1,
        "fallthrough": fallthrough,
        **{name: [] for name in ("rules", "targets", "prerequisites")},
    }
