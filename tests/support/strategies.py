"""Hypothesis strategies: ids, contexts, rules, flags and experiments, as the plain items that stores hold."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

from hypothesis import strategies as st

from ffcore.operators import OPERATORS

ATTRIBUTES = ("user_id", "country", "age", "plan", "version", "since")
TEXTS = ("", "NO", "no", "SE", "30", "user-1", "true", "a.b", "naïve", "日本", "𝔘 𝔫", " x", "line\nend", "0.1")
VERSIONS = ("1", "1.10", "1.9.3", "1.10.0", "2.0.0-rc.1", "2.0.0-rc.2", "2.0.0-rc.10", "2.0.0-rc", "2.0.0-1", "2.0.0")
VERSIONS_AND_NEAR = (*VERSIONS, "2.0.0+build.7", "v1.2.3", "01.2.3", "1.2.3.4", "1.2.3-", "")
PATTERNS = ("NO", "^a", "e$", "a.b", "[0-9]+", "x|y", "", "(na)?ï", "日+", r"\d\d", r"\bx", "^$", "user-[1-3]")
EDGES = (datetime.min, datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), date(2026, 1, 31))

numpy_scalars: list[Any] = []
try:
    import numpy as np
except ImportError:  # pragma: no cover - the evaluator wing is tested without the laboratory too
    pass
else:
    numpy_scalars = [np.int64(18), np.float64(0.1), np.float32(2.5), np.bool(1), np.str_("NO")]

NUMBERS = (0, 1, -1, 18, 30, 2.5, 0.1, -0.0, 10**20, 1e308, float("inf"), Decimal("0.1"), Decimal(18), Decimal("2.50"))
ODD_NUMBERS = (float("nan"), Decimal("NaN"), Decimal("1E+30"), Decimal("0.10000000000000000001"), Fraction(1, 10))

texts = st.sampled_from(TEXTS) | st.text(max_size=8)
keys = st.sampled_from(("a", "new-checkout", "flag.with.dots", "Größe", "promo:2024", "x_variant")) | st.text(
    min_size=1, max_size=20
).filter(str.strip)
user_ids = (
    st.integers(0, 99_999).map("user-{}".format)
    | st.text(min_size=1, max_size=12).filter(str.strip)
    | st.text(alphabet="𝔘😀\U0010ffffé ", min_size=1, max_size=6).filter(str.strip)
    | st.builds(
        lambda lead, number: f"{lead}{number}", st.sampled_from((" ", "\t", "\u3000", "~", "\x7f")), st.integers()
    )
    | st.builds(lambda text, times: text * times, st.sampled_from(("x", "長い", "user ")), st.integers(50, 600))
)

numbers = st.sampled_from(NUMBERS) | st.integers() | st.floats(allow_nan=False) | st.decimals(-99, 99, places=2)
scalars = texts | numbers | st.booleans()
zones = st.none() | st.just(UTC) | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
days = st.dates(date(2025, 12, 30), date(2026, 1, 2))
moments = st.datetimes(datetime(2025, 12, 30), datetime(2026, 1, 2), timezones=cast("Any", zones))
instants = days | moments | moments.map(datetime.isoformat) | days.map(date.isoformat)
near_instants = instants | st.sampled_from((*EDGES, "2026-13-01", "2026-01-01T25:00", "12:30", "20260101"))
versions = st.sampled_from(VERSIONS)
lists = st.lists(scalars, max_size=3)

RULE_VALUES: dict[str, st.SearchStrategy[Any]] = (
    dict.fromkeys(OPERATORS, scalars)
    | dict.fromkeys(("in", "not_in"), lists)
    | dict.fromkeys(("greater_than", "greater_or_equal", "less_than", "less_or_equal"), numbers | texts)
    | dict.fromkeys(("starts_with", "ends_with"), texts)
    | dict.fromkeys(("exists", "not_exists"), st.none())
    | dict.fromkeys(("before", "after"), instants)
    | {"matches": st.sampled_from(PATTERNS)}
    | dict.fromkeys((name for name in OPERATORS if name.startswith("semver")), versions)
)

values = st.one_of(
    st.none(),
    scalars,
    st.sampled_from((*numpy_scalars, *ODD_NUMBERS)),
    lists | lists.map(tuple) | st.sets(texts, max_size=3),
    near_instants,
    st.sampled_from(VERSIONS_AND_NEAR),
    st.sampled_from(({}, object(), b"NO", 1j)),
)
contexts = st.none() | st.dictionaries(st.sampled_from(ATTRIBUTES), values, max_size=len(ATTRIBUTES))


def rule_items() -> st.SearchStrategy[dict[str, Any]]:
    """Single rules, with a value that their operator accepts."""
    return st.sampled_from(sorted(OPERATORS)).flatmap(
        lambda name: st.fixed_dictionaries(
            {"attribute": st.sampled_from(ATTRIBUTES), "operator": st.just(name), "value": RULE_VALUES[name]}
        )
    )


def groups(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Rules joined by all or any, or negated."""
    several = st.lists(inner, max_size=3)
    return (
        several.map(lambda rules: {"all": rules})
        | several.map(lambda rules: {"any": rules})
        | inner.map(lambda rule: {"not": rule})
    )


rules = st.recursive(rule_items(), groups, max_leaves=6)
rule_lists = st.lists(rules, max_size=3)
payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)
decimal_shares = st.sampled_from(
    ((1,), (0.5, 0.5), (0.1, 0.2, 0.7), ("0.34", "0.33", "0.33"), (0, 1, 0), (0.999, 0.001))
)
share_lists = decimal_shares | st.lists(st.integers(0, 50), min_size=1, max_size=5).filter(any).map(
    lambda weights: tuple(f"{weight}/{sum(weights)}" for weight in weights)
)


def variant_items(min_size: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Variants whose allocations sum to exactly one; or none at all, where ``min_size`` is 0."""
    some = share_lists.filter(lambda shares: len(shares) >= min_size).flatmap(_arms)
    return some if min_size else st.just([]) | some


def _arms(shares: tuple[Any, ...]) -> st.SearchStrategy[list[dict[str, Any]]]:
    arm_payloads = st.lists(payloads, min_size=len(shares), max_size=len(shares))
    return arm_payloads.map(
        lambda found: [
            {"key": f"arm-{i}", "allocation": share, "payload": payload}
            for i, (share, payload) in enumerate(zip(shares, found, strict=True))
        ]
    )


fractions_as_text = st.builds("{}/{}".format, st.integers(0, 700), st.just(7))
percentages = st.sampled_from((0, 0.5, 12.5, 50, 99.9, 100)) | st.decimals(0, 100, places=2) | fractions_as_text
shares = st.sampled_from((0, 0.5, 1, "1/3", Decimal("0.1"))) | st.decimals(0, 1, places=4)
resolutions = st.sampled_from((1, 7, 100, 10_000, 2**31 + 1, 2**32)) | st.integers(1, 2**32)

flag_items = st.fixed_dictionaries(
    {"key": keys, "enabled": st.sampled_from((True, True, True, False)), "rollout_percentage": percentages},
    optional={"targeting_rules": rule_lists, "variants": variant_items(), "buckets": resolutions},
)
experiment_items = st.fixed_dictionaries(
    {"key": keys, "status": st.sampled_from(("active", "active", "active", "draft", "paused", "completed"))}
    | {"variants": variant_items(2)},
    optional={"traffic_allocation": shares, "targeting_rules": rule_lists, "salt": st.none() | texts},
)
