"""A vendor's flag as read from its file: rules in order, the first that gives an answer decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.errors import ConfigError, suggestion
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.frames import evaluate_frame
from ffcore.lab.schemes.assignments import Answer, Assignment
from ffcore.lab.schemes.draws import present
from ffcore.model import Flag, Rule, RuleGroup

Condition: TypeAlias = Rule | RuleGroup
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlagRule:
    """One rule of a flag.

    Attributes:
        when: Who the rule is for; all conditions hold.
        gate: Who of them is in; None for all.
        draw: The arm of whoever is in; None where everybody gets ``answers[""]``.
        answers: Arm -> answer; an arm that is not among them passes on to the next rule.
    """

    answers: Mapping[str, Answer]
    when: tuple[Condition, ...] = ()
    gate: Assignment | None = None
    draw: Callable[[Any], Any] | None = None

    def given(self, ids: NDArray[Any], mask: Mask) -> tuple[Mask, NDArray[Any]]:
        """Who gets an answer from this rule, of those in the mask, and the answers of all."""
        if self.gate is not None:
            mask = mask & np.asarray(self.gate(ids), dtype=bool)
        if self.draw is None:
            return mask, np.full(len(ids), self.answers[""], dtype=object)
        arms = np.asarray(self.draw(ids), dtype=object)
        known = mask & np.array([arm in self.answers for arm in arms.tolist()], dtype=bool)
        return known, np.array([self.answers.get(arm) for arm in arms.tolist()], dtype=object)


@dataclass(frozen=True, slots=True)
class VendorFlag:
    """One flag: called with ids it is the subject of ``verify.rollout`` and ``verify.variants``.

    Attributes:
        key: The flag's key.
        default: What users get to whom no rule gives an answer.
        rules: The rules in their order.
        uncovered: What of this flag is not followed, with its path; then nothing can be recomputed.
    """

    key: str
    default: Answer = None
    rules: tuple[FlagRule, ...] = ()
    uncovered: tuple[str, ...] = ()
    vectorized: ClassVar[bool] = True

    def __call__(self, user_ids: Any, key: str | None = None) -> Any:  # noqa: ARG002 - the flag is its own key
        """What users get, of one id or an array of ids; raises ``ConfigError`` where ids alone do not say it."""
        if isinstance(user_ids, str):
            return self([user_ids])[0]
        if any(rule.when for rule in self.rules):
            hint = 'targeting needs attributes; decide(frame) answers, and verify.logged("column") checks its column'
            raise ConfigError([(self.key, hint)])
        return self._decided(_texts(user_ids), None)

    def decide(self, frame: pd.DataFrame, user_id: str = "user_id") -> pd.Series[Any]:
        """What each user of a frame gets; its columns are the attributes, null is missing.

        >>> from ffcore.model import Rule
        >>> flag = VendorFlag("dark-mode", False, (FlagRule({"": True}, (Rule("country", "equals", "NO"),)),))
        >>> flag.decide(pd.DataFrame({"user_id": ["ann", "bob"], "country": ["NO", "SE"]})).tolist()
        [True, False]
        """
        if user_id not in frame:
            raise ConfigError([(user_id, f"the frame has no such column{suggestion(user_id, map(str, frame))}")])
        return pd.Series(self._decided(_texts(frame[user_id]), (frame, user_id)), index=frame.index, name=self.key)

    def _decided(self, ids: NDArray[Any], frame: tuple[pd.DataFrame, str] | None) -> Any:
        if self.uncovered:
            raise ConfigError([(self.key, f"cannot be recomputed: {line}") for line in self.uncovered])
        answers = np.full(len(ids), self.default, dtype=object)
        matches = targeted(self.rules, frame) if frame else {}
        for number, rule in reversed(list(enumerate(self.rules))):
            mask, given = rule.given(ids, matches.get(number, np.ones(len(ids), dtype=bool)))
            answers[mask] = given[mask]
        return answers.astype(bool) if all(isinstance(value, bool) for value in answers.tolist()) else answers


def _texts(ids: object) -> NDArray[Any]:
    """Ids as text; a ``ConfigError`` where one is null."""
    texts: NDArray[Any] = present(ids).text.to_numpy(zero_copy_only=False)
    return texts


def targeted(rules: tuple[FlagRule, ...], frame: tuple[pd.DataFrame, str]) -> dict[int, Mask]:
    """Rule's number -> who meets its conditions, decided as ffcore decides targeting rules."""
    flags = [Flag(str(number), True, 100, rule.when) for number, rule in enumerate(rules) if rule.when]  # type: ignore[arg-type]
    if not flags:
        return {}
    decided = evaluate_frame(frame[0], FlagSet(flags), user_id=frame[1])
    return {int(flag.key): decided[f"{flag.key}.enabled"].to_numpy() for flag in flags}


class FlagFile(Mapping[str, VendorFlag]):
    """The flags of a file by key.

    Attributes:
        vendor: Whose file it is.
        uncovered: Path and reason of everything in the file that is not followed.
    """

    def __init__(self, vendor: str, flags: Mapping[str, VendorFlag], uncovered: tuple[tuple[str, str], ...]) -> None:
        self.vendor, self._flags, self.uncovered = vendor, dict(flags), uncovered

    def __getitem__(self, key: str) -> VendorFlag:
        return self._flags[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __len__(self) -> int:
        return len(self._flags)

    def __repr__(self) -> str:
        return f"FlagFile({self.vendor!r}, {len(self)} flags, {len(self.uncovered)} parts not followed)"
