"""Who gets which variant of an experiment: decided once, kept, and served from then on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import StoreError
from ..evaluator import EXPERIMENT, Evaluator
from ..log import warning
from ..model import Decision, Experiment
from ..tracking import EventTracker
from .assignments import Assignment, AssignmentTable
from .events import Question
from .responses import OK, assignment_body, refusal
from .service import Answer

#: Reasons under which an earlier assignment stands: shares may have changed since, the rules still hold.
STANDING = ("assigned", "not_in_traffic")
#: A decision, and the id of the assignment that it follows.
Outcome = tuple[Decision, str | None]
UNAVAILABLE: Outcome = Decision(False, "assignment_unavailable"), None


class Assigner:
    """Decides assignments and keeps them.

    Args:
        evaluator: Decides who takes part, and the variant of those who are new.
        table: Keeps assignments.
        events: Told of what users get.
    """

    def __init__(self, evaluator: Evaluator, table: AssignmentTable, events: EventTracker | None = None) -> None:
        self.evaluator, self.table, self.events = evaluator, table, events

    def answer(self, asked: Question) -> Answer:
        """Status and body; in a batch, what cannot be answered has an error in its place and spoils no other."""
        answers = {key: self._answer(asked, key, outcome) for key, outcome in self._outcomes(asked).items()}
        if asked.batch:
            return OK, {"user_id": asked.user_id, "assignments": {key: body for key, (_, body) in answers.items()}}
        return answers[asked.keys[0]]

    def _outcomes(self, asked: Question) -> dict[str, Outcome]:
        names: Any = [(EXPERIMENT, key) for key in asked.keys]
        fresh: Any = self.evaluator.batch_evaluate(asked.user_id, names, asked.context)
        outcomes: dict[str, Outcome] = {key: (fresh[EXPERIMENT, key], None) for key in asked.keys}
        standing = [key for key, (decision, _) in outcomes.items() if decision.reason in STANDING]
        return outcomes | self._kept(asked.user_id, standing, outcomes)

    def _kept(self, user_id: str, keys: Sequence[str], fresh: dict[str, Outcome]) -> dict[str, Outcome]:
        """What is kept for a user, or from now on; where the table fails nothing is decided anew."""
        try:
            found = self.table.find(user_id, keys)
        except StoreError as error:
            warning("assignments cannot be read: %s", error)
            return dict.fromkeys(keys, UNAVAILABLE)
        return {key: self._outcome(user_id, key, found.get(key), fresh[key]) for key in keys}

    def _outcome(self, user_id: str, key: str, kept: Assignment | None, fresh: Outcome) -> Outcome:
        decision, _ = fresh
        experiment = self._experiment(key)
        if experiment is None:
            return UNAVAILABLE
        if kept is None and decision.variant is not None:
            try:
                kept = self.table.keep(user_id, experiment, decision.variant)
            except StoreError as error:
                warning("an assignment cannot be kept: %s", error)
                return UNAVAILABLE
        return fresh if kept is None else _served(experiment, kept, decision)

    def _experiment(self, key: str) -> Experiment | None:
        found = self.evaluator.cached((EXPERIMENT, key))
        return found if isinstance(found, Experiment) else None

    def _answer(self, asked: Question, key: str, outcome: Outcome) -> Answer:
        decision, assignment_id = outcome
        experiment = self._experiment(key)
        item_id = None if experiment is None else experiment.experiment_id
        if self.events is not None:
            self.events.assigned(asked.user_id, key, item_id, decision, asked.context)
        body = assignment_body(asked.user_id, key, item_id or key, decision.variant, assignment_id)
        return refusal(decision.reason, "experiment", key) or (OK, body)


def _served(experiment: Experiment, kept: Assignment, fresh: Decision) -> Outcome:
    """The decision for a kept variant, or the fresh one where the experiment no longer has that variant."""
    arms = {arm.key: arm for arm in experiment.variants}
    if kept.variant in arms:
        return Decision(True, "assigned", kept.variant, arms[kept.variant].payload), kept.assignment_id
    warning("experiment %s has no variant %s any more, which is kept for a user", experiment.key, kept.variant)
    return fresh, kept.assignment_id if fresh.enabled else None
