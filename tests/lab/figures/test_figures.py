"""Tests of how a check finds its figure."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from inspect import signature

import pytest

from ffcore.lab import figures, plots
from ffcore.lab.verify import Check, sample_ratio

FAIR = sample_ratio({"control": 4969, "treatment": 5031}, {"control": 0.5, "treatment": 0.5})


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure for checks named demo, in a module of its own."""
    module = types.ModuleType("ffcore.lab.figures.demo")
    module.__dict__["picture"] = lambda check: plots.chart("a demo", check.name, height=1)[0]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(figures.FIGURES, "demo", ("demo", "picture"))


def test_a_check_without_a_figure_of_its_own_shows_its_intervals() -> None:
    """The default is the figure of intervals against margins."""
    assert FAIR.plot().caption == plots.intervals(FAIR).caption


@pytest.mark.usefixtures("registered")
def test_a_check_is_drawn_by_the_function_registered_for_its_name() -> None:
    """The module is found below the package of figures."""
    assert Check("demo", "pass").plot().caption == "demo"


@pytest.mark.usefixtures("registered")
def test_a_renamed_check_keeps_its_figure() -> None:
    """Notebooks give checks names of their own; the details say which figure they have."""
    check = replace(FAIR, name="checkout", details={**FAIR.details, "figure": "demo"})

    assert check.plot().caption == "checkout"


@pytest.mark.parametrize("name", sorted(figures.FIGURES))
def test_every_registered_figure_takes_a_check(name: str) -> None:
    """The module exists and its function can be called with the check alone."""
    module, function = figures.FIGURES[name]
    found: Callable[..., object] = getattr(import_module(f"ffcore.lab.figures.{module}"), function)

    signature(found).bind(FAIR)


@pytest.mark.slow
def test_checks_load_no_drawing_library() -> None:
    """Only a figure that is asked for costs the import of matplotlib."""
    code = "import sys, ffcore.lab.verify, ffcore.lab.figures; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
