"""What changed between two flag sets, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import shown
from .model import Experiment, Flag, Variant, to_item

Item = Flag | Experiment
RULE_WIDTH = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One change: where, what was there before and what after (``None`` where it was absent), and the sentence."""

    path: str
    before: Any
    after: Any
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes from one set to another; prints a line for each, and is false where nothing changed."""

    changes: tuple[Change, ...]

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "nothing changed"


def compare(kind: str, old: Mapping[str, Item], new: Mapping[str, Item]) -> Iterator[Change]:
    """The changes between two mappings of flags or of experiments, in the order of their keys.

    >>> [change] = compare("flag", {"a": Flag("a", True, 10)}, {"a": Flag("a", True, 25)})
    >>> print(change)
    flag a.rollout_percentage: raised from 10 % to 25 %; nobody loses it
    """
    for key in sorted(old.keys() | new.keys()):
        path = f"{kind} {key}"
        if key not in new:
            yield Change(path, to_item(old[key]), None, "removed")
        elif key not in old:
            yield Change(path, None, to_item(new[key]), "added")
        else:
            yield from _fields(path, old[key], new[key])


def _fields(path: str, old: Item, new: Item) -> Iterator[Change]:
    for name in old.FIELDS:
        values = to_item(getattr(old, name)), to_item(getattr(new, name))
        if _same(*values):
            continue
        yield Change(f"{path}.{name}", *values, _sentence(name, old, new, values))


def _same(before: Any, after: Any) -> bool:
    """Whether two values are the same JSON: 1 and true are not, although they are equal in Python."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_same(before[name], after[name]) for name in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return isinstance(before, bool) == isinstance(after, bool) and bool(before == after)


def _sentence(name: str, old: Item, new: Item, values: tuple[Any, Any]) -> str:
    before, after = values
    if name == "rollout_percentage" and isinstance(old, Flag) and isinstance(new, Flag):
        return _rollout(old, new)
    if isinstance(old, Experiment) and isinstance(new, Experiment) and name == "traffic_allocation":
        return f"{'raised' if new.traffic_allocation > old.traffic_allocation else 'lowered'} from {before} to {after}"
    if name == "variants":
        return _variants(old.variants, new.variants)
    if name == "targeting_rules":
        return _rules(before, after)
    note = "; users are drawn anew" if name in ("buckets", "salt") else ""
    return f"{shown(before)} became {shown(after)}{note}"


def _rollout(old: Flag, new: Flag) -> str:
    before, after = old.rollout_percentage, new.rollout_percentage
    change = f"{'raised' if after > before else 'lowered'} from {to_item(before)} % to {to_item(after)} %"
    if old.buckets != new.buckets:
        return change
    return f"{change}; nobody {'loses' if after > before else 'gains'} it"


def _rules(before: list[Any], after: list[Any]) -> str:
    parts = [f"removed {shown(rule, RULE_WIDTH)}" for rule in before if not any(_same(rule, one) for one in after)]
    parts += [f"added {shown(rule, RULE_WIDTH)}" for rule in after if not any(_same(rule, one) for one in before)]
    return ", ".join(parts) or "another order"


def _variants(old: tuple[Variant, ...], new: tuple[Variant, ...]) -> str:
    before, after = ({variant.key: variant for variant in variants} for variants in (old, new))
    parts = [f"{key} removed" for key in before if key not in after]
    parts += [f"{key} added with {to_item(arm.allocation)}" for key, arm in after.items() if key not in before]
    for key in before.keys() & after.keys():
        was, now = before[key], after[key]
        if was.allocation != now.allocation:
            parts.append(f"{key} from {to_item(was.allocation)} to {to_item(now.allocation)}")
        if not _same(was.payload, now.payload):
            parts.append(f"{key} has another payload")
    shared = [key for key in before if key in after]
    if shared != [key for key in after if key in before]:
        parts.append("another order")
    return ", ".join(sorted(parts))
