"""The order of a run: what it was asked for and started from, read again as it was written."""

from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.lab.report import order
from ffcore.lab.report.plan import prepare


def test_an_order_is_read_as_it_was_kept(house: Any) -> None:
    """Parameters, hashes, copies of what was read, and the pins of everything installed lie in the run's folder."""
    source = house.notebook("demo", "1")
    plan = prepare([], {"profile": "smoke"}, house.root / "reports")
    order.keep(plan)
    kept = order.read(plan.folder)

    assert kept.notebooks == plan.values
    assert kept.hashes["demo.ipynb"] == order.sha256(source)
    assert set(kept.hashes) == {"demo.ipynb", "flags.yaml", "users.csv"}
    assert {path.name for path in (plan.folder / "source").iterdir()} == {"demo.ipynb", "flags.yaml", "targets.yaml"}
    assert any(line.startswith("numpy==") for line in (plan.folder / "pins.txt").read_text().splitlines())


@pytest.mark.parametrize("text", ["", "[1]", "version: 1", "a: [", "[" * 9_999, None])
def test_a_damaged_order_is_one_message(house: Any, text: str | None) -> None:
    """What is no order is refused with its place."""
    if text is not None:
        house.write("order.yaml", text)

    with pytest.raises(ConfigError, match=r"order\.yaml.*is no order of a run"):
        order.read(house.root)


def test_a_run_goes_on_only_from_what_it_began_with(house: Any) -> None:
    """The plan comes back as it was; a notebook or a flag file that changed since, or is gone, is named."""
    house.notebook("demo", "1")
    gone = house.notebook("gone", "1")
    plan = prepare([], {"profile": "smoke"}, house.root / "reports")
    order.keep(plan)

    assert order.resume(plan.folder) == plan
    assert not order.is_complete(plan.folder)
    gone.unlink()
    house.write("data/flags.yaml", "flags: []")
    with pytest.raises(ConfigError) as caught:
        order.resume(plan.folder)
    assert {path for path, _ in caught.value.problems} == {"gone.ipynb", "flags.yaml"}
