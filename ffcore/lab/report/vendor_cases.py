"""What the notebook on other vendors' bucketing judges: rollouts at 50 %, one path against the other, and speed."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError
from ffcore.hashing import hash32
from ffcore.lab import schemes
from ffcore.lab.bench.display import interval
from ffcore.lab.bench.estimate import Estimate, paired_ratio
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.primitives.hashes import crc32
from ffcore.lab.schemes.assignments import Assignment, Plan, on_off
from ffcore.lab.schemes.draws import Hashed
from ffcore.lab.schemes.edges import below
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.verify.assignments import vectorized
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.correlation import Known, Rollouts, correlation

from . import tables
from .mismatches import counted
from .results import Measure

Ids = NDArray[Any]
HALF = 50
#: The platform's own hash, against which the speed of the others is told.
OURS = "seed_platform"
#: Keys with letters in a row, and keys of words: some hashes fail on the former, some on the latter.
KEYS = (
    *(f"flag-{letter}" for letter in "abcdefgh"),
    *("checkout", "search", "pricing", "banner", "onboarding", "dark-mode", "recommendations", "new-nav"),
)
FAULTS = ("split_legacy", "growthbook_v1", "squared", "utf8")
#: Users whose ids no two encodings spell alike: what tells the scalar path from the bulk path.
ODD = ("", " ", "é", "e\u0301", "\N{GRINNING FACE}", "漢字", "user\n1", "0" * 64, "ß" * 70, "null", "007")
ASCII_ALONE = ("planout",)
PUBLISHED = 60_000


@dataclass(frozen=True, slots=True)
class Case:
    """A scheme's rollouts: ``rollout(percentage, key)`` makes an assignment function."""

    rollout: Callable[[float, str], Any]
    known: Known = "independent"


def _of(name: str, version: int | None = None, **settings: Any) -> Callable[[float, str], Assignment]:
    scheme = schemes.get(name, version=version, **settings)
    return lambda percentage, key: scheme.rollout(percentage, key=key)


def _split(version: int) -> Callable[[float, str], Assignment]:
    """Split hashes no flag's name; a flag's seed is drawn when the flag is made."""
    scheme = schemes.get("split", version=version)
    return lambda percentage, key: scheme.rollout(percentage, key=key, seed=hash32(key, "seed") >> 1)


def _flipt_variants(percentage: float, key: str) -> Any:
    chosen = schemes.get("flipt").variants({"on": percentage, "off": 100 - percentage}, key=key)
    return vectorized(lambda ids, flag: np.asarray(chosen(ids), dtype=object) == "on")


def _flipper(percentage: float, key: str) -> Assignment:
    """Flipper's actors; its formula was read in its source, not compared with its client."""

    def plan(flag: str) -> Plan:
        draw = Hashed(crc32, prefix=flag, reduce=modulo(100_000), span=(0, 100_000))
        return on_off(draw, below(percentage * 1_000))

    return Assignment(key, plan)


SPECIAL = {
    "growthbook v1": Case(_of("growthbook", 1), "correlated"),
    "growthbook v2": Case(_of("growthbook", 2)),
    "split murmur": Case(_split(2)),
    "split legacy": Case(_split(1), "correlated"),
    "flipt boolean": Case(_of("flipt"), "borderline"),
    "flipt variants": Case(_flipt_variants, "correlated"),
    "flipper": Case(_flipper, "correlated"),
    "mixpanel": Case(_of("mixpanel"), "correlated"),
    "go_feature_flag": Case(_of("go_feature_flag"), "correlated"),
    "harness_ff": Case(_of("harness_ff"), "correlated"),
    "seed_platform operator": Case(_of("seed_platform", path="operator"), "correlated"),
}


def cases(fault: str = "") -> dict[str, Case]:
    """Every scheme by name, in a faulty version where a fault says so; ConfigError gives the nearest fault.

    >>> len(cases())
    30
    """
    if fault and fault not in FAULTS:
        raise ConfigError.unknown("fault", fault, FAULTS)
    covered = {name.split()[0] for name in SPECIAL} - {OURS}
    found = {name: Case(_of(name)) for name in schemes.NAMES if name not in covered} | SPECIAL
    if fault == "split_legacy":
        found["split murmur"] = Case(_split(1))
    elif fault == "growthbook_v1":
        found["growthbook v2"] = Case(_of("growthbook", 1))
    return found


def correlated(ids: Ids, fault: str = "") -> Check:
    """Which schemes give two flags the same users, over sixteen flags at 50 %."""
    users = id_array(ids)
    rollouts = {
        name: Rollouts(np.array([case.rollout(HALF, key)(users, key) for key in KEYS], dtype=bool), case.known)
        for name, case in cases(fault).items()
    }
    return correlation(rollouts)


def wrongly_known(check: Check) -> Measure:
    """The key figure: schemes that are shown to be the opposite of what they are known as.

    >>> from ffcore.lab.verify.correlation import correlation
    >>> wrongly_known(correlation({})).value
    0
    """
    shown, known = check.details["shown"], check.details["known"]
    wrong = [name for name in known if known[name] != "borderline" and shown[name] not in (known[name], "open")]
    estimate = Estimate(len(wrong), None, None, len(known))
    judged = {"verdict": check.verdict, "basis": "checks"}
    return Measure.of(
        "wrongly_known", "schemes that are not as known", estimate, "schemes", note=", ".join(wrong), **judged
    )


def numbered(count: int = PUBLISHED) -> Ids:
    """The published users: user_0, user_1 and so on.

    >>> numbered(2).tolist()
    ['user_0', 'user_1']
    """
    return np.array([f"user_{number}" for number in range(count)], dtype=object)


def one_by_one(ids: Ids, fault: str = "") -> Check:
    """Whether each scheme gives each id the same one by one and in bulk: a proof over these ids and odd ones."""
    mismatches, answers = {}, 0
    for name, case in cases().items():
        assign, bulk = case.rollout(HALF, "checkout"), case.rollout(HALF, "checkout")
        if fault == "utf8" and name == "growthbook v1":
            bulk = _of("growthbook", 1, encoding="utf-8")(HALF, "checkout")
        asked = [user for user in (*ODD, *ids.tolist()) if user.isascii() or name not in ASCII_ALONE]
        many = np.asarray(bulk(np.array(asked, dtype=object), "checkout"), dtype=bool)
        alone = [_alone(assign, user) for user in asked]
        mismatches[name] = int((many != np.array(alone, dtype=bool)).sum())
        answers += len(asked)
    total, worst = sum(mismatches.values()), max(mismatches, key=mismatches.__getitem__)
    reason = f"{total:,} of {answers:,} answers differ, most of {worst}" if total else "no answer differs"
    return counted("one by one", total, answers, by_scheme=mismatches, reason=reason)


def _alone(assign: Any, user: str) -> bool:
    return bool(assign(user, "checkout") if isinstance(assign, Assignment) else assign(np.array([user]), "checkout")[0])


def guided(fault: str = "") -> Any:
    """The rollout of the guide: GrowthBook's, of 25 %; or one whose client compares the coverage twice."""
    scheme = schemes.get("growthbook", version=2)
    assign = scheme.rollout(25, key="new-checkout")
    if fault != "squared":
        return assign
    again = scheme.rollout(25, key="new-checkout-again")
    return vectorized(lambda ids, key: assign(ids) & again(ids))


@dataclass(frozen=True, slots=True)
class Speeds:
    """Time of each scheme over that of the platform's own hash, and ids a second; notebooks show a table."""

    ratios: dict[str, Estimate]
    rates: dict[str, float]

    def _repr_html_(self) -> str:
        order = sorted(self.ratios, key=lambda name: self.ratios[name].value or 0.0)
        rows = [(name, interval(self.ratios[name], "{:.2f}".format), f"{self.rates[name] / 1e6:.1f}") for name in order]
        return tables.grid(("scheme", "time over the platform's hash", "million ids a second"), rows)

    def slowest(self) -> Measure:
        """The key figure: the slowest scheme's time over that of the platform's hash."""
        name = max(self.ratios, key=lambda name: self.ratios[name].value or 0.0)
        label = "slowest scheme's time in bulk over the platform's hash"
        return Measure.of("slowest_scheme", label, self.ratios[name], "ratio", note=name)


def speeds(ids: Ids, rounds: int) -> Speeds:
    """Each scheme's rollout of one flag over all ids, in rounds that time the platform's own first."""
    users = id_array(ids)
    assigns = {name: case.rollout(HALF, "checkout") for name, case in cases().items()}
    times: dict[str, list[float]] = {name: [] for name in sorted(assigns, key=lambda name: name != OURS)}
    for assign in assigns.values():
        assign(users, "checkout")  # the first call compiles
    for _ in range(rounds):
        for name, found in times.items():
            found.append(_seconds(assigns[name], users))
    ratios = {name: paired_ratio(found, times[OURS]) for name, found in times.items() if name != OURS}
    return Speeds(ratios, {name: len(ids) / float(np.median(found)) for name, found in times.items()})


def _seconds(assign: Any, ids: Any) -> float:
    started = perf_counter()
    assign(ids, "checkout")
    return perf_counter() - started
