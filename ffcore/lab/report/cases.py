"""What a flag set gives a notebook to judge: every rollout and every split, or faulty twins that must be caught."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import ffcore
from ffcore.lab.testing import faults
from ffcore.lab.verify.assignments import Subject

_MIN_ARMS = 2


@dataclass(frozen=True, slots=True)
class Case:
    """Something to judge; a function carries what is `expected` of it, a flag or an experiment knows by itself.

    `expected` is the enabled share for a rollout and the share of each variant for a split, as fractions of 1.
    """

    subject: Subject
    expected: object = None


def rollouts(flags: ffcore.FlagSet, fault: str = "") -> dict[str, Case]:
    """Every flag and every experiment's traffic, by name; with a fault, every flag that can show it has it instead.

    Raises ConfigError for an unknown fault, and for one that no flag of the set can show.

    >>> list(rollouts(ffcore.FlagSet([ffcore.Flag("dark-mode", enabled=True, rollout_percentage=50)])))
    ['dark-mode']
    """
    if not fault:
        return {name: Case(item) for name, item in _items(flags)}
    return _faulty({name: Case(flag, _share(flag)) for name, flag in flags.items()}, fault)


def splits(flags: ffcore.FlagSet, fault: str = "") -> dict[str, Case]:
    """Every flag and experiment that serves two variants or more, by name; with a fault as `rollouts` does it."""
    served = {name: Case(item) for name, item in _items(flags) if len(item.variants) >= _MIN_ARMS and _serves(item)}
    if not fault:
        return served
    return _faulty({name: Case(flags[name], _arms(flags[name])) for name in served if name in flags}, fault)


def _items(flags: ffcore.FlagSet) -> Iterator[tuple[str, ffcore.Flag | ffcore.Experiment]]:
    yield from flags.items()
    for name, experiment in flags.experiments.items():
        yield f"experiment {name}", experiment


def _serves(item: ffcore.Flag | ffcore.Experiment) -> bool:
    if isinstance(item, ffcore.Flag):
        return item.enabled and item.rollout_percentage > 0
    return item.status == "active" and item.traffic_allocation > 0


def _share(flag: ffcore.Flag) -> Fraction:
    return flag.rollout_percentage / 100 if flag.enabled else Fraction(0)


def _arms(flag: ffcore.Flag) -> dict[str, Fraction]:
    return {variant.key: variant.allocation for variant in flag.variants}


def _faulty(cases: Mapping[str, Case], fault: str) -> dict[str, Case]:
    """Give the fault to the flags that can show it; a flag that is off is one rolled out to nobody."""
    broken: dict[str, Case] = {}
    for name, case in cases.items():
        try:
            broken[name] = replace(case, subject=faults.assign(fault, _as_served(case.subject)))
        except ffcore.ConfigError:
            if fault not in faults.NAMES:
                raise
    if not broken:
        raise ffcore.ConfigError([("fault", f"no flag of this set can show {fault}")])
    return broken


def _as_served(flag: Subject) -> ffcore.Flag:
    assert isinstance(flag, ffcore.Flag)  # noqa: S101 (cases of faults are flags)
    return flag if flag.enabled else replace(flag, rollout_percentage=Fraction(0))
