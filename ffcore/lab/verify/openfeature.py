"""Any provider of OpenFeature as an assignment function: what its users get, user by user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from ffcore.errors import ConfigError, shown

#: What can be asked for -> the default that stands in where the provider has no answer.
DEFAULTS: Mapping[str, Any] = {"boolean": False, "string": "", "integer": 0, "float": 0.0, "object": {}}
DOMAINS = count()


@dataclass(frozen=True, slots=True)
class Answering:
    """``assign(user_id, key)`` of a client: a bool, or the variant's key, None where the caller's default stands in.

    Attributes:
        client: The client that is asked.
        key: The flag's key.
        kind: The kind of value asked for.
        attributes: What every user's context holds beside the id.
    """

    client: Any
    key: str
    kind: str
    attributes: Mapping[str, Any]

    def __call__(self, user_id: str, key: str | None = None) -> bool | str | None:
        """What one user gets; raises ``ConfigError`` where the provider answers with an error."""
        from openfeature.evaluation_context import EvaluationContext

        name, ask = self.key if key is None else key, getattr(self.client, f"get_{self.kind}_details")
        found = ask(name, DEFAULTS[self.kind], EvaluationContext(user_id, self.attributes))
        if found.error_code is not None:
            said = f": {found.error_message}" if found.error_message else ""
            raise ConfigError([(name, f"the provider answers {found.error_code.value} for {shown(user_id)}{said}")])
        if self.kind == "boolean":
            return bool(found.value)
        if found.variant is None and isinstance(found.value, str):
            return found.value or None
        return None if found.variant is None else str(found.variant)


def from_openfeature(
    source: Any, key: str, kind: str = "boolean", attributes: Mapping[str, Any] | None = None
) -> Answering:
    """A flag of any OpenFeature provider as the subject of ``rollout``, ``variants`` and ``ramp``.

    Of a boolean flag the answer is its value, of any other the variant's key (or its text, where the provider names no
    variants). Targeting sees the same attributes for every user. It is as fast as the provider: some
    ten thousand users a second.

    Args:
        source: a client (``api.get_client(...)``), or a provider, which is given a domain of its own.
        key: the flag's key.
        kind: "boolean", "string", "integer", "float" or "object".
        attributes: what every user's context holds beside the id.

    Raises:
        ConfigError: an unknown kind, or a source that is neither a client nor a provider.

    >>> from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
    >>> provider = InMemoryProvider({"dark-mode": InMemoryFlag("on", {"on": True, "off": False})})
    >>> assign = from_openfeature(provider, "dark-mode")
    >>> assign("user-1")
    True
    """
    if kind not in tuple(DEFAULTS):
        raise ConfigError.unknown("kind", kind, DEFAULTS)
    return Answering(_client(source), key, kind, dict(attributes or {}))


def _client(source: Any) -> Any:
    """A client as it is; of a provider, the client of a domain that it alone serves."""
    if hasattr(source, "get_boolean_details"):
        return source
    if not hasattr(source, "resolve_boolean_details"):
        raise ConfigError([("source", f"expected an OpenFeature client or a provider, got {shown(source)}")])
    from openfeature import api

    domain = f"ffcore-verify-{next(DOMAINS)}"
    api.set_provider_and_wait(source, domain)
    return api.get_client(domain)
