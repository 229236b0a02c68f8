"""Frames of random columns, and what the evaluator says of their users row by row."""

from typing import Any

import pandas as pd
from hypothesis import strategies as st

from ffcore import Evaluator, FlagSet
from tests.support import strategies

KINDS: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "texts": (strategies.texts | st.sampled_from(strategies.VERSIONS), "str"),
    "text objects": (strategies.texts, object),
    "categories": (strategies.texts, "category"),
    "numbered categories": (st.integers(-40, 40), "category"),
    "whole": (st.sampled_from((0, 1, 18, 30, 2**53 + 1, 2**63 - 1, -(2**63))) | st.integers(-9, 40), "Int64"),
    "small": (st.integers(0, 200), "UInt8"),
    "fractions": (st.sampled_from((0.1, 18.0, 2.5, float("inf"), 2.0**53)) | st.floats(allow_nan=False), "float64"),
    "short fractions": (st.floats(allow_nan=False, width=32) | st.just(2.5), "float32"),
    "truth": (st.booleans(), "boolean"),
    "moments": (strategies.moments, object),
    "days": (strategies.days, object),
    "texts of moments": (strategies.near_instants.map(str), "str"),
    "decimals": (st.decimals(-99, 99, places=2), object),
    "lists": (strategies.lists, object),
    "anything": (strategies.values, object),
}


@st.composite
def columns(draw: st.DrawFn, rows: int) -> pd.Series:
    """A column of one kind, with missing values."""
    values, dtype = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    found = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
    return pd.Series(pd.array(found, dtype=dtype) if dtype is not object else pd.Series(found, dtype=object))


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Users with some of the attributes that rules look at, under an index of their own."""
    ids = draw(st.lists(strategies.user_ids, max_size=8))
    names = draw(st.lists(st.sampled_from(strategies.ATTRIBUTES[1:]), unique=True))
    made = {name: draw(columns(len(ids))) for name in names}
    frame = pd.DataFrame({"user_id": pd.Series(ids, dtype=draw(st.sampled_from(("str", object, "category")))), **made})
    return frame.set_axis([f"row {row}" for row in range(len(ids))])


def context_of(frame: pd.DataFrame, row: int) -> dict[str, Any]:
    """A row's attributes as the evaluator takes them: what is null is left out."""
    cells = {name: frame[name].astype(object).iloc[row] for name in frame.columns if name != "user_id"}
    gone = {name: bool(frame[name].isna().iloc[row]) for name in cells}
    return {name: value for name, value in cells.items() if not gone[name]}


def decided(flags: FlagSet, key: str, frame: pd.DataFrame) -> list[tuple[bool, str, str | None]]:
    """Enabled, reason and variant of every row, by the evaluator."""
    evaluator = Evaluator(flags)
    decide = evaluator.evaluate if key in flags else evaluator.assign
    found = [decide(str(frame["user_id"].iloc[row]), key, context_of(frame, row)) for row in range(len(frame))]
    return [(decision.enabled, decision.reason, decision.variant) for decision in found]


def outcomes(result: pd.DataFrame, key: str) -> list[tuple[bool, str, str | None]]:
    """The same three of a frame of results."""
    variants = result[f"{key}.variant"].astype(object)
    columns = (
        result[f"{key}.enabled"].tolist(),
        result[f"{key}.reason"].tolist(),
        variants.where(variants.notna(), None),
    )
    return list(zip(*columns, strict=True))
