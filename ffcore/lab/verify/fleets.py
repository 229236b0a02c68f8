"""The fleet check: thousands of checks judged together, and whether their p-values look right as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ffcore.errors import ConfigError, shown
from ffcore.lab.verify.check import VERDICTS, Check, Verdict
from ffcore.lab.verify.counts import check_fractions
from ffcore.lab.verify.display import p_text, percent, reason, violation
from ffcore.lab.verify.p_values import LARGE, SMALL, Whole, adjusted, as_a_whole, randomize
from ffcore.lab.verify.power import INTERVAL_LEVEL, wilson
from ffcore.lab.verify.shares import LARGEST_ALPHA, WATCH_BELOW

NAME = "fleet"
PROOF, P_VALUE, E_VALUE = "proof", "p-value", "e-value"
#: How many names a sentence lists, and how many points of the sorted p-values the details hold.
MOST_NAMED, MOST_POINTS = 3, 1_000
BELOW, ABOVE = f"p below {SMALL:g}", f"p above {LARGE:g}"


@dataclass(frozen=True, slots=True)
class Member:
    """One check of a fleet: what its evidence is, and whether it stands out.

    Attributes:
        name: Its name in the fleet.
        check: The check.
        kind: The evidence: ``proof``, ``p-value``, or ``e-value`` (a check that may be looked at any time).
        p_value: Its p-value; an e-value's reciprocal; None for a proof.
        adjusted: The smallest false discovery rate at which it stands out; 0 for what is proven wrong.
        stands_out: Whether it is a finding.
    """

    name: str
    check: Check
    kind: str
    p_value: float | None
    adjusted: float = 1.0
    stands_out: bool = False

    @property
    def settled(self) -> bool:
        """Whether it is shown to be right: by itself, or equivalent, and its p-value one that a fleet has by chance."""
        if self.check.verdict == "pass":
            return True
        p_value = self.check.p_value
        by_chance = not self.stands_out and p_value is not None and p_value < WATCH_BELOW
        return by_chance and bool(self.check.details.get("equivalent"))


def fleet(checks: Mapping[str, Check] | Sequence[Check], fdr: float = 0.01, alpha: float = 0.001) -> Check:
    """Many checks at once: which are wrong, and whether all of them together look right.

    Fail: a check that violates a proof, one that stands out at the false discovery rate, or p-values that are too small
    or too good as a whole. Pass: none of these, and every check shown to be right; single checks below their own alarm
    rate, of which thousands always have some, do not count if they are inside their margin and do not stand out.
    Inconclusive otherwise; ``n_needed`` would settle the check that needs most.

    P-values stand out by Benjamini and Hochberg. E-values of running checks do by e-BH (Wang and Ramdas, JRSS B 84,
    2022), which holds whatever their dependence and whenever one looks; an e-value that crossed its threshold counts
    as it was then. Both at once share the rate in proportion to their numbers. The second level has six tests at a
    sixth of ``alpha`` each: share beyond 0.05 (exact binomial), distance from uniform (Kolmogorov and Smirnov) and sum
    of chi-squares, each for p-values that are too small and for ones that are too good, on all that do not stand out
    by themselves. So with nothing wrong a fleet of independent checks fails with a probability of at most ``fdr`` by a
    finding, and ``alpha`` as a whole.

    Args:
        checks: By name, or in a row; of equal names in a row the later ones are numbered.
        fdr: The expected share of false findings among all findings.
        alpha: The alarm rate of the second level.

    Returns:
        A Check over ``n`` checks; ``p_value`` is that of the second level. ``details`` has ``findings`` (the surest
        first), ``verdicts``, ``by_chance`` (failed alone, but expected in a fleet), ``open`` and ``whole``.

    Raises:
        ConfigError: No checks, something that is no Check, rates that are none.

    >>> from ffcore.lab.verify import sample_ratio
    >>> users = np.random.default_rng(0).binomial(100_000, 0.5, 40)
    >>> fair = {f"flag {at}": sample_ratio([on, 100_000 - on], [0.5, 0.5]) for at, on in enumerate(users)}
    >>> fleet({**fair, "broken": sample_ratio([51_000, 49_000], [0.5, 0.5])}).details["reason"]
    '1 of 41 checks stands out (false discovery rate 1 %): broken'
    """
    check_fractions(NAME, fdr=(fdr, LARGEST_ALPHA), alpha=(alpha, LARGEST_ALPHA))
    members = judged(read_checks(checks), fdr)
    whole = second_level(members)
    findings = sorted((member for member in members if member.stands_out), key=lambda member: member.adjusted)
    unsettled = [member for member in members if not member.stands_out and not member.settled]
    verdict = conclude(findings, whole, unsettled, alpha)
    needed = [member.check.n_needed for member in unsettled if member.check.n_needed]
    expected = {BELOW: SMALL, ABOVE: 1 - LARGE}
    shares = {name: pair for name, pair in zip(expected, (whole.small, whole.large), strict=True) if pair[1]}
    return Check(
        name=NAME,
        verdict=verdict,
        statistic=whole.statistic,
        p_value=whole.p_value,
        estimate={name: count / tries for name, (count, tries) in shares.items()},
        interval={name: wilson(count, tries) for name, (count, tries) in shares.items()},
        n=len(members),
        n_needed=max(needed, default=None) if verdict == "inconclusive" else None,
        alpha=alpha,
        details={
            "expected": {name: expected[name] for name in shares},
            "interval_level": INTERVAL_LEVEL,
            "fdr": fdr,
            "figure": NAME,
            "reason": sentence(members, findings, whole, (fdr, alpha)),
            **describe(members, findings, unsettled),
            "whole": {"tests": whole.tests, "direction": whole.direction, "p_value": whole.p_value},
            "watch": alpha <= whole.p_value < WATCH_BELOW,
        },
    )


def read_checks(checks: Mapping[str, Check] | Sequence[Check]) -> dict[str, Check]:
    """The checks by name."""
    if isinstance(checks, str | Check) or not isinstance(checks, Iterable):
        raise ConfigError([("checks", f"expected checks by name or in a row, got {shown(checks)}")], source=NAME)
    pairs: list[tuple[Any, Any]] = list(checks.items() if isinstance(checks, Mapping) else enumerate(checks))
    problems = [
        (f"checks[{shown(key)}]", f"expected a Check, got {shown(check)}")
        for key, check in pairs
        if not isinstance(check, Check)
    ]
    if not pairs:
        problems = [("checks", "there are none")]
    if problems:
        raise ConfigError(problems, source=NAME)
    if isinstance(checks, Mapping):
        return {str(name): check for name, check in pairs}
    seen: Counter[str] = Counter()
    named: dict[str, Check] = {}
    for _, check in pairs:
        seen[check.name] += 1
        named[check.name if seen[check.name] == 1 else f"{check.name} ({seen[check.name]})"] = check
    return named


def judged(checks: Mapping[str, Check], fdr: float) -> list[Member]:
    """The members of a fleet, each judged among its like."""
    found = {name: evidence(check) for name, check in checks.items()}
    rates = {**stand_out(found, P_VALUE, fdr), **stand_out(found, E_VALUE, fdr)}
    members = []
    for name, check in checks.items():
        kind, p_value = found[name]
        rate, stands_out = (0.0, True) if wrong_by_proof(check) else rates.get(name, (1.0, False))
        members.append(Member(name, check, kind, p_value, rate, stands_out))
    return members


def stand_out(found: Mapping[str, tuple[str, float | None]], kind: str, fdr: float) -> dict[str, tuple[float, bool]]:
    """For each check of one kind of evidence, the rate at which it stands out, and whether it does at the kind's part.

    Benjamini and Hochberg on reciprocals of e-values is e-BH.
    """
    tested = [name for name, (_, p_value) in found.items() if p_value is not None]
    names = [name for name in tested if found[name][0] == kind]
    rates = adjusted(np.array([found[name][1] for name in names], dtype=float))
    level = fdr * len(names) / max(1, len(tested))
    return {name: (rate, rate <= level) for name, rate in zip(names, rates.tolist(), strict=True)}


def evidence(check: Check) -> tuple[str, float | None]:
    """What a check rests on, and its p-value: for an e-value its reciprocal, as it was at the first crossing.

    >>> evidence(Check("demo", "inconclusive", p_value=0.2)), evidence(Check("demo", "pass"))
    (('p-value', 0.2), ('proof', None))
    """
    path = check.details.get("path")
    if "log10_e" not in check.details or not isinstance(path, Mapping):
        return (PROOF, None) if check.p_value is None else (P_VALUE, check.p_value)
    logs, crossing = path["log10_e"], check.details.get("crossing")
    at = path["look"].index(crossing["look"]) if crossing else -1
    return E_VALUE, min(1.0, 10.0 ** -(logs[at] if logs else 0.0))


def wrong_by_proof(check: Check) -> bool:
    """Whether a check failed by something that must never be, whatever its p-value.

    >>> from ffcore.lab.verify import sample_ratio
    >>> wrong_by_proof(sample_ratio([50, 50, 1], [0.5, 0.5, 0])), wrong_by_proof(sample_ratio([900, 100], [0.5, 0.5]))
    (True, False)
    """
    if check.verdict != "fail":
        return False
    return check.p_value is None or check.p_value >= check.alpha or bool(violation(check.details))


def second_level(members: Sequence[Member]) -> Whole:
    """The tests of all p-values together that do not stand out by themselves: is the rest as it should be?

    A randomized p-value takes the place of a check's own where there is one, scaled to the range that the findings
    leave. A check whose randomized p-value lies below that range, though its own does not, is left out.
    """
    tested = [member for member in members if member.kind == P_VALUE]
    rest = [member for member in tested if not member.stands_out]
    cut = max((member.p_value or 0.0 for member in tested if member.stands_out and member.adjusted), default=0.0)
    own = np.array([member.p_value for member in rest], dtype=float)
    uniform = (randomize([member.name for member in rest], [member.check for member in rest]) - cut) / (1 - cut)
    left = ~(uniform <= 0)
    own, uniform = own[left], uniform[left]
    known = ~np.isnan(uniform)
    return as_a_whole(np.where(known, uniform, own), uniform[known])


def conclude(findings: Sequence[Member], whole: Whole, unsettled: Sequence[Member], alpha: float) -> Verdict:
    """The verdict on a fleet."""
    if findings or whole.p_value < alpha:
        return "fail"
    return "inconclusive" if unsettled or whole.p_value < WATCH_BELOW else "pass"


def describe(members: Sequence[Member], findings: Sequence[Member], unsettled: Sequence[Member]) -> dict[str, Any]:
    """What the details of a fleet hold about its members."""
    verdicts = Counter(member.check.verdict for member in members)
    by_need = sorted(unsettled, key=lambda member: -(member.check.n_needed or 0))
    return {
        "verdicts": {verdict: verdicts[verdict] for verdict in VERDICTS},
        "evidence": dict(Counter(member.kind for member in members)),
        "findings": [row(member) for member in findings],
        "by_chance": [member.name for member in members if member.check.verdict == "fail" and not member.stands_out],
        "open": [{"name": member.name, "n_needed": member.check.n_needed} for member in by_need],
        "sorted": points([member for member in members if member.p_value is not None]),
    }


def row(member: Member) -> dict[str, Any]:
    """A finding."""
    proven = wrong_by_proof(member.check)
    return {
        "name": member.name,
        "evidence": PROOF if proven else member.kind,
        "p_value": None if proven else member.p_value,
        "adjusted": None if proven else member.adjusted,
        "n": member.check.n,
        "reason": reason(member.check),
    }


def points(members: Sequence[Member]) -> dict[str, list[Any]]:
    """The sorted p-values with their ranks, the smallest all, of thousands the rest thinned; and which stand out."""
    order = sorted(members, key=lambda member: (member.p_value or 0.0, not member.stands_out))
    if not order:
        return {"rank": [], "p_value": [], "stands_out": []}
    ranks = np.unique(
        np.r_[: min(len(order), MOST_POINTS // 2), np.linspace(0, len(order) - 1, MOST_POINTS // 2)].astype(int)
    )
    kept = [(rank + 1, order[rank]) for rank in ranks.tolist()]
    return {
        "rank": [rank for rank, _ in kept],
        "p_value": [member.p_value for _, member in kept],
        "stands_out": [member.stands_out for _, member in kept],
    }


def sentence(members: Sequence[Member], findings: Sequence[Member], whole: Whole, rates: tuple[float, float]) -> str:
    """Why the verdict on a fleet is what it is."""
    fdr, alpha = rates
    said = []
    if findings:
        stand = "stands" if len(findings) == 1 else "stand"
        names = ", ".join(member.name for member in findings[:MOST_NAMED])
        more = f" and {len(findings) - MOST_NAMED:,} more" if len(findings) > MOST_NAMED else ""
        counted = f"{len(findings):,} of {len(members):,} checks {stand} out"
        said.append(f"{counted} (false discovery rate {percent(fdr)}): {names}{more}")
    if whole.p_value < WATCH_BELOW:
        said.append(f"p-values as a whole are {whole.direction} ({whole.words}): p {p_text(whole.p_value)}")
    unsettled = sum(not (member.stands_out or member.settled) for member in members)
    if unsettled and not findings and whole.p_value >= alpha:
        said.append(f"{unsettled:,} of {len(members):,} checks are not settled")
    return "; ".join(said) or f"none of {len(members):,} checks stands out, and all are shown to be right"
