"""The standard workloads: what one decision costs on each path through the evaluator, beside two floors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import md5
from struct import Struct
from typing import Any

from ffcore.decide import compile_flag
from ffcore.errors import ConfigError, shown, suggestion
from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.bench.rounds import Workload
from ffcore.lab.bench.slowdown import slow
from ffcore.model import Flag, Rule

BATCH = 10
FLOORS = ("floor", "no-op")
STANDARD = FlagSet.from_items(
    [
        {"key": "bench-simple", "enabled": True, "rollout_percentage": 50},
        {"key": "bench-released", "enabled": True, "rollout_percentage": 100},
        {
            "key": "bench-targeted",
            "enabled": True,
            "rollout_percentage": 50,
            "targeting_rules": [
                {"attribute": "country", "operator": "in", "value": ["DE", "NO"]},
                {"attribute": "age", "operator": "greater_than", "value": 17},
            ],
        },
        {
            "key": "bench-variants",
            "enabled": True,
            "rollout_percentage": 50,
            "variants": [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}],
        },
        *({"key": f"bench-batch-{n}", "enabled": True, "rollout_percentage": 50} for n in range(BATCH)),
    ]
)
MATCHING: dict[str, Callable[[Any], Any]] = {
    "equals": lambda value: value,
    "in": lambda values: values[0],
    "greater_than": lambda value: value + 1,
    "less_than": lambda value: value - 1,
}
SHAPES: dict[str, Callable[[Flag], bool]] = {
    "simple": lambda flag: _partial(flag) and not flag.targeting_rules and not flag.variants,
    "short circuit": lambda flag: flag.rollout_percentage == 100 and not flag.targeting_rules and not flag.variants,
    "targeted": lambda flag: _partial(flag) and len(flag.targeting_rules) == 2 and not flag.variants,
    "variants": lambda flag: _partial(flag) and not flag.targeting_rules and len(flag.variants) > 1,
}


@dataclass(frozen=True, slots=True, eq=False)
class Workloads(Mapping[str, Workload]):
    """Functions of a user id by name, floors first; which flags they decide, and the evaluator that does."""

    calls: dict[str, Workload]
    keys_of: dict[str, tuple[str, ...]]
    evaluator: Evaluator

    def __getitem__(self, name: str) -> Workload:
        return self.calls[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.calls)

    def __len__(self) -> int:
        return len(self.calls)

    def slowed(self, factor: float = 10.0) -> Workloads:
        """The same workloads with every decision stretched to `factor` times its length; the floors stay.

        >>> list(workloads(STANDARD).slowed()) == list(workloads(STANDARD))
        True
        """
        stretched = {name: call if name in FLOORS else slow(call, factor) for name, call in self.calls.items()}
        return replace(self, calls=stretched)


def workloads(flags: FlagSet, keys: Mapping[str, str] | None = None) -> Workloads:
    """Build the standard workloads from a set of flags, with a warm cache.

    `floor` is the bare hash as the standard library offers it: `hashlib.md5` of id and salt, and its first word.
    `no-op` is what calling a Python function costs. The others ask the evaluator: `simple` hashes once (a partial
    rollout without rules), `short circuit` never (100 %), `targeted` meets two rules and hashes, `variants` hashes
    twice for those inside the rollout, and the batches decide one flag and ten flags in one `batch_evaluate`. Each
    takes the flag of its shape whose rollout is nearest 50 %; where the set has none, one of STANDARD stands in.
    Contexts are made up to meet the rules.

    Args:
        flags: the set to choose from.
        keys: flag keys by workload name, where the choice is yours.

    Raises:
        ValueError: `keys` names an unknown workload or flag, or a flag whose rules no made-up context meets.

    >>> loads = workloads(STANDARD)
    >>> list(loads)
    ['floor', 'no-op', 'simple', 'short circuit', 'targeted', 'variants', 'batch of one', 'batch of ten']
    >>> loads.keys_of["simple"]
    ('bench-simple',)
    """
    if not isinstance(flags, FlagSet):
        raise ConfigError([("flags", f"expected a FlagSet, as ffcore.load gives it, got {shown(flags)}")])
    pool = FlagSet([*flags.values(), *(flag for key, flag in STANDARD.items() if key not in flags)])
    chosen = {name: _nearest(flags, shape) or _nearest(STANDARD, shape) for name, shape in SHAPES.items()}
    chosen |= _checked(keys or {}, pool)
    batch = tuple(flag.key for flag in pool.values() if flag.enabled and not flag.targeting_rules)[:BATCH]
    evaluator = Evaluator(pool)
    calls: dict[str, Workload] = {"floor": _floor("bench-simple"), "no-op": lambda user: None}
    calls |= {name: _decision(evaluator, pool[key]) for name, key in chosen.items()}
    single = (chosen["simple"],)
    calls["batch of one"] = lambda user: evaluator.batch_evaluate(user, single)
    calls["batch of ten"] = lambda user: evaluator.batch_evaluate(user, batch)
    for call in calls.values():
        call("warm-up")
    return Workloads(
        calls,
        {name: (key,) for name, key in chosen.items()} | {"batch of one": single, "batch of ten": batch},
        evaluator,
    )


def _partial(flag: Flag) -> bool:
    return 0 < flag.rollout_percentage < 100


def _nearest(flags: FlagSet, shape: Callable[[Flag], bool]) -> str:
    fitting = [flag for flag in flags.values() if flag.enabled and shape(flag) and _context(flag) is not None]
    return min(fitting, key=lambda flag: abs(flag.rollout_percentage - 50)).key if fitting else ""


def _checked(keys: Mapping[str, str], pool: FlagSet) -> dict[str, str]:
    for name, key in keys.items():
        if name not in SHAPES:
            raise ValueError(f"no workload {name!r} takes a flag{suggestion(name, SHAPES)}")
        if key not in pool:
            raise ValueError(f"no flag {key!r} for workload {name!r}{suggestion(key, pool)}")
        if _context(pool[key]) is None:
            raise ValueError(
                f"flag {key!r} for workload {name!r}: no simple context meets its rules; choose another flag"
            )
    return dict(keys)


def _context(flag: Flag) -> dict[str, Any] | None:
    try:
        context = {rule.attribute: MATCHING[rule.operator](rule.value) for rule in _plain(flag)}
    except (KeyError, TypeError):  # an operator, or a kind of value, that is not made up here
        return None
    return None if compile_flag(flag)("warm-up", context).reason == "targeting_rules_not_met" else context


def _plain(flag: Flag) -> Iterator[Rule]:
    for rule in flag.targeting_rules:
        if not isinstance(rule, Rule):
            raise TypeError("a group of rules")
        yield rule


def _floor(salt: str) -> Workload:
    first_word = Struct("<I").unpack_from
    return lambda user: first_word(md5(f"{user}:{salt}".encode()).digest())[0]  # noqa: S324  no secret


def _decision(evaluator: Evaluator, flag: Flag) -> Workload:
    evaluate, key, context = evaluator.evaluate, flag.key, _context(flag) or None
    return lambda user: evaluate(user, key, context)
