"""What the growth notebook concludes: decisions are right at the largest sizes, and how far their cost grows."""

from __future__ import annotations

from collections.abc import Sequence

import ffcore
from ffcore.lab.bench.display import duration, interval, ratio
from ffcore.lab.bench.growth import ATTRIBUTES, CONTEXT, FLAGS, KEY, LENGTH, RULES, SIZES, GrowthRun, flag
from ffcore.lab.verify.check import Check

from .mismatches import counted
from .results import Measure

SHORT = {FLAGS: "flags", RULES: "rules", ATTRIBUTES: "attributes", LENGTH: "id_length"}


def growth_decisions(flag_counts: Sequence[int], users: Sequence[str]) -> dict[str, Check]:
    """Compare decisions at the largest size of each dimension with each user's bucket; a proof over these users.

    >>> [check.verdict for check in growth_decisions([10], ["ann", "bob"]).values()]
    ['pass', 'pass', 'pass', 'pass']
    """
    count, wide = flag_counts[-1], {**{f"attribute-{n}": n for n in range(SIZES[ATTRIBUTES][-1])}, **CONTEXT}
    last, length = f"{KEY}-{count - 1}", SIZES[LENGTH][-1]
    many = [flag(f"{KEY}-{number}") for number in range(count)]
    long = [user + "x" * (length - len(user)) for user in users]
    return {
        f"{count:,} {FLAGS}": _check(many, last, users, {}),
        f"{SIZES[RULES][-1]:,} {RULES}": _check([flag(rules=SIZES[RULES][-1])], KEY, users, CONTEXT),
        f"{SIZES[ATTRIBUTES][-1]:,} {ATTRIBUTES}": _check([flag(rules=1)], KEY, users, wide),
        f"{length:,} {LENGTH}": _check([flag()], KEY, long, {}),
    }


def _check(flags: Sequence[ffcore.Flag], key: str, users: Sequence[str], context: dict[str, int]) -> Check:
    evaluator = ffcore.Evaluator(ffcore.FlagSet(flags), max_entries=len(flags))
    evaluator.batch_evaluate("warm-up", [one.key for one in flags], context)
    buckets = flags[0].buckets
    inside = [ffcore.hash32(user, key) % buckets < buckets // 2 for user in users]
    wrong = sum(
        evaluator.evaluate(u, key, context).enabled is not right for u, right in zip(users, inside, strict=True)
    )
    return counted(key, wrong, len(users))


def growth_measures(run: GrowthRun) -> list[Measure]:
    """The cost at the largest size over that at the smallest in each dimension; the power of growth is in the note."""
    return [_ends(run, name) for name in run.dimensions]


def _ends(run: GrowthRun, name: str) -> Measure:
    one = run.dimensions[name]
    small, large = one.sizes[0], one.sizes[-1]
    note = (
        f"{small:,}: {interval(one.cost(small), duration)}; {large:,}: {interval(one.cost(large), duration)}; "
        f"grows to the power {interval(one.slope(), ratio)}"
    )
    label = f"cost at {large:,} {name} over that at {small:,}"
    return Measure.of(f"growth_{SHORT[name]}", label, one.ratio(large), "ratio", note=note)
