"""Users of a check: ids as text and, where rules ask for them, context attributes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.population import contexts
from ffcore.model import Rule, RuleGroup

ID_COLUMN = "user_id"
FEW = 5

#: Any sequence of ids, or a frame with the column ``user_id`` and context columns.
Users = Iterable[Any] | pd.DataFrame


@dataclass(frozen=True, slots=True)
class Population:
    """User ids, and the frame whose other columns are their context (None: no context)."""

    ids: list[str]
    frame: pd.DataFrame | None = None

    def contexts(self, attributes: Iterable[str]) -> list[dict[str, Any]]:
        """One context for each user, of the attributes that are columns; a null is left out (missing)."""
        if self.frame is None:
            return [{} for _ in self.ids]
        return list(contexts(self.frame[[name for name in self.frame.columns if name in set(attributes)]]))

    def missing(self, attributes: Iterable[str]) -> list[str]:
        """The attributes that no column holds."""
        columns = () if self.frame is None else self.frame.columns
        return sorted({name for name in attributes if name not in columns and name != ID_COLUMN})


def read_users(users: Users) -> Population:
    """The population of a sequence of ids or a frame; whole-number ids are read as text.

    Raises a ConfigError for a frame without ``user_id`` and for ids that are null, blank or no text, with their count
    and first positions.

    >>> read_users([17, "anna"]).ids
    ['17', 'anna']
    """
    if isinstance(users, str):
        raise ConfigError([("users", "is one text; expected a sequence of ids or a frame")])
    convert = getattr(users, "to_pandas", None)
    frame = convert() if convert else users
    if not isinstance(frame, pd.DataFrame):
        return Population(read_ids(frame))
    if ID_COLUMN not in frame.columns:
        columns = [str(column) for column in frame.columns]
        raise ConfigError([("users", f"the frame has no column {ID_COLUMN}{suggestion(ID_COLUMN, columns)}")])
    return Population(read_ids(frame[ID_COLUMN]), frame)


def read_ids(values: Iterable[Any]) -> list[str]:
    """Ids as text, each checked."""
    found = values.tolist() if hasattr(values, "tolist") else list(values)
    ids = [str(value) if type(value) is int else value for value in found]
    wrong = [place for place, value in enumerate(ids) if not isinstance(value, str) or not value.strip()]
    if wrong:
        first = ", ".join(f"{shown(found[place])} at {place}" for place in wrong[:FEW])
        count = f"{len(wrong):,} of {len(ids):,} ids"
        raise ConfigError([("users", f"{count} are null, blank or no text (first: {first})")])
    return ids


def rule_attributes(rules: Iterable[Rule | RuleGroup]) -> set[str]:
    """The names of all attributes that rules look at.

    >>> rule_attributes([Rule("country", "equals", "NO")])
    {'country'}
    """
    names: set[str] = set()
    for rule in rules:
        names |= {rule.attribute} if isinstance(rule, Rule) else rule_attributes(rule.rules)
    return names
