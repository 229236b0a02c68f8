"""What may be changed about a flag while exploring: percentage, allocations and rules, read with their problems."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ffcore.errors import ConfigError
from ffcore.model import Flag, to_item
from ffcore.reading import parse_yaml


@dataclass(frozen=True, slots=True)
class Edit:
    """A flag as somebody would like it, in the words of a form.

    Attributes:
        key: which flag.
        percentage: rollout in percent, as a number or as text ("12.5", "1/3").
        allocations: the variants and their shares, "control 0.5, treatment 0.5"; blank for a flag without variants.
        rules: targeting rules as in a flag file, YAML or JSON; blank for none.
        margin: the largest deviation of a share that counts as equal, a fraction.
    """

    key: str
    percentage: float | str
    allocations: str = ""
    rules: str = ""
    margin: float = 0.005

    @classmethod
    def of(cls, flag: Flag, margin: float = 0.005) -> Edit:
        """The flag as it is.

        >>> Edit.of(Flag("dark-mode", enabled=True, rollout_percentage=12.5)).percentage
        12.5
        """
        arms = ", ".join(f"{variant.key} {to_item(variant.allocation)}" for variant in flag.variants)
        return cls(flag.key, to_item(flag.rollout_percentage), arms, written(flag), margin)

    def applied(self, flag: Flag) -> Flag:
        """The flag with this edit, switched on; variants keep their payloads.

        Raises ConfigError with every problem of the edit, a percentage between two buckets among them.

        >>> flag = Flag("dark-mode", enabled=True, rollout_percentage=10)
        >>> edit = Edit("dark-mode", 25, rules="- {attribute: country, operator: equals, value: NO}")
        >>> edit.applied(flag).targeting_rules[0].value
        'NO'
        """
        problems: list[tuple[str, str]] = []
        variants = _tried(lambda: _variants(self.allocations, flag), problems, "allocations")
        rules = _tried(lambda: parse_yaml(self.rules) if self.rules.strip() else [], problems, "rules")
        if problems:
            raise ConfigError(problems)
        asked = {"enabled": True, "rollout_percentage": self.percentage, "variants": variants, "targeting_rules": rules}
        edited = Flag.from_item({**flag.to_item(), **asked, "default_variant": None})
        if not edited.whole_buckets:
            message = f"{self.percentage} % is not a whole number of {flag.buckets:,} buckets"
            raise ConfigError([("percentage", f"{message}; it needs buckets: {edited.finer_buckets:,}")])
        return replace(edited, default_variant=flag.default_variant)


def written(flag: Flag) -> str:
    """The targeting rules as lines of YAML, one rule a line.

    >>> from ffcore.model import Rule
    >>> written(Flag("a", targeting_rules=(Rule("country", "equals", "NO"),)))
    '- {"attribute": "country", "operator": "equals", "value": "NO"}'
    """
    return "\n".join(f"- {json.dumps(rule, ensure_ascii=False)}" for rule in to_item(flag.targeting_rules))


def _variants(text: str, flag: Flag) -> list[dict[str, Any]]:
    payloads = {variant.key: variant.payload for variant in flag.variants}
    return [
        {"key": key, "allocation": share, "payload": to_item(payloads.get(key))}
        for key, share in _pairs(text.split(","))
    ]


def _pairs(parts: Iterable[str]) -> list[tuple[str, str]]:
    found = []
    for part in parts:
        if not part.strip():
            continue
        key, _, share = part.strip().replace("=", " ").replace(":", " ").rpartition(" ")
        if not key:
            raise ConfigError([("", f"expected a variant and its share, such as control 0.5; got {part.strip()!r}")])
        found.append((key.strip(), share))
    return found


def _tried(read: Callable[[], Any], problems: list[tuple[str, str]], place: str) -> Any:
    try:
        return read()
    except ConfigError as error:
        problems += [(f"{place}.{path}".rstrip("."), message) for path, message in error.problems]
        return None
