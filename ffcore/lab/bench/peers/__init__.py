"""Other evaluators to compare with, one module each: offline, events and polling off, in their quickest form."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from ffcore.errors import ConfigError, suggestion
from ffcore.lab.bench.contender import Contender

#: Module of this package -> the distribution that it calls.
PACKAGES = {
    "eppo": "eppo-server-sdk",
    "statsig": "statsig-python-core",
    "growthbook": "growthbook",
    "launchdarkly": "launchdarkly-server-sdk",
    "openfeature": "openfeature-sdk",
    "unleash": "unleashclient",
    "flagd": "openfeature-provider-flagd",
}
MISSING = "not installed (pip install 'ffcore[peers]')"


def chosen(names: Iterable[str]) -> list[str]:
    """The peers that names ask for, each once; ``all`` stands for every one.

    Raises:
        ConfigError: A name is no peer.

    >>> chosen(["flagd", "eppo", "flagd"])
    ['flagd', 'eppo']
    """
    wanted = list(dict.fromkeys(peer for name in names for peer in (PACKAGES if name == "all" else [name])))
    unknown = [("--peers", f"no peer {name!r}{suggestion(name, ['all', *PACKAGES])}") for name in wanted]
    problems = [problem for name, problem in zip(wanted, unknown, strict=True) if name not in PACKAGES]
    if problems:
        raise ConfigError(problems)
    return wanted


def load(name: str) -> Contender | str:
    """A peer that holds the ten flags, or the reason why it can't take part: its package is not there."""
    try:
        peer: Contender = import_module(f"{__name__}.{name}").contender()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ffcore"):
            raise
        return MISSING
    return peer
