"""The flagd provider of OpenFeature: its resolver inside the process, on a file of flags."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ffcore.lab.bench.contender import HALF, ON, RULES, SPLIT, Contender
from ffcore.lab.bench.peers.openfeature import client_of

DOMAIN = "ffcore-bench-flagd"


def contender() -> Contender:
    """A client whose provider reads the ten flags from a file."""
    from openfeature import api
    from openfeature.contrib.provider.flagd import FlagdProvider
    from openfeature.contrib.provider.flagd.config import ResolverType

    exits = ExitStack()
    path = Path(exits.enter_context(TemporaryDirectory()), "flags.json")
    path.write_text(json.dumps({"flags": _flags()}), encoding="utf-8")
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
    api.set_provider_and_wait(provider, DOMAIN)
    note = "users are built before the clock starts; flags from a file; ten flags are ten calls"
    peer = client_of("flagd", version("openfeature-provider-flagd"), DOMAIN, note)
    exits.callback(peer.close)
    return replace(peer, close=exits.close)


def _flags() -> dict[str, Any]:
    flags = {key: _flag("on") for key in ON}
    flags |= {key: _flag("off", {"fractional": [["on", 50], ["off", 50]]}) for key in HALF}
    adults = [{"in": [{"var": "country"}, ["US"]]}, {">": [{"var": "age"}, 18]}]
    flags |= {key: _flag("off", {"if": [{"and": adults}, "on", "off"]}) for key in RULES}
    arms = {"variants": {"control": "control", "treatment": "treatment"}}
    halves = {"fractional": [["control", 50], ["treatment", 50]]}
    return flags | {key: _flag("control", halves) | arms for key in SPLIT}


def _flag(default: str, targeting: dict[str, Any] | None = None) -> dict[str, Any]:
    plain = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": default}
    return plain if targeting is None else {**plain, "targeting": targeting}
