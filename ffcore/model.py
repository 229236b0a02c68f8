"""The model: flags, experiments and decisions, frozen and valid by construction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, ClassVar

from .errors import ConfigError, shown, suggestion
from .fields import INVALID, Anything, Boolean, Exact, Field, ListOf, OneOf, Problems, Record, Text, Whole, exact, join
from .frozen import freeze
from .hashing import HASH_SPACE
from .log import warning
from .operators import OPERATORS

DEFAULT_BUCKETS = 10_000
MAX_RULE_DEPTH = 32
MAX_VARIANTS = 1_000
GROUPS = ("all", "any", "not")


@dataclass(frozen=True, slots=True)
class Decision:
    """What one user gets from one flag or experiment, and why.

    >>> Decision(True, "enabled", "large", {"size": 3}).variant
    'large'
    """

    enabled: bool
    reason: str
    variant: str | None = None
    payload: Any = None


class _Checked:
    """Reads every field with its reader when an instance is made, then checks them together."""

    __slots__ = ()
    FIELDS: ClassVar[Mapping[str, Field]]

    def __post_init__(self) -> None:
        problems = Problems()
        for name, reader in self.FIELDS.items():
            object.__setattr__(self, name, reader.read(getattr(self, name), name, problems))
        if not problems.found:
            self._check(problems)
        problems.raise_found()

    def _check(self, problems: Problems) -> None:
        """Note what is wrong between fields."""


@dataclass(frozen=True, slots=True)
class Variant(_Checked):
    """One arm: its key, its share of the hash space (an exact rational, 0 to 1) and what it delivers.

    >>> Variant("treatment", 0.1).allocation
    Fraction(1, 10)
    """

    key: str
    allocation: Fraction
    payload: Any = None

    FIELDS: ClassVar[Mapping[str, Field]] = {"key": Text(), "allocation": Exact(0, 1), "payload": Anything(freeze)}


@dataclass(frozen=True, slots=True)
class Rule(_Checked):
    """One comparison of a context attribute with a value.

    >>> Rule("country", "equals", "NO").operator
    'equals'
    """

    attribute: str
    operator: str
    value: Any = None

    FIELDS: ClassVar[Mapping[str, Field]] = {
        "attribute": Text(),
        "operator": OneOf(*OPERATORS),
        "value": Anything(freeze),
    }

    def _check(self, problems: Problems) -> None:
        try:
            self.prepared()
        except ValueError as error:
            problems.add("value", f"{self.operator}: {error}")
        if isinstance(self.value, date):
            object.__setattr__(self, "value", self.value.isoformat())

    def prepared(self) -> Any:
        """The value as the operator compares it (a compiled pattern, a point in time, a version)."""
        return OPERATORS[self.operator].prepare(self.value)


@dataclass(frozen=True, slots=True)
class RuleGroup(_Checked):
    """Rules joined by ``all`` or ``any``, or one negated by ``not``; groups nest, at most 32 deep.

    >>> RuleGroup("any", [{"attribute": "country", "operator": "equals", "value": "NO"}]).kind
    'any'
    """

    kind: str
    rules: tuple[Rule | RuleGroup, ...]
    depth: int = field(init=False, compare=False, repr=False, default=0)

    def _check(self, problems: Problems) -> None:
        if self.kind == "not" and len(self.rules) != 1:
            problems.add("not", f"expected one rule, got {len(self.rules)}")
        depth = 1 + max((rule.depth for rule in self.rules if isinstance(rule, RuleGroup)), default=0)
        if depth > MAX_RULE_DEPTH:
            problems.add("", f"rules nest deeper than {MAX_RULE_DEPTH} levels")
        object.__setattr__(self, "depth", depth)


class _AnyRule:
    """Reads a rule, or a group of rules."""

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, (Rule, RuleGroup)):
            return value
        kinds = [kind for kind in GROUPS if isinstance(value, Mapping) and kind in value]
        if not kinds:
            return self._read_rule(value, path, problems)
        if path.count(".") > MAX_RULE_DEPTH + 1:  # one dot a level: stops before Python's own recursion limit
            return problems.add(path, f"rules nest deeper than {MAX_RULE_DEPTH} levels")
        others = [name for name in value if problems.strict or name in GROUPS or name in Rule.FIELDS]
        if len(others) > 1:
            return problems.add(path, f"{kinds[0]} stands alone in its mapping, got {', '.join(map(str, others))}")
        return self._read_group(kinds[0], value[kinds[0]], path, problems)

    def _read_rule(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, Mapping) and len(value) == 1 and not value.keys() & Rule.FIELDS.keys():
            [name] = value
            return problems.add(join(path, str(name)[:60]), f"unknown field{suggestion(name, [*GROUPS, *Rule.FIELDS])}")
        return RULE.read(value, path, problems)

    def _read_group(self, kind: str, value: Any, path: str, problems: Problems) -> Any:
        inner = join(path, kind)
        rules = (self.read(value, inner, problems),) if kind == "not" else RULES.read(value, inner, problems)
        if rules is INVALID or INVALID in rules:
            return INVALID
        try:
            return RuleGroup(kind, rules)
        except ConfigError as error:
            return problems.include(path, error)

    def schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/rule"}


RULE = Record(Rule, Rule.FIELDS, "attribute", "operator")
ANY_RULE = _AnyRule()
RULES = ListOf(ANY_RULE)
RuleGroup.FIELDS = {"kind": OneOf(*GROUPS), "rules": RULES}
VARIANT = Record(Variant, Variant.FIELDS, "key", "allocation")
VARIANTS = ListOf(VARIANT)


def _check_variants(variants: tuple[Variant, ...], problems: Problems) -> None:
    if len(variants) > MAX_VARIANTS:
        problems.add("variants", f"{len(variants):,} variants, expected at most {MAX_VARIANTS:,}")
        return
    seen: set[str] = set()
    for i, variant in enumerate(variants):
        if variant.key in seen:
            problems.add(f"variants[{i}].key", f"{shown(variant.key)} stands here a second time")
        seen.add(variant.key)
    total = sum((variant.allocation for variant in variants), Fraction(0))
    if variants and total != 1:
        problems.add("variants", f"allocations sum to {_decimal(total)}, expected exactly 1")


def _decimal(number: Fraction) -> str:
    if Fraction(str(float(number))) == number:
        return str(float(number))
    return str(number) if number.denominator < 10**30 else f"about {float(number)}"


@dataclass(frozen=True, slots=True)
class Flag(_Checked):
    """A feature flag. ``rollout_percentage`` (0 to 100) and allocations are exact rationals.

    >>> flag = Flag("new-checkout", enabled=True, rollout_percentage=12.5)
    >>> flag.rollout_percentage, flag.buckets
    (Fraction(25, 2), 10000)
    """

    key: str
    enabled: bool = False
    rollout_percentage: Fraction = Fraction(0)
    targeting_rules: tuple[Rule | RuleGroup, ...] = ()
    default_variant: str | None = None
    variants: tuple[Variant, ...] = ()
    buckets: int = DEFAULT_BUCKETS
    flag_id: str | None = None

    FIELDS: ClassVar[Mapping[str, Field]] = {
        "key": Text(),
        "enabled": Boolean(),
        "rollout_percentage": Exact(0, 100),
        "targeting_rules": RULES,
        "default_variant": Text(optional=True),
        "variants": VARIANTS,
        "buckets": Whole(1, HASH_SPACE),
        "flag_id": Text(optional=True),
    }

    def _check(self, problems: Problems) -> None:
        object.__setattr__(self, "flag_id", self.flag_id or self.key)
        _check_variants(self.variants, problems)

    @property
    def whole_buckets(self) -> bool:
        """Whether the percentage is a whole number of buckets, so that it is served exactly."""
        return (self.rollout_percentage * self.buckets / 100).denominator == 1

    @property
    def finer_buckets(self) -> int:
        """The smallest multiple of ``buckets`` that serves the percentage exactly."""
        return self.buckets * (self.rollout_percentage * self.buckets / 100).denominator

    @classmethod
    def from_item(cls, item: Mapping[str, Any], *, buckets: int = DEFAULT_BUCKETS) -> Flag:
        """A flag from a store's item: unknown fields are ignored, ``buckets`` holds where the item has none.

        A percentage between two buckets is served up to the next one, as the platform does, with a logged warning.
        Raises ``ConfigError`` with every problem of the item.

        >>> Flag.from_item({"key": "dark-mode", "enabled": True, "rollout_percentage": 50}).enabled
        True
        """
        flag = FLAG.load(with_buckets(item, buckets))
        if not flag.whole_buckets:
            share = f"{_decimal(flag.rollout_percentage)} % of {flag.buckets} buckets is not whole"
            text = "flag %s: %s; %d buckets would serve it; served up to the next bucket"
            warning(text, flag.key, share, flag.finer_buckets)
        return flag

    def to_item(self) -> dict[str, Any]:
        """The flag as a JSON-ready item that ``from_item`` reads back to an equal flag."""
        return _item(self)


@dataclass(frozen=True, slots=True)
class Experiment(_Checked):
    """An experiment: who takes part (status, targeting, traffic) and which variant each of them gets.

    >>> arms = [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}]
    >>> Experiment("pricing", variants=arms).status
    'draft'
    """

    key: str
    status: str = "draft"
    variants: tuple[Variant, ...] = ()
    traffic_allocation: Fraction = Fraction(1)
    targeting_rules: tuple[Rule | RuleGroup, ...] = ()
    salt: str | None = None
    experiment_id: str | None = None

    FIELDS: ClassVar[Mapping[str, Field]] = {
        "key": Text(),
        "status": OneOf("draft", "active", "paused", "completed"),
        "variants": VARIANTS,
        "traffic_allocation": Exact(0, 1),
        "targeting_rules": RULES,
        "salt": Text(optional=True, blank=True),
        "experiment_id": Text(optional=True),
    }

    def _check(self, problems: Problems) -> None:
        object.__setattr__(self, "experiment_id", self.experiment_id or self.key)
        object.__setattr__(self, "salt", self.salt or None)
        if len(self.variants) < 2:
            problems.add("variants", f"expected at least 2, got {len(self.variants)}")
        _check_variants(self.variants, problems)

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Experiment:
        """An experiment from a store's item; unknown fields are ignored. Raises ``ConfigError`` with every problem."""
        return EXPERIMENT.load(item)

    def to_item(self) -> dict[str, Any]:
        """The experiment as a JSON-ready item that ``from_item`` reads back to an equal experiment."""
        return _item(self)


def _check_buckets(flag: Flag, path: str, problems: Problems) -> None:
    if not flag.whole_buckets:
        share = f"{_decimal(flag.rollout_percentage)} % is not a whole number of {flag.buckets} buckets"
        problems.add(join(path, "rollout_percentage"), f"{share}; it needs buckets: {flag.finer_buckets}")


FLAG = Record(Flag, Flag.FIELDS, "key", strict=_check_buckets)
EXPERIMENT = Record(Experiment, Experiment.FIELDS, "key", "variants")


def with_buckets(item: Any, buckets: int) -> Any:
    """A flag item with ``buckets`` filled in where it has none; anything that is no mapping is left as it is."""
    if isinstance(item, Mapping) and item.get("buckets") is None:
        return {**item, "buckets": buckets}
    return item


def _item(model: _Checked) -> dict[str, Any]:
    return {name: to_item(value) for name in model.FIELDS if (value := getattr(model, name)) is not None}


def to_item(value: Any) -> Any:
    """A model object as JSON-ready data: exact rationals as numbers where a decimal says it, else as ``"1/3"``."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return value.numerator
        return float(value) if exact(float(value)) == value else str(value)
    if isinstance(value, RuleGroup):
        return {value.kind: to_item(value.rules[0] if value.kind == "not" else value.rules)}
    if isinstance(value, _Checked):
        return _item(value)
    if isinstance(value, dict):
        return {key: to_item(item) for key, item in value.items()}
    return [to_item(item) for item in value] if isinstance(value, (tuple, list)) else value
