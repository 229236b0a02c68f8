"""Other evaluators to compare with, one module each: offline, events and polling off, in their quickest form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from ffcore.errors import ConfigError, suggestion
from ffcore.lab.bench.contender import Contender


@dataclass(frozen=True, slots=True)
class Peer:
    """Another evaluator: its name in tables, the statement that imports it, and what a call does besides deciding."""

    title: str
    statement: str
    besides: str


#: Module of this package -> who it calls, and what a call does besides deciding, as far as its source tells.
PEERS = {
    "eppo": Peer(
        "Eppo",
        "import eppo_client",
        "Takes the bare id and a dict of attributes and hands both to Rust, checks the asked type against the flag's, "
        "falls back to the default on a mismatch. With doLog true it would build and log an assignment event.",
    ),
    "statsig": Peer(
        "Statsig",
        "import statsig_python_core",
        "Takes a user object built beforehand and decides in Rust; for an experiment it returns an object, from which "
        "the arm is read by name. Exposures are off; on, each call would queue one.",
    ),
    "growthbook": Peer(
        "GrowthBook",
        "from growthbook.growthbook_client import GrowthBookClient",
        "Enters a coroutine, makes an evaluation context of the global and the user's part, keeps a stack of features "
        "against circles, builds a result with its rule and experiment, and would call a tracking callback.",
    ),
    "launchdarkly": Peer(
        "LaunchDarkly",
        "import ldclient",
        "Asks whether its data are fresh and the context valid, reads the flag from a store that threads share, builds "
        "details with a reason, and runs hooks if there are any. Events are off; on, each call would make one.",
    ),
    "openfeature": Peer(
        "OpenFeature memory",
        "from openfeature import api",
        "Merges four contexts (API, transaction, client, call), goes through the hooks of four levels, checks the type "
        "of the value, and builds details with a reason. Buckets and rules are callbacks of ours.",
    ),
    "unleash": Peer(
        "Unleash",
        "from UnleashClient import UnleashClient",
        "Copies the context and adds to it, hands it to a Rust engine as JSON and reads its answer back, counts the "
        "toggle for metrics (which are not sent), and looks whether an impression event is wanted.",
    ),
    "flagd": Peer(
        "flagd",
        "from openfeature.contrib.provider.flagd import FlagdProvider",
        "All that OpenFeature does, then interprets the targeting, a JSON Logic tree, anew for each call; the context "
        "is copied with flag key, targeting key and time added.",
    ),
}
MISSING = "not installed (pip install 'ffcore[peers]')"


def chosen(names: Iterable[str]) -> list[str]:
    """The peers that names ask for, each once; ``all`` stands for every one.

    Raises:
        ConfigError: A name is no peer.

    >>> chosen(["flagd", "eppo", "flagd"])
    ['flagd', 'eppo']
    """
    wanted = list(dict.fromkeys(peer for name in names for peer in (PEERS if name == "all" else [name])))
    unknown = [("--peers", f"no peer {name!r}{suggestion(name, ['all', *PEERS])}") for name in wanted]
    problems = [problem for name, problem in zip(wanted, unknown, strict=True) if name not in PEERS]
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
