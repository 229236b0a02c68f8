"""What sets vendors apart: exact edges, the largest hash, collisions by construction, and hashing again."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import ConfigError
from ffcore.lab import schemes
from ffcore.lab.schemes.draws import Hashed
from ffcore.lab.schemes.growthbook import GrowthBook
from ffcore.lab.schemes.launchdarkly import LaunchDarkly
from ffcore.lab.schemes.posthog import PostHog
from ffcore.lab.schemes.statsig import Statsig

IDS = [f"user-{number}" for number in range(300)]
TOP = (1 << 32) - 1
#: Buckets of 100 %, and the least percentage that lets a bucket in, in buckets: the bucket itself or the one behind it.
BEHIND: list[tuple[str, int, dict[str, int]]] = [
    ("growthbook", 1_000, {}),
    ("optimizely", 10_000, {}),
    ("eppo", 10_000, {}),
    ("configcat", 100, {}),
    ("flipt", 100, {}),
    ("go_feature_flag", 100_000, {}),
    ("mixpanel", 100, {}),
    ("seed_platform", 100, {}),
]
ITSELF: list[tuple[str, int, dict[str, int]]] = [
    ("unleash", 100, {}),
    ("split", 100, {"seed": 5}),
    ("vwo", 100, {}),
    ("harness_ff", 100, {}),
    ("firebase_remote_config", 100_000_000, {}),
    ("featurevisor", 100_000, {}),
]


@pytest.mark.parametrize(
    ("name", "buckets", "options", "more"), [(*row, 1) for row in BEHIND] + [(*row, 0) for row in ITSELF]
)
def test_a_rollout_ends_at_the_exact_edge(name: str, buckets: int, options: dict[str, int], more: int) -> None:
    """A percentage of exactly an id's bucket lets it in where the vendor compares inclusively, and nowhere else."""
    scheme = schemes.get(name)
    draw: Any = scheme.bucket("flag", **options)
    unit = buckets if draw.span[1] == 1 else 1
    for user in IDS:
        least = round(draw(user) * unit) + more
        percentages = [f"{(least - step) * 100 / buckets:.10f}" for step in (1, 0) if least - step >= 0]
        found = [scheme.rollout(percentage, "flag", **options)(user) for percentage in percentages]

        assert found in ([False, True], [True])


@pytest.mark.parametrize(
    ("name", "settings", "top", "bucket"),
    [
        ("launchdarkly", {}, (1 << 60) - 1, 1.0),
        ("posthog", {}, (1 << 60) - 1, 1.0),
        ("planout", {}, (1 << 60) - 1, 1.0),
        ("azure_featuremanagement", {}, TOP, 100.0),
        ("devcycle", {}, TOP, 1.0),
        ("featbit", {}, 1 << 31, 1.0),
        ("unleash", {}, TOP, 96),
        ("optimizely", {}, TOP, 9_999),
        ("vwo", {}, TOP, 100),
        ("featurevisor", {}, TOP, 99_999),
        ("growthbook", {}, TOP, 0.295),
        ("statsig", {}, (1 << 64) - 1, 1_615),
        ("mixpanel", {}, (1 << 64) - 1, 0.15),
    ],
)
def test_the_largest_hash(name: str, settings: dict[str, Any], top: int, bucket: float) -> None:
    """The top of the range gives the same number for an integer and in an array, 1.0 included."""
    draw = schemes.get(name, **settings).bucket("flag")
    assert isinstance(draw, Hashed)
    kind = np.uint64 if top > 1 << 62 else np.int64

    assert draw.reduce(top) == draw.reduce(np.array([top], dtype=kind))[0] == bucket


def test_the_top_of_the_range_falls_to_the_last_variant_or_to_nobody() -> None:
    """LaunchDarkly gives 1.0 to the last variant, PostHog's half-open ranges to none, Azure to the range up to 100."""
    last = LaunchDarkly().variants({"a": 50_000, "b": 50_000}).plan("flag").steps[-1].edges
    none = PostHog().variants({"a": 50, "b": 50}).plan("flag").steps[-1].edges
    whole = schemes.get("azure_featuremanagement").variants({"a": (0, 50), "b": (50, 100)}).plan("flag").steps[-1].edges
    tops = np.array([1.0])

    assert (last.one(1.0), last.many(tops)[0]) == (1, 1)
    assert (none.one(1.0), none.many(tops)[0]) == (-1, -1)
    assert (whole.one(100.0), whole.many(tops * 100)[0]) == (1, 1)


def test_products_of_doubles_move_an_edge() -> None:
    """1.1 % of Statsig is 111 buckets, not 110; 10 % of GrowthBook in JavaScript is 101 thousandths, not 100."""
    statsig = Statsig().rollout(1.1).plan("flag").steps[0].edges
    loose, strict = (
        GrowthBook(coverage=how).rollout(10).plan("flag").steps[0].edges for how in ("inclusive", "half-open")
    )

    assert (statsig.one(110), statsig.one(111)) == (0, -1)
    assert (loose.one(0.1), strict.one(0.1)) == (0, -1)


def test_collisions_by_construction() -> None:
    """Without a separator, or with one that ids and salts may hold, different pairs are one message."""
    optimizely, eppo, posthog = schemes.get("optimizely"), schemes.get("eppo"), schemes.get("posthog")

    assert optimizely.bucket("23")("user1") == optimizely.bucket("3")("user12")
    assert eppo.bucket("a-b")("c") == eppo.bucket("a")("b-c")
    assert posthog.bucket("k")("bobvariant") == posthog.bucket("k", salt="variant")("bob")
    assert schemes.get("devcycle").bucket("t")("é-1") == schemes.get("devcycle").bucket("t")("ü-1")
    assert schemes.get("devcycle", encoding="utf-8").bucket("t")("é") != schemes.get("devcycle").bucket("t")("ü")


def test_the_same_users_come_first_in_every_flag() -> None:
    """Harness and the back end's operator hash no flag; the back end itself and LaunchDarkly do."""
    ids = np.array(IDS, dtype=object)
    for scheme, same in (
        (schemes.get("harness_ff"), True),
        (schemes.get("seed_platform", path="operator"), True),
        (schemes.get("seed_platform", path="backend"), False),
        (schemes.get("launchdarkly"), False),
    ):
        assign = scheme.rollout(50)
        assert (assign(ids, "a").tolist() == assign(ids, "b").tolist()) == same


@pytest.mark.parametrize("user", ["8931", "13116", "50972"])
def test_flagsmith_hashes_again(user: str) -> None:
    """Ids whose rest is 9,998 are hashed with both ids repeated, and stay below 100."""
    draw = schemes.get("flagsmith").bucket("1")

    assert draw(user) < 100
    assert draw(np.array(["a", user, "b"], dtype=object)).tolist() == [draw("a"), draw(user), draw("b")]


def test_flagds_generations_part_at_known_keys() -> None:
    """Hashes at both ends of the range: the largest few match nothing in version 1; version 2 places all."""
    weights = {"a": 1, "b": 1}
    first, second = (schemes.get("flagd", version).variants(weights, shorthand=False) for version in (1, 2))
    raw = schemes.get("flagd", 2).bucket(shorthand=False)
    assert isinstance(raw, Hashed)

    assert [raw.raw(user) for user in ("ejOoVL", "bY9fO-", "ceQdGm")] == [0, 1, TOP]
    assert [first(user) for user in ("SI7p-", "6LvT0")] == [None, None]
    assert [second(user) for user in ("ejOoVL", "bY9fO-", "ceQdGm")] == ["a", "a", "b"]


def test_values_of_other_types_are_hashed_as_such() -> None:
    """In flagd's third version 1.0 is the integer 1, which is not the text; -0.0 is 0."""
    scheme = schemes.get("flagd", 3)
    whole, real, text = (
        scheme.bucket(total=1 << 30, shorthand=False, value=kind) for kind in ("int", "float", "string")
    )

    assert whole("1") == real("1.0") != text("1")
    assert real("-0.0") == whole("0")


def test_an_empty_id_is_nobodys_where_clients_leave_it_out() -> None:
    """GrowthBook, Amplitude, Firebase and Flipt leave out the id "", one by one and in bulk; ConfigCat buckets it."""
    both = np.array(["", "a"], dtype=object)
    for name in ("growthbook", "amplitude", "firebase_remote_config", "flipt"):
        assign = schemes.get(name).rollout(100)
        assert (assign(""), assign(both).tolist()) == (False, [False, True])
    assert schemes.get("configcat").rollout(100)("")


def test_what_lacks_a_seed_or_a_service_is_refused() -> None:
    """Split needs each flag's seed, Firebase's client templates are the service's, Featurevisor states no variants."""
    split = schemes.get("split")
    seeds = {"checkout": 5, "search": 6}

    by_flag = [split.rollout(50, "search", seed=seeds)(user) for user in IDS]
    assert by_flag == [split.rollout(50, seed=np.int64(6))(user) for user in IDS]
    for call, message in (
        (lambda: split.rollout(50), "split.seed: expected a seed of 32 bits, or a mapping from flags to seeds"),
        (lambda: split.rollout(50, "serch", seed=seeds), r"no seed for the flag 'serch'; did you mean search\?"),
        (lambda: schemes.get("firebase_remote_config", hash="farmhash"), "not recomputable: client-side templates"),
        (lambda: schemes.get("featurevisor").variants({"a": 1}), "featurevisor: has no variants"),
        (lambda: schemes.get("eppo", shards=0), "eppo.shards: expected a whole number from 1 on, got 0"),
        (lambda: schemes.get("flagsmith", identity="derived"), "flagsmith.environment: expected the environment's key"),
        (lambda: schemes.get("go_feature_flag").variants({"a": 0}), "expected percentages with a sum above 0"),
    ):
        with pytest.raises(ConfigError, match=message):
            call()


@pytest.mark.parametrize(
    ("name", "gate", "admitted"),
    [
        ("vwo", {"traffic": 70}, lambda scheme: scheme.rollout(70, "flag")),
        ("devcycle", {"rollout": 40}, lambda scheme: scheme.rollout(40, "flag")),
        ("posthog", {"rollout": 55}, lambda scheme: scheme.rollout(55, "flag")),
        ("split", {"traffic": (60, 7)}, lambda scheme: scheme.rollout(60, seed=7)),
        ("growthbook", {"namespace": ("n", 0.1, 0.9)}, lambda scheme: scheme.namespace("n", 0.1, 0.9)),
        ("eppo", {"traffic": ("t", 0, 2_500)}, lambda scheme: scheme.rollout(25, "t")),
        ("optimizely", {"group": ("g", 0, 2_500)}, lambda scheme: scheme.rollout(25, "g")),
        ("amplitude", {"allocation": (0, 60)}, lambda scheme: scheme.rollout(60, "flag")),
    ],
)
def test_traffic_admits_and_changes_no_variant(name: str, gate: dict[str, Any], admitted: Any) -> None:
    """Whoever a gate lets in keeps the variant that they had without it; the others get none, or the default."""
    scheme, ids = schemes.get(name), np.array(IDS, dtype=object)
    weights = {"a": 5_000, "b": 5_000} if name in ("eppo", "optimizely") else {"a": 0.5, "b": 0.5}
    weights = {"a": 50, "b": 50} if name in ("vwo", "posthog", "split") else weights
    seed = {"seed": 5} if name == "split" else {}
    free = scheme.variants(weights, "flag", **seed)(ids).tolist()
    gated = scheme.variants(weights, "flag", **seed, **gate)(ids).tolist()
    inside = admitted(scheme)(ids).tolist()
    outside = "control" if name == "split" else None

    assert 0 < sum(inside) < len(IDS)
    assert [outside if pd.isna(arm) else arm for arm in gated] == [
        arm if let_in else outside for arm, let_in in zip(free, inside, strict=True)
    ]


def test_edges_of_single_vendors() -> None:
    """DevCycle's 1.0 where the sum is 1, Firebase's ranges above the low edge, LaunchDarkly's sums of 32 bits."""
    whole, less = (
        schemes.get("devcycle").variants({"a": 0.5, "b": share}).plan("t").steps[-1].edges for share in (0.5, 0.4)
    )
    firebase = schemes.get("firebase_remote_config").variants({"a": 20, "b": 30}).plan("").steps[-1].edges
    weights = {"a": 10_000, "b": 90_000}
    double, short = (
        LaunchDarkly(precision).variants(weights).plan("flag").steps[-1].edges for precision in ("float64", "float32")
    )

    assert (whole.one(1.0), less.one(1.0)) == (1, -1)
    assert [firebase.one(place) for place in (0, 1, 20, 21, 50, 51)] == [-1, 0, 0, 1, 1, -1]
    assert (double.one(0.1), short.one(0.1)) == (1, 0)
