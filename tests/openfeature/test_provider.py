"""The provider by the requirements of OpenFeature's specification, asked through a client of openfeature-sdk."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest
from openfeature import _event_support, api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode, GeneralError
from openfeature.flag_evaluation import FlagEvaluationDetails, Reason
from openfeature.hook import Hook, HookContext, HookHints
from openfeature.provider import ProviderStatus

from ffcore import ConfigError, Evaluator, Experiment, Flag, FlagSet
from ffcore.lab.testing.servers import Server
from ffcore.openfeature import Provider
from ffcore.stores import RedisStore
from tests.support.doubles import PATIENCE, Clock, Store, wait_until

DOMAINS = count()
USER = EvaluationContext("user-1", {"country": "NO"})
ARMS = [
    {"key": "small", "allocation": 0.5, "payload": {"size": 1}},
    {"key": "large", "allocation": 0.5, "payload": {"size": 2}},
]
FLAGS = FlagSet(
    [
        Flag.from_item({"key": "on", "enabled": True, "rollout_percentage": 100, "flag_id": "f-1"}),
        Flag.from_item({"key": "half", "enabled": True, "rollout_percentage": 50}),
        Flag.from_item({"key": "arms", "enabled": True, "rollout_percentage": 100, "variants": ARMS}),
        Flag.from_item({"key": "off", "rollout_percentage": 100}),
        *(
            Flag("one-" + key, True, 100, variants=[{"key": "only", "allocation": 1, "payload": value}])  # type: ignore[arg-type]
            for key, value in {"boolean": False, "string": "", "integer": 0, "float": 0.5, "object": {"a": 1}}.items()
        ),
        Flag.from_item(
            {
                "key": "targeted",
                "enabled": True,
                "rollout_percentage": 100,
                "targeting_rules": [{"attribute": "user_id", "operator": "equals", "value": "user-1"}],
            }
        ),
    ],
    [Experiment.from_item({"key": "copy", "status": "active", "variants": ARMS})],
)
WRONG = {"boolean": False, "string": "d", "integer": 7, "float": 7.5, "object": {"d": 1}}


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """No provider and no handler outlives its test."""
    yield
    api.clear_providers()
    _event_support.clear()


def client_of(provider: Provider) -> OpenFeatureClient:
    """A client in a domain of its own."""
    domain = f"test-{next(DOMAINS)}"
    api.set_provider_and_wait(provider, domain)
    return api.get_client(domain)


def details(
    client: OpenFeatureClient, kind: str, key: str, context: EvaluationContext | None = USER
) -> FlagEvaluationDetails[Any]:
    """What a client tells of a flag, asked for a kind of value."""
    found: FlagEvaluationDetails[Any] = getattr(client, f"get_{kind}_details")(key, WRONG[kind], context)
    return found


class Heard:
    """The events of a client, in the order of their coming."""

    def __init__(self, client: OpenFeatureClient) -> None:
        self.events: list[tuple[str, EventDetails]] = []
        for event in ProviderEvent:
            client.add_handler(event, partial(self._note, event.name.removeprefix("PROVIDER_")))

    def _note(self, name: str, told: EventDetails) -> None:
        self.events.append((name, told))

    def wait(self, name: str, times: int = 1) -> EventDetails:
        """The last event of a name, once it has come so many times."""
        wait_until(lambda: [heard for heard, _ in self.events].count(name) >= times)
        return [told for heard, told in self.events if heard == name][-1]


def test_the_provider_has_a_name() -> None:
    """Requirement 2.1.1."""
    assert Provider(FLAGS).get_metadata().name == "ffcore"


@pytest.mark.parametrize("kind", WRONG)
def test_each_kind_of_value_is_resolved(kind: str) -> None:
    """Requirements 2.2.1 to 2.2.6 and 2.3.2: value, variant and reason, neither error code nor message."""
    found = details(client_of(Provider(FLAGS)), kind, f"one-{kind}")

    assert found.value == {"boolean": False, "string": "", "integer": 0, "float": 0.5, "object": {"a": 1}}[kind]
    assert (found.variant, found.reason) == ("only", Reason.STATIC)
    assert (found.error_code, found.error_message) == (None, None)


@pytest.mark.parametrize("kind", WRONG)
def test_each_kind_is_resolved_beside_the_event_loop(kind: str) -> None:
    """The asynchronous methods say the same, from a store that may block: not in the loop's own thread."""
    store, threads = Store(FLAGS), set[int]()
    store.before = lambda: threads.add(threading.get_ident())
    client, quick = client_of(Provider(store)), client_of(Provider(FLAGS))
    threads.clear()

    async def ask(client: OpenFeatureClient) -> Any:
        return await getattr(client, f"get_{kind}_details_async")(f"one-{kind}", WRONG[kind], USER)

    assert asyncio.run(ask(client)) == asyncio.run(ask(quick)) == details(client, kind, f"one-{kind}")
    assert threads
    assert threading.get_ident() not in threads


def test_decisions_are_the_evaluators() -> None:
    """User by user the client hears what the evaluator decides, of flags and of experiments."""
    client, ev = client_of(Provider(FLAGS)), Evaluator(FLAGS)
    for user in [f"user-{i}" for i in range(200)]:
        context = EvaluationContext(user)

        assert client.get_boolean_value("half", False, context) == ev.evaluate(user, "half").enabled
        assert client.get_object_value("arms", {}, context) == ev.evaluate(user, "arms").payload
        assert details(client, "object", "copy", context).variant == ev.assign(user, "copy").variant


@pytest.mark.parametrize("kind", WRONG)
def test_unknown_keys_give_the_callers_default(kind: str) -> None:
    """Requirement 2.2.7: FLAG_NOT_FOUND, with a user and without."""
    client = client_of(Provider(FLAGS))
    for context in (USER, None):
        found = details(client, kind, "missing", context)

        assert (found.value, found.reason, found.error_code) == (WRONG[kind], Reason.ERROR, ErrorCode.FLAG_NOT_FOUND)
        assert "missing" in str(found.error_message)


def test_a_value_of_another_type_gives_the_callers_default() -> None:
    """Requirement 2.2.7: TYPE_MISMATCH."""
    found = details(client_of(Provider(FLAGS)), "integer", "one-string")

    assert (found.value, found.reason, found.error_code) == (7, Reason.ERROR, ErrorCode.TYPE_MISMATCH)


def test_disabled_flags_give_the_callers_default_without_an_error() -> None:
    """The reason is DISABLED; there is neither error nor variant."""
    found = client_of(Provider(FLAGS)).get_boolean_details("off", True, USER)

    assert (found.value, found.reason, found.variant, found.error_code) == (True, Reason.DISABLED, None, None)


@pytest.mark.parametrize(
    "context", [None, EvaluationContext(), EvaluationContext(" "), EvaluationContext("")], ids=repr
)
def test_a_draw_needs_a_targeting_key(context: EvaluationContext | None) -> None:
    """TARGETING_KEY_MISSING where a hash of the id decides; what is the same for all is told without one."""
    client = client_of(Provider(FLAGS))

    assert details(client, "boolean", "half", context).error_code == ErrorCode.TARGETING_KEY_MISSING
    assert details(client, "object", "copy", context).error_code == ErrorCode.TARGETING_KEY_MISSING
    assert details(client, "boolean", "on", context).reason == Reason.STATIC
    assert details(client, "boolean", "targeted", context).value is False


def test_rules_see_the_targeting_key_and_the_attributes() -> None:
    """The id is the attribute user_id, and a match is the reason."""
    client = client_of(Provider(FLAGS))

    assert details(client, "boolean", "targeted").reason == Reason.TARGETING_MATCH
    assert details(client, "boolean", "targeted", EvaluationContext("user-2")).reason == Reason.DEFAULT


@pytest.mark.parametrize("context", [EvaluationContext(7), EvaluationContext("user-1", [1])], ids=repr)  # type: ignore[arg-type]
def test_a_context_that_is_none_is_invalid(context: EvaluationContext) -> None:
    """INVALID_CONTEXT, asked without the SDK's own merging."""
    provider = Provider(FLAGS)
    provider.initialize(EvaluationContext())

    assert provider.resolve_boolean_details("on", False, context).error_code == ErrorCode.INVALID_CONTEXT


def test_a_malformed_item_is_a_parse_error() -> None:
    """What the store holds cannot be read; nothing is thrown."""
    assert details(client_of(Provider(Store(malformed=["bad"]))), "boolean", "bad").error_code == ErrorCode.PARSE_ERROR


def test_metadata_say_which_flag_decided_and_how() -> None:
    """Requirement 2.2.9."""
    found = details(client_of(Provider(FLAGS)), "boolean", "on").flag_metadata

    assert found == {"kind": "flag", "id": "f-1", "buckets": 10_000, "share": 1.0, "decision": "enabled"}


def test_a_tracker_is_told_of_decisions_for_users_alone() -> None:
    """Settings reach the evaluator; a decision for nobody is no exposure."""
    told: list[tuple[Any, ...]] = []
    client = client_of(Provider(FLAGS, tracker=lambda *event: told.append(event[:2])))
    details(client, "boolean", "on", None)
    details(client, "boolean", "on")

    assert told == [("user-1", "on")]


def test_hooks_are_left_alone() -> None:
    """Requirement 2.3.1: the provider brings none, and a client's own runs and sees the answer."""
    seen: list[Any] = []

    class Note(Hook):
        def after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:
            name = hook_context.provider_metadata.name if hook_context.provider_metadata else ""
            seen.append((name, details.value, dict(hints)))

    client = client_of(Provider(FLAGS))
    client.add_hooks([Note()])
    details(client, "boolean", "on")
    client.track("bought", USER)

    assert Provider(FLAGS).get_provider_hooks() == []
    assert seen == [("ffcore", True, {})]


def test_before_it_is_initialised_and_after_its_shutdown_it_is_not_ready() -> None:
    """Requirements 2.4.1, 2.5.1 and 2.5.2: PROVIDER_NOT_READY, and it can be initialised again."""
    provider = Provider(FLAGS)
    codes = [provider.resolve_boolean_details("on", False, USER).error_code]
    for act in (partial(provider.initialize, EvaluationContext()), provider.shutdown, provider.shutdown):
        act()
        codes.append(provider.resolve_boolean_details("on", False, USER).error_code)
    provider.initialize(EvaluationContext())

    assert codes == [ErrorCode.PROVIDER_NOT_READY, None, ErrorCode.PROVIDER_NOT_READY, ErrorCode.PROVIDER_NOT_READY]
    assert provider.resolve_boolean_details("on", False, USER).value is True


def test_a_store_that_answers_makes_it_ready() -> None:
    """Requirement 5.3.1."""
    client = client_of(Provider(Store(FLAGS)))

    assert Heard(client).wait("READY").provider_name == "ffcore"
    assert client.get_provider_status() == ProviderStatus.READY


def test_a_store_that_fails_ends_the_initialisation() -> None:
    """Requirements 2.4.2.1, 5.1.4 and 5.3.2: it raises and says why; defaults are served; it recovers by itself."""
    store = Store(FLAGS)
    store.fail()
    domain = f"test-{next(DOMAINS)}"
    heard = Heard(client := api.get_client(domain))
    with pytest.raises(GeneralError, match="the store cannot be reached: ConnectionError: the store is down"):
        api.set_provider_and_wait(Provider(store), domain)

    assert "the store is down" in str(heard.wait("ERROR").message)
    assert client.get_provider_status() == ProviderStatus.ERROR
    found = details(client, "boolean", "on")
    assert (found.value, found.error_code, found.reason) == (False, ErrorCode.GENERAL, Reason.ERROR)

    store.mend()
    assert details(client, "boolean", "on").value is True
    heard.wait("READY")
    assert client.get_provider_status() == ProviderStatus.READY


def test_an_outage_is_told_once_and_its_end_too() -> None:
    """Requirement 5.1.1: STALE while expired flags serve, ERROR where nothing does, READY once the store is back."""
    store, clock = Store(FLAGS), Clock()
    client = client_of(Provider(store, ttl=10, clock=clock))
    heard = Heard(client)
    details(client, "boolean", "on")
    store.fail()
    clock.now += 11

    assert [details(client, "boolean", "on").reason for _ in range(3)] == [Reason.STALE] * 3
    assert heard.wait("STALE").message == "the store cannot be reached"
    assert client.get_provider_status() == ProviderStatus.STALE
    clock.now += 10_000
    assert details(client, "boolean", "on").error_code == ErrorCode.GENERAL
    heard.wait("ERROR")

    store.mend()
    assert details(client, "boolean", "on").reason == Reason.STATIC
    heard.wait("READY", times=2)
    assert sorted(name for name, _ in heard.events) == ["ERROR", "READY", "READY", "STALE"]


def test_a_change_is_told_and_applied() -> None:
    """PROVIDER_CONFIGURATION_CHANGED names the flag, and its next value is the new one."""
    store, clock = Store(FLAGS), Clock()
    client = client_of(Provider(store, ttl=10, clock=clock))
    heard = Heard(client)
    before = details(client, "boolean", "on").value
    store.put(FlagSet([Flag.from_item({"key": "on", "enabled": True})]))
    clock.now += 11

    assert [before, details(client, "boolean", "on").value] == [True, False]
    assert heard.wait("CONFIGURATION_CHANGED").flags_changed == ["on"]


def test_a_change_in_redis_is_applied_at_once(valkey: Server) -> None:
    """What Redis broadcasts reaches the provider's evaluator too, though its cache lives for hours."""
    behind = Store(FLAGS)
    stores = [RedisStore(valkey.url, behind, prefix="openfeature:", timeout=PATIENCE) for _ in range(2)]
    client = client_of(Provider(stores[0], ttl=1e6))
    wait_until(lambda: stores[0]._listener is not None and stores[0]._listener.connections > 0)
    heard, before = Heard(client), details(client, "boolean", "on").value
    stores[1].put(FlagSet([Flag.from_item({"key": "on", "enabled": True})]))

    wait_until(lambda: details(client, "boolean", "on").value is False)
    assert (before, heard.wait("CONFIGURATION_CHANGED").flags_changed) == (True, ["on"])
    for store in stores:
        store.close()


def test_events_stay_in_their_domain() -> None:
    """Requirements 5.1.2 and 5.1.3: handlers of the provider's own clients run, others do not."""
    stores = [Store(FLAGS), Store(FLAGS)]
    clients = [client_of(Provider(store)) for store in stores]
    heard = [Heard(client) for client in clients]
    stores[0].fail()
    details(clients[0], "boolean", "on")
    heard[0].wait("ERROR")
    heard[1].wait("READY")

    assert [name for name, _ in heard[1].events] == ["READY"]


def test_settings_are_refused_when_it_is_made() -> None:
    """Not at the first answer."""
    with pytest.raises(ConfigError, match="ttl"):
        Provider(FLAGS, ttl=-1)
    with pytest.raises(TypeError, match="source"):
        Provider("flags.yaml")  # type: ignore[arg-type]


def test_without_the_sdk_it_says_what_to_install() -> None:
    """The module is imported without it; a provider is not made."""
    code = (
        "import sys; sys.modules['openfeature'] = None; from ffcore import FlagSet\n"
        "from ffcore.openfeature import Provider\n"
        "try: Provider(FlagSet())\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "pip install 'ffcore[openfeature]'" in ran.stdout
