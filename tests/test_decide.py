"""Compiled decisions: against the reference evaluator over random items, and at every edge of the hash space."""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import accumulate, combinations
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import Decision, Evaluator, Experiment, Flag, FlagSet, decide
from ffcore.decide import compile_experiment, compile_flag, constant
from ffcore.hashing import HASH_SPACE, md5
from tests.support import reference
from tests.support.strategies import contexts, experiment_items, flag_items, user_ids

pytestmark = pytest.mark.usefixtures("quiet")
SLICES = 10
LONG = int(os.environ.get("FFCORE_EXAMPLES", "200000"))
USERS = st.lists(st.tuples(user_ids, contexts), min_size=1, max_size=8)


def outcome(decision: Decision) -> tuple[bool, str, str | None, Any]:
    """A decision as the reference states it."""
    return decision.enabled, decision.reason, decision.variant, decision.payload


def check_flag(item: dict[str, Any], users: list[tuple[str, Any]]) -> None:
    """The compiled flag and the evaluator say of every user what the reference says."""
    flag = Flag.from_item(item)
    compiled, evaluator = compile_flag(flag), Evaluator(FlagSet([flag]))
    for user_id, context in users:
        expected = reference.evaluate(item, user_id, context)

        assert expected == outcome(compiled(user_id, context))
        assert expected == outcome(evaluator.evaluate(user_id, flag.key, context))


def check_experiment(item: dict[str, Any], users: list[tuple[str, Any]]) -> None:
    """The compiled experiment and the evaluator say of every user what the reference says."""
    experiment = Experiment.from_item(item)
    compiled, evaluator = compile_experiment(experiment), Evaluator(FlagSet(experiments=[experiment]))
    for user_id, context in users:
        expected = reference.assign(item, user_id, context)

        assert expected == outcome(compiled(user_id, context))
        assert expected == outcome(evaluator.assign(user_id, experiment.key, context))


KINDS = pytest.mark.parametrize(
    ("items", "check"), [(flag_items, check_flag), (experiment_items, check_experiment)], ids=["flags", "experiments"]
)


def agree(items: st.SearchStrategy[dict[str, Any]], check: Callable[[Any, Any], None], seed: int, count: int) -> int:
    """Run a comparison on so many examples, drawn from a seed; how many ran."""
    ran = 0

    @settings(max_examples=count, derandomize=False, suppress_health_check=list(HealthCheck))
    @hypothesis.seed(seed)
    @given(items, USERS)
    def compare(item: dict[str, Any], users: list[tuple[str, Any]]) -> None:
        nonlocal ran
        check(item, users)
        ran += 1

    compare()
    return ran


@pytest.mark.slow
@KINDS
def test_decisions_are_those_of_the_reference(items: st.SearchStrategy[Any], check: Callable[[Any, Any], None]) -> None:
    """Enabled, reason, variant and payload of any flag or experiment are those of the plain specification."""
    agree(items, check, seed=0, count=1_000)


@pytest.mark.slow
@KINDS
def test_more_decisions_are_those_of_the_reference(
    items: st.SearchStrategy[Any], check: Callable[[Any, Any], None]
) -> None:
    """The same holds of a larger slice, drawn from another seed."""
    agree(items, check, seed=1, count=4_000)


@pytest.mark.long
@KINDS
@pytest.mark.parametrize("seed", range(2, 2 + SLICES))
def test_long_runs_find_no_difference(
    items: st.SearchStrategy[Any],
    check: Callable[[Any, Any], None],
    seed: int,
    record_property: Callable[[str, int], None],
) -> None:
    """FFCORE_EXAMPLES flags and experiments in all, in differently seeded slices; the run's last lines count them."""
    ran = agree(items, check, seed, count=LONG // (2 * SLICES))

    record_property("examples", ran)
    assert ran >= LONG // (2 * SLICES)


def test_everybody_gets_the_same_decision_of_a_constant() -> None:
    """A constant returns one shared object whatever it is asked."""
    decision = Decision(False, "flag_disabled")

    assert all(constant(decision)(user, context) is decision for user, context in [("a", None), ("b", {"x": 1})])


PERCENTAGES = tuple(map(Fraction, ("0.5", "1", "5", "10", "12.5", "25", "50", "99.9", "100")))
SHARES = tuple(map(Fraction, ("1/4294967296", "1/256", "1/255", "0.1", "1/3", "0.5", "4294967295/4294967296", "1")))
SPLITS = (
    "1/2 1/2",
    "1/4 1/4 1/4 1/4",
    "0.34 0.33 0.33",
    "0.1 0.2 0.7",
    "1/3 1/3 1/3",
    "0 1/256 0 255/256 0",
    "1/4294967296 4294967294/4294967296 1/4294967296",
    " ".join(["1/300"] * 300),
)


class ChosenHash:
    """Stands for MD5 where ids are numbers: the hash of ``"17:any salt"`` is 17."""

    def __init__(self, text: bytes) -> None:
        self.word = int(text.partition(b":")[0])

    def digest(self) -> bytes:
        """Sixteen bytes, of which the first four hold the chosen hash."""
        return self.word.to_bytes(4, "little") + b"\xff" * 12


@pytest.fixture
def hashing_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """Sets the digest that flags compiled from now on use; the compiled shapes of before and after stay apart."""

    def use(digest: Any) -> None:
        monkeypatch.setattr(decide, "md5", digest)
        decide._factory.cache_clear()

    yield use
    decide._factory.cache_clear()


@pytest.fixture
def chosen_hash(hashing_with: Callable[[Any], None]) -> None:
    """A user's hash is their id."""
    hashing_with(ChosenHash)


def words_around(bounds: Iterable[int]) -> list[int]:
    """Hashes below, at and above every bound, also those that share its lower bytes; all top bytes with all edges."""
    near = [word + step for word in (0, HASH_SPACE, *bounds) for step in (-1, 0, 1)]
    lower = {word % 2**24 for word in near[:36]}
    spread = [(top << 24) + rest for top in range(256) for rest in lower]
    return sorted({word for word in [*near, *spread] if 0 <= word < HASH_SPACE})


def accepted(percentage: Fraction, lift: int) -> set[int]:
    """The buckets of 10,000 that a flag turns on, for hashes that lie ``lift`` above their bucket."""
    compiled = compile_flag(Flag("new-checkout", True, percentage))
    return {bucket for bucket in range(10_000) if compiled(str(bucket + lift), None).enabled}


@pytest.mark.usefixtures("chosen_hash")
@pytest.mark.parametrize("lift", [0, 10_000 * (HASH_SPACE // 10_000 - 1)])
def test_raising_a_percentage_removes_nobody(lift: int) -> None:
    """Over all 10,000 buckets: every step of a ramp holds exactly its share, and all of every step before it."""
    ramp = [accepted(percentage, lift) for percentage in PERCENTAGES]

    assert [len(buckets) for buckets in ramp] == [percentage * 100 for percentage in PERCENTAGES]
    assert all(small < large for small, large in combinations(ramp, 2))


def test_raising_a_percentage_removes_no_real_user() -> None:
    """The same of the platform's hash, over 5,000 ids: no step of a ramp loses anybody."""
    steps = [compile_flag(Flag("new-checkout", True, percentage)) for percentage in PERCENTAGES]
    ramp = [{user for user in range(5_000) if step(f"user-{user}", None).enabled} for step in steps]

    assert all(small < large for small, large in combinations(ramp, 2))


@pytest.mark.usefixtures("chosen_hash")
@pytest.mark.parametrize("buckets", [1, 7, 100, 10_000, 2**31 + 1, HASH_SPACE - 1, HASH_SPACE])
@pytest.mark.parametrize("percentage", ["0", "0.5", "1/3", "12.5", "50", "99.9", "100"])
def test_a_rollout_ends_before_its_bound(percentage: str, buckets: int) -> None:
    """A user is in iff their bucket lies below the exact share of buckets, one below and at and above every bound."""
    share = Fraction(percentage)
    compiled = compile_flag(Flag("new-checkout", True, share, buckets=buckets))
    bound = int(share * buckets / 100)

    for word in words_around([bound, bound + 1, buckets, HASH_SPACE // buckets * buckets + bound]):
        inside = word % buckets < share * buckets / 100
        assert compiled(str(word), None).reason == ("enabled" if inside else "not_in_rollout")


@pytest.mark.usefixtures("chosen_hash")
@pytest.mark.parametrize("share", [Fraction(0), *SHARES], ids=str)
def test_traffic_ends_before_its_bound(share: Fraction) -> None:
    """A user is in the traffic iff their hash lies below the exact share of the hash space, whatever its top byte."""
    arms: Any = [{"key": "a", "allocation": 1}, {"key": "b", "allocation": 0}]
    compiled = compile_experiment(Experiment("pricing", "active", arms, share))

    for word in words_around([int(share * HASH_SPACE)]):
        inside = Fraction(word, HASH_SPACE) < share
        assert compiled(str(word), None).reason == ("assigned" if inside else "not_in_traffic")


@pytest.mark.usefixtures("chosen_hash")
@pytest.mark.parametrize("split", SPLITS, ids=[f"{len(split.split())}-arms-{i}" for i, split in enumerate(SPLITS)])
def test_a_variant_ends_where_the_next_begins(split: str) -> None:
    """Flags and experiments give the first variant whose exact cumulative share lies above the hash."""
    shares = [Fraction(share) for share in split.split()]
    arms: Any = [{"key": f"arm-{i}", "allocation": share} for i, share in enumerate(shares)]
    flag = compile_flag(Flag("new-checkout", True, 100, variants=arms))  # type: ignore[arg-type]
    experiment = compile_experiment(Experiment("pricing", "active", arms))
    uppers = [total * HASH_SPACE for total in accumulate(shares)]

    for word in words_around(map(int, uppers)):
        index = bisect_right(uppers, word)
        assert flag(str(word), None).variant == f"arm-{index}"
        assert experiment(str(word), None).variant == f"arm-{index}"


def test_each_draw_has_a_salt_of_its_own(hashing_with: Callable[[Any], None]) -> None:
    """Rollout, traffic and variant hash different texts: those that the platform hashes."""
    texts: list[bytes] = []

    def noted(text: bytes) -> Any:
        texts.append(text)
        return md5(text)

    hashing_with(noted)
    arms: Any = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]
    most, nearly_all = Fraction("99.99"), Fraction(2**32 - 1, 2**32)
    compile_flag(Flag("k", True, most, variants=arms))("u", None)
    compile_experiment(Experiment("k", "active", arms, nearly_all))("u", None)
    compile_experiment(Experiment("k", "active", arms, nearly_all, salt="s"))("u", None)

    assert texts == [b"u:k", b"u:k_variant", b"u:k_traffic", b"u:k_variant", b"u:s_traffic", b"u:s_variant"]


def test_what_no_hash_can_change_is_not_hashed(hashing_with: Callable[[Any], None]) -> None:
    """At 0 %, at 100 % and where a single variant has all the traffic no digest is made."""
    hashing_with(None)

    assert not compile_flag(Flag("k", True, Fraction(0)))("u", None).enabled
    assert compile_flag(Flag("k", True, Fraction(100)))("u", None).enabled
    arms: Any = [{"key": "none", "allocation": 0}, {"key": "all", "allocation": 1}, {"key": "no", "allocation": 0}]
    assert compile_flag(Flag("k", True, Fraction(100), variants=arms))("u", None).variant == "all"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"enabled": False, "rollout_percentage": 100}, "flag_disabled"),
        ({"enabled": True, "targeting_rules": [{"attribute": "a", "operator": "exists"}]}, "targeting_rules_not_met"),
        ({"enabled": True, "rollout_percentage": 0}, "not_in_rollout"),
    ],
)
def test_a_refusal_has_no_variant_and_no_payload(item: dict[str, Any], reason: str) -> None:
    """The first step that fails names the reason; a default variant stays on the flag."""
    arms = [{"key": "a", "allocation": 1, "payload": {"size": 1}}]
    flag = Flag.from_item({"key": "k", "default_variant": "a", "variants": arms, **item})

    assert compile_flag(flag)("u", None) == Decision(False, reason)


@pytest.mark.parametrize("status", ["draft", "paused", "completed"])
def test_only_active_experiments_assign(status: str) -> None:
    """Before it starts, while it pauses and after it ends an experiment assigns nobody."""
    arms: Any = [{"key": "a", "allocation": 1}, {"key": "b", "allocation": 0}]

    assert compile_experiment(Experiment("k", status, arms))("u", None) == Decision(False, "experiment_not_active")


def test_decisions_are_shared() -> None:
    """Users of one variant get one object, so a decision allocates nothing of its own."""
    arms: Any = [{"key": "a", "allocation": 0.5, "payload": {"size": 1}}, {"key": "b", "allocation": 0.5}]
    compiled = compile_flag(Flag("k", True, Fraction(50), variants=arms))

    assert len({id(compiled(f"user-{i}", None)) for i in range(200)}) == 3
