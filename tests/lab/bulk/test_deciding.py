"""Parts decided: bounds of rollouts, traffic and variants to the very hash."""

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ffcore import Evaluator, Experiment, Flag, FlagSet, hash32
from ffcore.lab.bulk.deciding import Part, decide
from ffcore.lab.bulk.kernels import refuse
from ffcore.lab.bulk.plan import plan

IDS = [f"user-{number}" for number in range(300)]


def check(item: Flag | Experiment) -> None:
    """The numbered decisions of a part are the evaluator's."""
    one = plan(item)
    flags = FlagSet([item]) if isinstance(item, Flag) else FlagSet(experiments=[item])
    evaluator = Evaluator(flags)
    ask = evaluator.evaluate if isinstance(item, Flag) else evaluator.assign
    found, _ = decide([one], Part(0, pa.array(IDS), {}))

    assert [one.decisions[code] for code in found[0]] == [ask(user_id, item.key) for user_id in IDS]


@pytest.mark.parametrize("buckets", [1, 7, 100, 10_000, 2**16, 2**31 + 1, 2**32 - 1, 2**32])
@pytest.mark.parametrize("step", [0, 1])
def test_a_rollout_ends_at_its_bucket(buckets: int, step: int) -> None:
    """At every resolution a rollout up to a user's own bucket leaves the user out, and one more takes the user in."""
    accepted = min(hash32(IDS[0], "x") % buckets + step, buckets)

    check(Flag("x", True, Fraction(accepted * 100, buckets), buckets=buckets))


@pytest.mark.parametrize("step", [0, 1])
def test_traffic_and_variants_end_at_their_hash(step: int) -> None:
    """A share up to a user's own hash leaves the user out, and the next hash takes the user in."""
    share = Fraction(hash32(IDS[0], "x_variant") + step, 2**32)
    arms: Any = [{"key": "a", "allocation": share}, {"key": "b", "allocation": 1 - share}]

    check(Experiment("x", "active", arms, Fraction(hash32(IDS[0], "x_traffic") + step, 2**32)))
    check(Flag("x", True, Fraction(100), variants=arms))


@pytest.mark.parametrize(
    "shares", [(0, 1, 0), (0, 0, 1), (1, 0), (0, "1/2", 0, "1/2", 0), *([f"1/{n}"] * n for n in (3, 200, 1000))]
)
def test_any_number_of_arms(shares: Any) -> None:
    """Arms of no share are nobody's, wherever they stand; up to a thousand arms."""
    arms: Any = [{"key": f"arm-{at}", "allocation": share} for at, share in enumerate(shares)]

    check(Flag("x", True, Fraction(90), variants=arms))


def test_invalid_rows_are_placed_in_their_frame() -> None:
    """Null and blank ids come before any other reason, and their rows count from the frame's start."""
    plans = [plan(Flag("off")), plan(Flag("x", True, Fraction(100)))]

    found, wrong = decide(plans, Part(1_000, pa.array(["a", None, " "]), {}))

    assert wrong.tolist() == [1_001, 1_002]
    assert [[one.decisions[code].reason for code in codes] for one, codes in zip(plans, found, strict=True)] == [
        ["flag_disabled", "invalid_user_id", "invalid_user_id"],
        ["enabled", "invalid_user_id", "invalid_user_id"],
    ]


def test_keys_that_share_a_salt() -> None:
    """A flag whose key is another's salt."""
    arms: Any = [{"key": "a", "allocation": "1/2"}, {"key": "b", "allocation": "1/2"}]
    first, second = Flag("x", True, Fraction(100), variants=arms), Flag("x_variant", True, Fraction(30))
    found, _ = decide([plan(first), plan(second)], Part(0, pa.array(IDS), {}))
    alone = [decide([plan(item)], Part(0, pa.array(IDS), {}))[0][0] for item in (first, second)]

    assert [codes.tolist() for codes in found] == [codes.tolist() for codes in alone]


@pytest.mark.parametrize("buckets", [1, 2, 3, 7, 49, 100, 10_000, 65_537, 2**31 - 1, 2**31 + 1, 2**32 - 1])
def test_remainders_are_exact(buckets: int) -> None:
    """On either side of every kind of multiple, small, large and random, a hash falls into its own bucket."""
    multiples = np.unique(np.random.default_rng(3).integers(0, 2**32 // buckets, 20_000, endpoint=True)) * buckets
    near = np.concatenate([multiples - 1, multiples, multiples + 1, [0, 2**32 - 1]])
    words = near[(near >= 0) & (near < 2**32)].astype(np.uint32)
    for accepted in {1, (buckets + 1) // 2, buckets - 1} - {0}:
        codes = np.zeros(words.size, dtype=np.int16)

        refuse(words, np.uint32(buckets), np.uint32(accepted), 9, codes)

        assert np.array_equal(codes == 9, words.astype(np.int64) % buckets >= accepted)
