"""The vendors' own clients read the sample files too: every user of every flag that is followed gets what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ffcore.lab.schemes.files import read_flags
from ffcore.lab.schemes.files.parts import as_answer
from tests.support.vendors import DATA, FRAME, PRESENT

#: What each client said of the sample files, and which it was.
ANSWERS = json.loads((DATA / "answers.json").read_text(encoding="utf-8"))
Ask = Callable[[str, dict[str, Any]], Any]


@pytest.fixture
def growthbook() -> Ask:
    """GrowthBook's own answers."""
    library = pytest.importorskip(
        "growthbook", reason="GrowthBook's client is not installed (pip install 'ffcore[peers]')"
    )
    features = json.loads((DATA / "growthbook.json").read_text(encoding="utf-8"))["features"]

    def ask(key: str, user: dict[str, Any]) -> Any:
        return library.GrowthBook(attributes=user, features=features).eval_feature(key).value

    return ask


@pytest.fixture
def launchdarkly() -> Iterator[Ask]:
    """LaunchDarkly's own answers, from its file data source."""
    library = pytest.importorskip(
        "ldclient", reason="LaunchDarkly's client is not installed (pip install 'ffcore[peers]')"
    )
    from ldclient.config import Config
    from ldclient.integrations import Files

    source = Files.new_data_source(paths=[str(DATA / "launchdarkly.json")])
    client = library.LDClient(Config("key", update_processor_class=source, send_events=False, diagnostic_opt_out=True))

    def ask(key: str, user: dict[str, Any]) -> Any:
        builder = library.Context.builder(user["id"])
        for name in user.keys() - {"id"}:
            builder.set(name, user[name])
        return client.variation(key, builder.build(), None)

    yield ask
    client.close()


@pytest.fixture
def unleash() -> Iterator[Ask]:
    """Unleash's own answers, from its bootstrap; numbers are text there."""
    library = pytest.importorskip(
        "UnleashClient", reason="Unleash's client is not installed (pip install 'ffcore[peers]')"
    )
    from UnleashClient.cache import FileCache

    cache = FileCache("ffcore-test")
    cache.bootstrap_from_dict(json.loads((DATA / "unleash.json").read_text(encoding="utf-8")))
    client = library.UnleashClient(
        "http://127.0.0.1:9/api", "test", cache=cache, disable_metrics=True, disable_registration=True
    )
    client.initialize_client(fetch_toggles=False)

    def ask(key: str, user: dict[str, Any]) -> Any:
        context = {"userId": user["id"], **{name: str(user[name]) for name in user.keys() - {"id"}}}
        variant = client.get_variant(key, context)
        return variant["name"] if variant["enabled"] else client.is_enabled(key, context)

    yield ask
    client.destroy()


@pytest.fixture
def flagd() -> Iterator[Ask]:
    """Flagd's own answers, evaluated in the process from the file."""
    reason = "flagd's provider is not installed (pip install 'ffcore[peers]')"
    library = pytest.importorskip("openfeature.contrib.provider.flagd", reason=reason)
    from openfeature import api
    from openfeature.contrib.provider.flagd.config import ResolverType
    from openfeature.evaluation_context import EvaluationContext

    path, data = str(DATA / "flagd.json"), json.loads((DATA / "flagd.json").read_text(encoding="utf-8"))
    api.set_provider_and_wait(
        library.FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=path), "flagd"
    )
    client = api.get_client("flagd")

    def ask(key: str, user: dict[str, Any]) -> Any:
        value = next(iter(data["flags"][key]["variants"].values()))
        kind = {bool: "boolean", str: "string", int: "integer", dict: "object"}[type(value)]
        context = EvaluationContext(user["id"], {name: user[name] for name in user.keys() - {"id"}})
        told = getattr(client, f"get_{kind}_details")(key, type(value)(), context)
        return None if told.variant is None else told.value

    yield ask
    api.clear_providers()


@pytest.mark.parametrize("vendor", ANSWERS)
def test_what_the_vendors_client_said_is_said_here(vendor: str) -> None:
    """Its stored answers for every flag that is followed, user by user; so the test needs no client."""
    flags = read_flags(DATA / f"{vendor}.json", vendor)
    stored = ANSWERS[vendor]["answers"]

    assert set(stored) == {key for key, flag in flags.items() if not flag.uncovered}
    for key, answers in stored.items():
        assert flags[key].decide(FRAME).tolist() == answers, key
        assert len(set(answers)) > 1 or key in ("plain", "off", "nobody", "maintenance", "limit")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # theirs are their business
@pytest.mark.parametrize("vendor", ["flagd", "growthbook", "launchdarkly", "unleash"])
def test_the_vendors_client_says_the_same(vendor: str, request: pytest.FixtureRequest) -> None:
    """Targeting, rollouts and variants of all flags but those that are named as not followed."""
    ask = request.getfixturevalue(vendor)
    flags = {key: flag for key, flag in read_flags(DATA / f"{vendor}.json", vendor).items() if not flag.uncovered}
    for key, flag in flags.items():
        theirs = [as_answer(ask(key, user)) for user in PRESENT]

        assert flag.decide(FRAME).tolist() == theirs == ANSWERS[vendor]["answers"][key], key
