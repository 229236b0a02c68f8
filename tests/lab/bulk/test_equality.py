"""The proof of the bulk engine: case by case it decides as the evaluator does, and hashes as the plain hash does."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest

from ffcore import Decision, Evaluator, Experiment, Flag, FlagSet, hash32
from ffcore.lab import evaluate_frame
from ffcore.lab.bulk import parts
from ffcore.lab.bulk.hashing import hash32_array
from ffcore.lab.bulk.plan import EXPERIMENT_REASONS, FLAG_REASONS
from ffcore.operators import OPERATORS
from tests.support.frames import outcomes
from tests.support.worlds import ALPHABETS, FRAMES, LONGEST, Items, World, seeded, text_of, world

INVALID = (False, "invalid_user_id", None)


@dataclass
class Covered:
    """What the cases so far consisted of."""

    cases: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    unmet: Counter[str] = field(default_factory=Counter)
    bytes_of_ids: Counter[int] = field(default_factory=Counter)
    bytes_of_salts: Counter[int] = field(default_factory=Counter)
    buckets: Counter[int] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    frames: Counter[str] = field(default_factory=Counter)

    def note(self, item: Flag | Experiment, operator: str, found: list[tuple[bool, str, str | None]]) -> None:
        """Count the decisions of one item; `operator` is that of its only rule."""
        reasons = Counter(reason for _, reason, _ in found)
        self.cases += len(found)
        self.reasons += reasons
        if operator:
            self.unmet[operator] += reasons["targeting_rules_not_met"]
            self.met[operator] += len(found) - reasons["targeting_rules_not_met"] - reasons["invalid_user_id"]
        if isinstance(item, Flag):
            self.buckets[item.buckets] += 1
        else:
            self.statuses[item.status] += 1
        salt = item.key if isinstance(item, Flag) else item.salt or item.key
        self.bytes_of_salts[len(salt.encode())] += 1


def expected(users: World, item: Flag | Experiment) -> list[tuple[bool, str, str | None]]:
    """What the evaluator says of each user; an id that it refuses must be invalid in the bulk result too."""
    evaluator = Evaluator(FlagSet([item]) if isinstance(item, Flag) else FlagSet(experiments=[item]))
    ask: Callable[[Any, Any], Decision] = (
        evaluator.flag(item.key)
        if isinstance(item, Flag)
        else lambda user_id, context: evaluator.assign(user_id, item.key, context)
    )
    found = []
    for user_id, context in zip(users.ids, users.contexts, strict=True):
        try:
            one = ask(str(user_id) if isinstance(user_id, int) else user_id, context)
            found.append((one.enabled, one.reason, one.variant))
        except (TypeError, ValueError):
            found.append(INVALID)
    return found


def compare(seed: int, kind: str, covered: Covered, rounds: int, others: int) -> None:
    """One world decided in bulk and user by user; the first difference is shown with its item, id and context."""
    random = seeded(seed)
    users = world(random, kind)
    made = list(Items(random, users).make(rounds, others))
    flags = FlagSet(
        [item for item, _ in made if isinstance(item, Flag)],
        experiments=[item for item, _ in made if isinstance(item, Experiment)],
    )
    result = evaluate_frame(users.frame, flags, on_invalid="mark")
    frame = result if isinstance(result, pd.DataFrame) else result.to_pandas()
    for item, operator in made:
        wanted, found = expected(users, item), outcomes(frame, item.key)
        differing = [row for row, pair in enumerate(zip(found, wanted, strict=True)) if pair[0] != pair[1]]
        seen = [(item, users.ids[row], users.contexts[row], found[row], wanted[row]) for row in differing[:1]]
        assert seen == [], f"{kind}, seed {seed}: {len(differing)} of {len(wanted)} differ"
        covered.note(item, operator, wanted)
    covered.bytes_of_ids.update(len(str(user_id).encode()) for user_id in users.ids if user_id is not None)
    covered.frames[kind] += 1


def check_covered(covered: Covered) -> None:
    """Nothing that a comparison claims to cover was left out: reasons, operators, lengths, bounds."""
    assert set(covered.reasons) == {*FLAG_REASONS, *EXPERIMENT_REASONS}
    assert min(covered.reasons.values()) > 100
    assert set(covered.unmet) == set(OPERATORS)
    assert set(covered.bytes_of_ids) >= {*range(1, LONGEST + 1)}
    assert set(covered.statuses) == {"draft", "active", "paused", "completed"}
    assert min(covered.bytes_of_salts) <= 51 < max(covered.bytes_of_salts)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Rules on attributes without a column warn, which nobody reads here."""
    caplog.set_level("ERROR", "ffcore")


@pytest.mark.slow
def test_a_slice_of_random_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three worlds, in parts that end in the midst of a block: some 200,000 cases like the ten million below."""
    monkeypatch.setattr(parts, "PART_ROWS", 997)
    covered = Covered()
    for seed, kind in enumerate(("table", "objects", "numbers")):
        compare(seed, kind, covered, rounds=2, others=6)

    assert covered.cases >= 200_000
    check_covered(covered)


@pytest.mark.long
def test_ten_million_random_cases(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Every kind of frame in eight worlds each, every operator met and not met, the fewest buckets and the most."""
    covered = Covered()
    for seed, kind in enumerate(FRAMES * 8, start=100):
        monkeypatch.setattr(parts, "PART_ROWS", 997 if seed % 2 else 1 << 18)
        compare(seed, kind, covered, rounds=3, others=30)

    record_property("examples", covered.cases)
    assert covered.cases >= 10_000_000
    check_covered(covered)
    assert set(+covered.met) == set(+covered.unmet) == set(OPERATORS)
    assert {1, 2**32} <= set(covered.buckets)
    assert set(covered.frames.values()) == {8}


@pytest.mark.parametrize("width", ALPHABETS)
@pytest.mark.parametrize("salt", ["", "s", "Größe", "s" * 50, "s" * 51, "日" * 18, "s" * 120], ids=len)
def test_texts_of_every_length_are_hashed_alike(width: int, salt: str) -> None:
    """Texts of 0 to 600 bytes in letters of one to four bytes, the empty one too, which is no id."""
    texts = [text_of(seeded(size), size, width) for size in range(LONGEST + 1)]

    assert [len(text.encode()) for text in texts] == [*range(LONGEST + 1)]
    assert hash32_array(texts, salt).tolist() == [hash32(text, salt) for text in texts]
    assert hash32_array(texts[::-1], salt).tolist() == [hash32(text, salt) for text in texts[::-1]]
