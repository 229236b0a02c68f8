"""The evaluator: what callers may pass, what they get back, and what trackers and handles see of it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from ffcore import ConfigError, Decision, Evaluator, Experiment, Flag, FlagSet
from tests.support.doubles import Clock, Store, switched_on

ARMS = [{"key": "control", "allocation": "1/2", "payload": {"size": 1}}, {"key": "treatment", "allocation": "1/2"}]
EXPERIMENT = Experiment.from_item({"key": "k", "status": "active", "variants": ARMS, "experiment_id": "e-1"})
FLAG = Flag.from_item({"key": "k", "enabled": True, "rollout_percentage": 50, "flag_id": "f-1"})
CALLS: dict[str, Callable[[Evaluator, Any], object]] = {
    "evaluate": lambda ev, user: ev.evaluate(user, "k"),
    "evaluate-unknown": lambda ev, user: ev.evaluate(user, "unknown"),
    "batch": lambda ev, user: ev.batch_evaluate(user, ["k"]),
    "empty-batch": lambda ev, user: ev.batch_evaluate(user, []),
    "assign": lambda ev, user: ev.assign(user, "k"),
    "handle": lambda ev, user: ev.flag("k")(user),
    "trace": lambda ev, user: ev.trace(user, "k"),
}

Told = tuple[str, str, str | None, Decision, Mapping[str, Any] | None]


def evaluator(**settings: Any) -> Evaluator:
    """An evaluator over a flag and an experiment with one key."""
    return Evaluator(FlagSet([FLAG], [EXPERIMENT]), **settings)


def told_by(source: FlagSet | Store, use: Callable[[Evaluator], object]) -> list[Told]:
    """What a tracker is told while ``use`` runs."""
    told: list[Told] = []
    use(Evaluator(source, tracker=lambda *event: told.append(event)))
    return told


@pytest.mark.parametrize("cached", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("user_id", [None, 7, b"user-1", 1.5, ["user-1"]], ids=repr)
def test_an_id_that_is_no_text_is_a_type_error(
    user_id: Any, call: Callable[[Evaluator, Any], object], cached: bool
) -> None:
    """Every entrance refuses it and says what it expected, whether the flag is cached or not."""
    ev = evaluator()
    if cached:
        call(ev, "user-1")

    with pytest.raises(TypeError, match=r"^user_id: expected text, got "):
        call(ev, user_id)


@pytest.mark.parametrize("cached", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("user_id", ["", "  ", "\u3000", "\n\t"], ids=ascii)
def test_a_blank_id_is_a_value_error(user_id: str, call: Callable[[Evaluator, Any], object], cached: bool) -> None:
    """Every entrance refuses an id of nothing but white space, that of other alphabets too."""
    ev = evaluator()
    if cached:
        call(ev, "user-1")

    with pytest.raises(ValueError, match=r"^user_id: expected text that is not blank, got "):
        call(ev, user_id)


@pytest.mark.parametrize("user_id", [None, ""])
def test_a_refused_id_is_no_look_up(user_id: Any) -> None:
    """The store is not asked, nothing is counted and no tracker is told on behalf of nobody."""
    told: list[Any] = []
    store = Store(switched_on("k"))
    ev = Evaluator(store, tracker=lambda *event: told.append(event))
    for call in CALLS.values():
        with pytest.raises((TypeError, ValueError)):
            call(ev, user_id)

    assert (store.calls, told, ev.stats().misses) == ([], [], 0)


def test_text_of_another_class_is_text() -> None:
    """A subclass of str is decided as the text it holds."""

    class Name(str):
        __slots__ = ()

    ev = evaluator()
    users = [f"user-{i}" for i in range(50)]

    assert [ev.evaluate(Name(user), "k") for user in users] == [ev.evaluate(user, "k") for user in users]


@pytest.mark.parametrize("call", [lambda ev: ev.evaluate("u", ["k"]), lambda ev: ev.batch_evaluate("u", [["k"]])])
def test_a_key_that_cannot_be_one_is_a_type_error(call: Callable[[Evaluator], object]) -> None:
    """An unhashable key is named as such; the evaluator goes on working."""
    ev = evaluator()

    with pytest.raises(TypeError, match=r"unhashable|expected text"):
        call(ev)
    assert ev.evaluate("user-1", "k").reason in {"enabled", "not_in_rollout"}


@pytest.mark.parametrize("key", [None, 5, b"k", (), ("k",), ("x", "y", "z")], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda ev, key: ev.evaluate("u", key),
        lambda ev, key: ev.flag(key)("u"),
        lambda ev, key: ev.batch_evaluate("u", ["k", key]),
        lambda ev, key: ev.assign("u", key),
    ],
    ids=["evaluate", "handle", "batch", "assign"],
)
def test_a_key_that_is_no_text_is_a_type_error(call: Callable[[Evaluator, Any], object], key: Any) -> None:
    """It is the caller's mistake, not the store's: nothing is asked, counted or decided."""
    store = Store(FlagSet([FLAG], [EXPERIMENT]))
    ev = Evaluator(store)

    with pytest.raises(TypeError, match=r"^key: expected text, got "):
        call(ev, key)
    assert (store.calls, ev.stats().misses, ev.stats().errors) == ([], 0, 0)


def test_a_batch_of_one_text_is_a_type_error() -> None:
    """A key given in place of several would be taken letter by letter."""
    with pytest.raises(TypeError, match=r"^flag_keys: expected several keys, got the text 'dark-mode'"):
        evaluator().batch_evaluate("user-1", "dark-mode")


@pytest.mark.parametrize("several", [list, tuple, iter, dict.fromkeys])
def test_a_batch_takes_any_iterable_and_answers_each_key_once(several: Callable[[Any], Any]) -> None:
    """Lists, tuples, generators and dicts of keys are one; decisions come in the order first asked."""
    keys = ["b", "unknown", "a", "b", "a"]
    ev = Evaluator(switched_on("a", "b"))
    for _ in range(2):
        found = ev.batch_evaluate("user-1", several(keys))

        assert [(key, decision.reason) for key, decision in found.items()] == [
            ("b", "enabled"),
            ("unknown", "flag_not_found"),
            ("a", "enabled"),
        ]


def test_an_empty_batch_asks_nothing() -> None:
    """No keys, no decisions, no call of the store."""
    store = Store()

    assert Evaluator(store).batch_evaluate("user-1", []) == {}
    assert store.calls == []


def test_a_batch_decides_as_single_calls_do() -> None:
    """One call for many flags gives what as many calls give, contexts included."""
    rules = [{"attribute": "country", "operator": "equals", "value": "NO"}]
    items = [{"key": f"f{i}", "enabled": True, "rollout_percentage": i * 10, "variants": ARMS} for i in range(11)]
    ev = Evaluator(FlagSet.from_items([*items, {**items[7], "key": "no", "targeting_rules": rules}]))
    keys = [*(f"f{i}" for i in range(11)), "no"]
    for context in (None, {}, {"country": "NO"}, {"country": "SE"}, MappingProxyType({"country": "NO"})):
        for i in range(30):
            single = {key: ev.evaluate(f"user-{i}", key, context) for key in keys}
            assert ev.batch_evaluate(f"user-{i}", keys, context) == single


def test_a_flag_and_an_experiment_share_a_key() -> None:
    """Each is decided as itself, is cached as itself, and is fetched by a call of its own."""
    store = Store(FlagSet([FLAG], [EXPERIMENT]))
    ev = Evaluator(store)
    for _ in range(2):
        assert ev.evaluate("user-1", "k").reason in {"enabled", "not_in_rollout"}
        assert ev.assign("user-1", "k").reason == "assigned"

    assert store.calls == [["k"], ["k"]]
    assert (ev.stats().hits, ev.stats().misses, ev.stats().loads) == (2, 2, 2)


@pytest.mark.parametrize(
    ("call", "kind"), [(Evaluator.evaluate, "flag"), (Evaluator.assign, "experiment")], ids=["flag", "experiment"]
)
def test_each_kind_has_reasons_of_its_own(call: Callable[..., Decision], kind: str) -> None:
    """Not found, malformed and unavailable: off, without a variant, and a good neighbour is none the worse."""
    store = Store(FlagSet([FLAG], [EXPERIMENT]), malformed=["broken"])
    ev = Evaluator(store, negative_ttl=0, max_stale=0)

    assert call(ev, "user-1", "unknown") == Decision(False, f"{kind}_not_found")
    assert call(ev, "user-1", "broken") == Decision(False, f"{kind}_malformed")
    assert call(ev, "user-1", "k") == call(evaluator(), "user-1", "k")
    store.fail()
    assert call(ev, "user-1", "unknown") == Decision(False, "store_unavailable")


def test_a_handle_is_evaluate_bound_to_a_flag() -> None:
    """Before and after the flag is cached, with a context and without, a handle decides and counts as evaluate does."""
    rules = [{"attribute": "country", "operator": "in", "value": ["NO", "SE"]}]
    flag = Flag.from_item({"key": "k", "enabled": True, "rollout_percentage": 50, "targeting_rules": rules})
    one, other = Evaluator(FlagSet([flag])), Evaluator(FlagSet([flag]))
    decide = one.flag("k")
    for i in range(100):
        for context in (None, {"country": "NO"}, {"country": "DK"}):
            assert decide(f"user-{i}", context) == other.evaluate(f"user-{i}", "k", context)

    assert decide("user-1", context={"country": "NO"}) == other.evaluate("user-1", "k", {"country": "NO"})
    assert one.stats() == other.stats()


def test_a_handle_follows_its_flag() -> None:
    """A flag that appears, changes or goes down with its store shows in a handle made before, at the time to live."""
    store, clock = Store(), Clock()
    ev = Evaluator(store, clock=clock, ttl=100, negative_ttl=10, max_stale=0)
    decide = ev.flag("k")
    assert decide("user-1").reason == "flag_not_found"
    store.put(switched_on("k"))
    clock.now = 10
    assert decide("user-1").reason == "enabled"
    store.put(FlagSet([Flag("k")]))
    clock.now = 109
    assert decide("user-1").reason == "enabled"
    clock.now = 110
    assert decide("user-1").reason == "flag_disabled"
    store.fail()
    clock.now = 210

    assert decide("user-1").reason == "store_unavailable"


def test_a_change_takes_effect_in_one_piece() -> None:
    """A new version of a flag replaces all of the old one at once, for single calls, batches and experiments."""
    store, clock = Store(FlagSet([], [EXPERIMENT])), Clock()
    ev = Evaluator(store, clock=clock, ttl=100)
    assert ev.assign("user-1", "k").enabled
    store.put(FlagSet([], [Experiment.from_item({"key": "k", "status": "paused", "variants": ARMS})]))
    clock.now = 99
    assert ev.assign("user-1", "k").enabled
    clock.now = 100

    assert ev.assign("user-1", "k") == Decision(False, "experiment_not_active")


def test_a_tracker_is_told_of_every_decision_once() -> None:
    """Single calls, handles, batches (a key named twice too), hits and misses: one event each, with its context."""
    context = {"country": "NO"}

    def use(ev: Evaluator) -> None:
        for _ in range(2):
            ev.evaluate("user-1", "k", context)
            ev.flag("k")("user-2")
            ev.batch_evaluate("user-3", ["k", "unknown", "k"], context)
            ev.assign("user-4", "k")

    told = told_by(FlagSet([FLAG], [EXPERIMENT]), use)

    assert [event[:3] for event in told[:5]] == [
        ("user-1", "k", "f-1"),
        ("user-2", "k", "f-1"),
        ("user-3", "k", "f-1"),
        ("user-3", "unknown", None),
        ("user-4", "k", "e-1"),
    ]
    assert told[5:] == told[:5]
    assert [event[4] for event in told[:5]] == [context, None, context, context, None]
    assert [told[0][3], told[4][3]] == [evaluator().evaluate("user-1", "k"), evaluator().assign("user-4", "k")]


@pytest.mark.usefixtures("caplog")
def test_a_tracker_is_told_what_went_wrong_too() -> None:
    """Not found, malformed and unavailable are decisions like any other."""
    store = Store(malformed=["broken"])

    def use(ev: Evaluator) -> None:
        ev.evaluate("user-1", "unknown")
        ev.assign("user-1", "broken")
        store.fail()
        ev.evaluate("user-1", "new")
        ev.assign("user-1", "new")

    assert [(key, item_id, decision.reason) for _, key, item_id, decision, _ in told_by(store, use)] == [
        ("unknown", None, "flag_not_found"),
        ("broken", None, "experiment_malformed"),
        ("new", None, "store_unavailable"),
        ("new", None, "store_unavailable"),
    ]


def test_a_tracker_is_not_told_of_traces() -> None:
    """Asking why is no exposure."""
    assert told_by(FlagSet([FLAG]), lambda ev: (ev.trace("user-1", "k"), ev.stats())) == []


def test_a_tracker_that_fails_breaks_no_decision(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it raises is logged with its cause; the caller gets the decision."""

    def tracker(*_: object) -> None:
        raise RuntimeError("the pipe is full")

    ev, plain = evaluator(tracker=tracker), evaluator()
    users = [f"user-{i}" for i in range(5)]

    assert [ev.evaluate(user, "k") for user in users] == [plain.evaluate(user, "k") for user in users]
    assert ev.batch_evaluate("user-1", ["k"]) == plain.batch_evaluate("user-1", ["k"])
    assert ev.assign("user-1", "k") == plain.assign("user-1", "k")
    assert len(caplog.records) == 7
    assert "the tracker failed on k" in caplog.text
    assert "the pipe is full" in caplog.text


def test_a_trace_explains_the_flag_before_the_experiment() -> None:
    """Where both share a key the flag is meant; an experiment is found where there is no such flag."""
    assert evaluator().trace("user-1", "k").decision == evaluator().evaluate("user-1", "k")

    only = Evaluator(FlagSet([], [EXPERIMENT]))
    assert only.trace("user-1", "k").decision == only.assign("user-1", "k")


def test_a_trace_of_nothing_says_so() -> None:
    """A key that is neither flag nor experiment is one clear error."""
    with pytest.raises(ConfigError, match=r"^unknown: neither a flag nor an experiment"):
        evaluator().trace("user-1", "unknown")


def test_a_trace_reads_what_the_cache_holds_and_reloads_what_expired() -> None:
    """Explaining a cached flag asks the store nothing and counts nothing; an expired one is fetched anew."""
    store, clock = Store(switched_on("k")), Clock()
    ev = Evaluator(store, clock=clock, ttl=100)
    ev.evaluate("user-1", "k")
    before = ev.stats()
    ev.trace("user-1", "k")
    assert (len(store.calls), ev.stats()) == (1, before)
    store.put(FlagSet([Flag("k")]))
    clock.now = 100

    assert ev.trace("user-1", "k").decision.reason == "flag_disabled"
    assert len(store.calls) == 2
