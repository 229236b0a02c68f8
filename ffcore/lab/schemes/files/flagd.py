"""flagd's flag definitions: targeting in JsonLogic with its fractional operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ffcore.lab.schemes.assignments import Answer, Assignment
from ffcore.lab.schemes.files.flags import Condition, FlagRule, VendorFlag
from ffcore.lab.schemes.files.parts import (
    Reader,
    Uncovered,
    as_answer,
    expect,
    field,
    negated,
    rule,
)
from ffcore.lab.schemes.scheme import Scheme
from ffcore.model import RuleGroup

When = tuple[Condition, ...]
ID, KEY = {"var": "targetingKey"}, {"var": "$flagd.flagKey"}
COMPARISONS = {"<": "less_than", "<=": "less_or_equal", ">": "greater_than", ">=": "greater_or_equal"}
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "===": "=="}
TEXTS = {"starts_with": "starts_with", "ends_with": "ends_with"}
VERSIONS = {
    "=": "semver_equals",
    "<": "semver_less_than",
    "<=": "semver_less_or_equal",
    ">": "semver_greater_than",
    ">=": "semver_greater_or_equal",
}


def read(data: Any, reader: Reader) -> dict[str, VendorFlag]:
    """The flags of a definition."""
    expect(data, dict, "", "a mapping with flags")
    shared = field(data, "$evaluators", dict, "", {})
    items = [(key, item, f"flags.{key}") for key, item in expect(data.get("flags"), dict, "flags").items()]
    return reader.flags(items, lambda key, item, path: _flag(key, item, path, shared, reader.scheme))


def _flag(key: str, item: Mapping[str, Any], path: str, shared: Mapping[str, Any], scheme: Scheme) -> VendorFlag:
    if item.get("state") == "DISABLED":
        return VendorFlag(key)
    answers = {name: as_answer(value) for name, value in field(item, "variants", dict, path, {}).items()}
    flag = _Flag(key, answers, shared, scheme)
    default = flag.answer(item.get("defaultVariant"), f"{path}.defaultVariant")
    targeting = item.get("targeting")
    rules = tuple(flag.rules(targeting, (), default, f"{path}.targeting")) if targeting else ()
    return VendorFlag(key, default, rules)


@dataclass(frozen=True, slots=True)
class _Around:
    """Draws by text before the id, the id, and text behind it."""

    before: str
    behind: str
    draw: Assignment

    def __call__(self, ids: Any) -> Any:
        return self.draw(self.before + ids + self.behind)


@dataclass(frozen=True, slots=True)
class _Flag:
    """What every branch of a flag's targeting needs."""

    key: str
    answers: Mapping[str, Answer]
    shared: Mapping[str, Any]
    scheme: Scheme

    def answer(self, variant: Any, path: str) -> Answer:
        """The value of a variant; without one the caller's default stands in."""
        if variant is None:
            return None
        name = str(variant).lower() if isinstance(variant, bool) else variant
        if not isinstance(name, str) or name not in self.answers:
            raise Uncovered(path, f"no variant of the flag: {variant!r}")
        return self.answers[name]

    def rules(self, item: Any, when: When, default: Answer, path: str) -> Iterator[FlagRule]:
        """The branches of an expression, each of which gives all its users an answer."""
        name, arguments = operation(self.resolved(item, path)) if isinstance(item, dict) else ("", [])
        if name == "if":
            yield from self._branches(arguments, when, default, f"{path}.if")
        elif name == "fractional":
            yield self._fractional(arguments, when, f"{path}.fractional")
            yield FlagRule({"": default}, when)
        elif name:
            raise Uncovered(f"{path}.{name}", "not followed as a choice of variants")
        else:
            yield FlagRule({"": default if item is None else self.answer(item, path)}, when)

    def _branches(self, parts: list[Any], when: When, default: Answer, path: str) -> Iterator[FlagRule]:
        for number in range(0, len(parts) - 1, 2):
            met = self.condition(parts[number], f"{path}[{number}]")
            yield from self.rules(parts[number + 1], (*when, met), default, f"{path}[{number + 1}]")
        otherwise = parts[-1] if len(parts) % 2 else None
        yield from self.rules(otherwise, when, default, f"{path}[{len(parts) - 1}]")

    def _fractional(self, parts: list[Any], when: When, path: str) -> FlagRule:
        by = None if not parts or isinstance(parts[0], list) else parts[0]
        pairs = [self._pair(part, f"{path}[{number}]") for number, part in enumerate(parts) if part is not by]
        weights = [(str(number), weight) for number, (_, weight) in enumerate(pairs)]
        arms = {str(number): answer for number, (answer, _) in enumerate(pairs)}
        if not sum(weight for _, weight in pairs):
            return FlagRule({}, when, draw=self.scheme.variants([("", 1)], self.key))
        if by is None:
            return FlagRule(arms, when, draw=self.scheme.variants(weights, self.key))
        before, behind = self._around(by, f"{path}[0]")
        drawn = self.scheme.variants(weights, self.key, shorthand=False)
        draw: Callable[[Any], Any] = _Around(before, behind, drawn)
        return FlagRule(arms, when, draw=draw)

    def _pair(self, part: Any, path: str) -> tuple[Answer, int]:
        if not isinstance(part, list) or not part or len(part) > 2:
            raise Uncovered(path, "expected a variant and its weight")
        weight = part[1] if len(part) == 2 else 1
        if not isinstance(weight, int):
            raise Uncovered(f"{path}[1]", "weights that are computed are not followed")
        return self.answer(part[0], f"{path}[0]"), max(weight, 0)

    def _around(self, by: Any, path: str) -> tuple[str, str]:
        """What stands before and behind the id in the text that is hashed."""
        parts = by["cat"] if isinstance(by, dict) and isinstance(by.get("cat"), list) else [by]
        texts = [self.key if part == KEY else part for part in parts]
        if texts.count(ID) != 1 or not all(part == ID or isinstance(part, str) for part in texts):
            raise Uncovered(path, "buckets by more than the targeting key; ids alone do not say it")
        place = texts.index(ID)
        return "".join(texts[:place]), "".join(texts[place + 1 :])

    def resolved(self, item: Any, path: str) -> Any:
        """An expression, or the shared one that it refers to."""
        if isinstance(item, dict) and "$ref" in item:
            name = item["$ref"]
            if not isinstance(name, str) or name not in self.shared:
                raise Uncovered(f"{path}.$ref", f"no evaluator is called {name!r}")
            return self.shared[name]
        return item

    def condition(self, item: Any, path: str) -> Condition:
        """A logical expression as a targeting rule."""
        found = self.resolved(item, path)
        if not isinstance(found, dict):
            raise Uncovered(path, "expected a comparison")
        name, arguments = operation(found)
        where = f"{path}.{name}"
        if name in ("and", "or"):
            inner = tuple(self.condition(part, f"{where}[{number}]") for number, part in enumerate(arguments))
            return RuleGroup("all" if name == "and" else "any", inner)
        if name == "!" and len(arguments) == 1:
            return negated(self.condition(arguments[0], where))
        if name in ("!=", "!=="):
            return negated(comparison("==", arguments, where))
        return comparison(name, arguments, where)


def operation(item: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The name and the arguments of an operation of JsonLogic."""
    [(name, arguments)] = item.items() if len(item) == 1 else [("", [])]
    return name, arguments if isinstance(arguments, list) else [arguments]


def comparison(name: str, arguments: list[Any], path: str) -> Condition:
    """One comparison of an attribute with a literal; a missing attribute never matches."""
    if name in FLIPPED and len(arguments) == 2 and not _is_var(arguments[0]):
        name, arguments = FLIPPED[name], arguments[::-1]
    if name == "in" and len(arguments) == 2 and _is_var(arguments[1]):
        return rule(attribute(arguments[1], path), "contains", arguments[0], path)
    if not arguments or not _is_var(arguments[0]) or any(isinstance(part, dict) for part in arguments[1:]):
        raise Uncovered(path, "expected an attribute and a literal")
    subject, literals = attribute(arguments[0], path), arguments[1:]
    if name == "sem_ver" and len(literals) == 2 and literals[0] in VERSIONS:
        return rule(subject, VERSIONS[literals[0]], literals[1], path)
    if len(literals) == 1:
        return _plain(name, subject, literals[0], path)
    raise Uncovered(path, "not followed")


def _plain(name: str, subject: str, literal: Any, path: str) -> Condition:
    if name in ("==", "==="):
        return rule(subject, "not_exists" if literal is None else "equals", literal, path)
    if name == "in" and isinstance(literal, list):
        return rule(subject, "in", literal, path)
    operator = COMPARISONS.get(name) or TEXTS.get(name)
    if operator is None:
        raise Uncovered(path, "not followed")
    return rule(subject, operator, literal, path)


def _is_var(item: Any) -> bool:
    return isinstance(item, dict) and list(item) == ["var"]


def attribute(item: Mapping[str, Any], path: str) -> str:
    """The attribute that a variable names; the targeting key is the id."""
    name = item["var"]
    if not isinstance(name, str) or "." in name:
        raise Uncovered(f"{path}.var", f"the variable {name!r} is not followed")
    return "user_id" if name == "targetingKey" else name
