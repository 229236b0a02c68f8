"""What all schemes share: the calls that users make, the options they may give, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.schemes.assignments import Assignment, Plan, Words
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights

if TYPE_CHECKING:
    from ffcore.lab.schemes.vectors import Claim, Row

DEFAULT_KEY = "verify"
Value = TypeVar("Value")
#: Options of no scheme: what they name is stored or drawn at the client, so no id says it.
STORED = {
    "bandit": "a bandit's choice",
    "forced": "a forced variation",
    "holdout_state": "a holdout with stored state",
    "id_list": "a list of ids kept by the service",
    "overrides": "an override",
    "persistent": "an assignment kept across log-ins",
    "random": "random stickiness",
    "sticky": "a sticky bucket",
}


@dataclass(frozen=True)
class Scheme:
    """How one vendor's clients bucket, as a set of assignment functions.

    Each takes options of its own by name; a wrong one is answered with those that there are. A flag's key is the
    argument ``key``, and the key that ``verify`` calls an assignment with.

    Attributes:
        name: What `schemes.get` knows it by.
        reproduces: The client and version whose answers these are.
        versions: The versions of the hash that there are; none where there is one alone.
        skips_empty: Whether the clients leave out the id "".
    """

    name: ClassVar[str]
    reproduces: ClassVar[str]
    versions: ClassVar[tuple[int, ...]] = ()
    skips_empty: ClassVar[bool] = False
    _bucket: ClassVar[Callable[..., Draw]]
    _rollout: ClassVar[Callable[..., Plan]]
    _variants: ClassVar[Callable[..., Plan]]

    def bucket(self, key: str = DEFAULT_KEY, **options: Any) -> Draw:
        """The number that the clients make of each id for a flag: of one id, or of an array of them."""
        self._check("_bucket", options)
        return self._bucket(key, **options)

    def rollout(self, percentage: Any, key: str = DEFAULT_KEY, **options: Any) -> Assignment:
        """Who is in a rollout of a percentage (0 to 100): ``assign(user_id, key)`` -> bool."""
        return self._assignment("_rollout", percentage, key, options)

    def variants(self, weights: Weights, key: str = DEFAULT_KEY, **options: Any) -> Assignment:
        """Who gets which variant: ``assign(user_id, key)`` -> the variant's key, or None.

        Args:
            weights: the variants and, in the vendor's own unit, their weights or ranges.
            key: the flag's key, unless ``assign`` is called with another.
            options: see the scheme's own documentation.
        """
        return self._assignment("_variants", weights, key, options)

    def words(self, **options: Any) -> Words:
        """``assign(user_id, key)`` -> the bucket's place as a 32-bit integer: the subject of ``verify.independence``.

        A coarse bucket keeps its grain, which ``verify.uniformity`` sees; `hashes` are the words before that.
        """
        self._check("_bucket", options)
        return Words(lambda key: self._bucket(key, **options).word)

    def hashes(self, **options: Any) -> Words:
        """``assign(user_id, key)`` -> the leading 32 bits of the hash that a bucket is made of.

        Raises:
            ConfigError: the buckets are made of no hash, or of several.
        """
        self._check("_bucket", options)
        if not isinstance(self._bucket(DEFAULT_KEY, **options), Hashed):
            raise ConfigError([(self.name, "its buckets are not made of one hash; use words")])
        return Words(lambda key: self._bucket(key, **options).top)  # type: ignore[attr-defined]

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row of a file of vectors says of this scheme."""
        raise NotImplementedError(row)

    def _assignment(self, call: str, first: Any, key: str, options: Mapping[str, Any]) -> Assignment:
        self._check(call, options)
        if not isinstance(key, str):
            raise ConfigError([("key", f"expected a flag's key as text, got {shown(key)}")])
        make = getattr(self, call)
        make(first, key, **options)  # a mistake is answered here, not where the function is used
        return Assignment(key, lambda flag: make(first, flag, **options), self.skips_empty)

    def _check(self, call: str, options: Mapping[str, Any]) -> None:
        """Refuse what no id says, calls that there are not, and options that there are not."""
        for name in options:
            if name in STORED:
                kind = f"{STORED[name]} is no function of the id"
                raise ConfigError([(f"{self.name}.{name}", f"not recomputable: {kind}; compare only users without")])
        if not hasattr(self, call):
            raise ConfigError([(self.name, f"has no {call[1:]}")])
        parameters = signature(getattr(self, call)).parameters.values()
        named = [parameter.name for parameter in parameters if parameter.kind == Parameter.KEYWORD_ONLY]
        for name in options:
            if name not in named:
                choice = suggestion(name, named) or "; it takes no options"
                raise ConfigError([(f"{self.name}.{call[1:]}", f"{name!r} is no option{choice}")])


def build(scheme: type[Scheme], version: int | None, settings: Mapping[str, Any]) -> Scheme:
    """A scheme with its settings, or the error that names those that there are."""
    names = [field.name for field in fields(scheme) if field.name != "version"]
    for name in settings:
        if name not in names:
            choice = suggestion(name, names) or "; it has no settings"
            raise ConfigError([(scheme.name, f"{name!r} is no setting{choice}")])
    if version is None:
        return scheme(**settings)
    if version not in scheme.versions or isinstance(version, bool):
        there = ", ".join(map(str, scheme.versions)) or "one without a number"
        raise ConfigError([(scheme.name, f"version {shown(version)} is unknown; versions: {there}")])
    return scheme(version=version, **settings)  # type: ignore[call-arg]


def choose(place: str, value: Value, choices: Mapping[Value, Any] | tuple[Value, ...]) -> None:
    """Refuse a setting that is none of the choices."""
    if value not in choices:
        raise ConfigError.unknown(place, value, map(str, choices))
