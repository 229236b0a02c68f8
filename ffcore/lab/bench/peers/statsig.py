"""Statsig's Python core (Rust): specifications from a data store in memory, network and exposures off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from ffcore.lab.bench.contender import HALF, ON, RULES, SPLIT, Contender, calls_of


def contender() -> Contender:
    """The client with the ten flags: gates, and experiments for those with variants."""
    import statsig_python_core as core

    client = _client(core)
    client.initialize().wait()
    on, variant = "on(user, {}, plain)", "variant(user, {}, silent).get_string('arm', '')"
    calls = calls_of(on, variant)
    names = {
        "on": client.check_gate,
        "variant": client.get_experiment,
        "plain": core.FeatureGateEvaluationOptions(disable_exposure_logging=True),
        "silent": core.ExperimentEvaluationOptions(disable_exposure_logging=True),
    }

    def subject(user_id: str, attributes: Mapping[str, Any]) -> object:
        rest = dict(attributes)
        return core.StatsigUser(user_id=user_id, country=rest.pop("country", None), custom=rest or None)

    note = "users are built before the clock starts; exposures off; ten flags are ten calls"
    close = lambda: client.shutdown().wait()  # noqa: E731 - waits for the threads of the core
    return Contender("Statsig", version("statsig-python-core"), calls, names, subject, note, close)


def _client(core: Any) -> Any:
    class Memory(core.DataStore):  # type: ignore[misc]
        def get(self, key: str) -> object:  # noqa: ARG002 - one document, whatever the key
            return core.data_store.DataStoreResponse(result=json.dumps(_specifications()), time=1_700_000_000_000)

    options = core.StatsigOptions()
    options.data_store = Memory()
    options.disable_network = True
    options.disable_all_logging = True
    options.disable_country_lookup = True
    options.output_log_level = "none"
    return core.Statsig("secret-offline", options)


def _specifications() -> dict[str, Any]:
    gates = {key: _spec(key, [_rule("everyone", ["public"])]) for key in ON}
    gates |= {key: _spec(key, [_rule("half", ["public"], percentage=50)]) for key in HALF}
    gates |= {key: _spec(key, [_rule("adults", ["us", "adult"])]) for key in RULES}
    control, treatment = {"arm": "control"}, {"arm": "treatment"}
    arms = [_rule("control", ["first half"], control), _rule("treatment", ["public"], treatment)]
    experiments = {key: _spec(key, arms, control) for key in SPLIT}
    return {
        "feature_gates": gates,
        "dynamic_configs": experiments,
        "condition_map": _conditions(),
        "has_updates": True,
        "time": 1_700_000_000_000,
        "company_id": "bench",
        **{name: {} for name in ("layer_configs", "layers", "experiment_to_layer", "id_lists")},
        **{name: {} for name in ("sdk_configs", "sdk_flags")},
    }


def _conditions() -> dict[str, Any]:
    return {
        "public": _condition("public"),
        "us": _condition("user_field", "any", ["US"], field="country"),
        "adult": _condition("user_field", "gt", 18, field="age"),
        "first half": _condition("user_bucket", "lt", 500, additionalValues={"salt": "split"}),
    }


def _condition(kind: str, operator: str | None = None, value: Any = None, **rest: Any) -> dict[str, Any]:
    plain = {"type": kind, "operator": operator, "targetValue": value, "field": None, "idType": "userID"}
    return {**plain, "additionalValues": {}, **rest}


def _spec(key: str, rules: list[Any], default: Any = False) -> dict[str, Any]:
    experiment = isinstance(default, dict)
    return {
        "type": "dynamic_config" if experiment else "feature_gate",
        "entity": "experiment" if experiment else "feature_gate",
        "salt": f"{key}-salt",
        "enabled": True,
        "defaultValue": default,
        "rules": [{**rule, "salt": f"{key}-{rule['id']}"} for rule in rules],
        "idType": "userID",
        "version": 1,
        **({"isActive": True, "explicitParameters": []} if experiment else {}),
    }


def _rule(name: str, conditions: list[str], value: Any = True, percentage: int = 100) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "groupName": name,
        "passPercentage": percentage,
        "conditions": conditions,
        "returnValue": value,
        "idType": "userID",
        **({} if value is True else {"isExperimentGroup": True}),
    }
