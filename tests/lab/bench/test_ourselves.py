"""Our own side of a comparison."""

import hashlib

from ffcore.lab.bench.contender import BATCH, KEYS, NAMES, ROLLOUT, Call
from ffcore.lab.bench.ourselves import flag_items, ourselves


def test_calls_go_through_the_cache() -> None:
    """Calls by key and by handle count as hits: the check of the time to live and the statistics are on."""
    ours = ourselves()[0]
    evaluator, before = ours.names["ev"], ours.names["ev"].stats()
    call = ours.calls[ROLLOUT]
    assert isinstance(call, Call)

    eval(call.expression, {**ours.namespace(ROLLOUT, ["ann"]), "user": "ann"})  # noqa: S307

    assert evaluator.stats().hits == before.hits + 1
    assert evaluator.stats().misses == before.misses


def test_the_batch_asks_for_all_ten() -> None:
    """One call decides all ten flags."""
    ours = ourselves()[0]
    call = ours.calls[BATCH]
    assert isinstance(call, Call)

    decisions = eval(call.expression, {**ours.namespace(BATCH, ["ann"]), "user": "ann"})  # noqa: S307

    assert tuple(decisions) == KEYS


def test_the_floor_is_one_bare_hash() -> None:
    """The yardstick is the first word of the digest, the same on every workload."""
    floor = ourselves()[2]
    calls = set(floor.calls.values())
    (call,) = calls
    assert isinstance(call, Call)

    value = eval(call.expression, {**floor.names, "user": "ann"})  # noqa: S307

    assert value == int.from_bytes(hashlib.md5(b"ann:half-1").digest()[:4], "little")  # noqa: S324
    assert set(floor.calls) == set(NAMES)


def test_copies_of_the_flags_have_keys_of_their_own() -> None:
    """Sets of flags can be joined without a clash."""
    keys = {item["key"] for copy in ("", "-1", "-2") for item in flag_items(copy)}

    assert len(keys) == 30
