"""What a notebook on hash quality asks of a hash: the draws of a flag set, and whether known bad hashes are seen."""

from dataclasses import dataclass

import numpy as np

import ffcore
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.testing.hashes import HASHES, HashFunction, hash_function
from ffcore.lab.verify import avalanche, independence, uniformity
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import number
from ffcore.lab.verify.draws import salts

from . import tables
from .results import Measure

MOST_DRAWS, FEWEST_DRAWS = 200, 2
#: The published setting: 20,000 numbered users and eight keys; ids of each kind for the avalanche.
USERS, IDS = 20_000, 200
KEYS = ("new-checkout", "dark-mode", "search-v2", "onboarding", "pricing", "hero-test", "recommend", "search-v3")
GOOD = "hash32"


def under_test(fault: str) -> HashFunction | None:
    """The hash to judge: the product's, or a faulty one by its name; ConfigError gives the nearest name.

    >>> under_test("") is None, under_test("crc32").name
    (True, 'crc32')
    """
    return hash_function(fault) if fault else None


def draws(flags: ffcore.FlagSet, most: int = MOST_DRAWS) -> dict[str, str]:
    """The salt of every draw of a flag set, by the draw's name: of many some, evenly spread; beside one, made-up ones.

    >>> draws(ffcore.FlagSet([ffcore.Flag("dark-mode")]))
    {'dark-mode rollout': 'dark-mode', 'made-up 1': 'made-up-1', 'made-up 2': 'made-up-2'}
    """
    found = salts("flags", flags) if len(flags) + len(flags.experiments) else {}
    if len(found) < FEWEST_DRAWS:
        found |= {f"made-up {place}": f"made-up-{place}" for place in (1, 2)}
    names = list(found)
    chosen = np.linspace(0, len(names) - 1, min(most, len(names))).astype(int)
    return {names[place]: found[names[place]] for place in chosen}


def largest_v(check: Check) -> Measure:
    """The key figure: Cramér's V of the pair of draws that depends most, with its 90 % interval.

    >>> largest_v(independence(None, ["a", "b"], range(20_000))).note
    'a × b'
    """
    pair = next(iter(check.estimate), None)
    low, high = check.interval[pair] if pair else (None, None)
    estimate = Estimate(check.estimate[pair] if pair else None, low, high, check.n)
    judged = {"verdict": check.verdict, "basis": "checks"}
    return Measure.of("largest_v", "largest Cramér's V of two draws", estimate, "V", note=pair or "", **judged)


@dataclass(frozen=True, slots=True)
class Controls:
    """Known hashes by name, good and bad, and the three checks of each; notebooks show a table."""

    checks: dict[str, tuple[Check, Check, Check]]

    @property
    def missed(self) -> list[str]:
        """Bad hashes that no check fails."""
        caught = {name for name, found in self.checks.items() if any(check.verdict == "fail" for check in found)}
        return [name for name in self.checks if name != GOOD and name not in caught]

    def _repr_html_(self) -> str:
        headings = ("hash", "uniformity", "buckets hold", "dependent pairs", "largest V", "bits change")
        return tables.grid(headings, [self._row(name, *found) for name, found in self.checks.items()])

    def _row(self, name: str, even: Check, apart: Check, bits: Check) -> tuple[str, ...]:
        pairs = f"{len(apart.details['dependent'])} of {apart.details['pairs']}"
        largest = number(apart.details["largest"])
        return name, even.verdict, str(even.details["observed"]), pairs, largest, str(bits.details["observed"])


def controls() -> Controls:
    """The checks of every known hash, in the published setting.

    >>> controls().missed
    []
    """
    users = np.arange(USERS)
    return Controls(
        {
            name: (uniformity(tried, users, KEYS), independence(tried, KEYS, users), avalanche(tried, ids=IDS))
            for name, tried in HASHES.items()
        }
    )
