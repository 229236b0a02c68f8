"""Parameters: every mistake of every notebook is refused, named with the nearest valid name."""

from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.lab.report.parameters import COMMON, Parameter, declared, resolve


def problems(error: pytest.ExceptionInfo[ConfigError]) -> dict[str, str]:
    """Messages by place."""
    return dict(error.value.problems)


def test_declared_reads_names_types_defaults_and_choices(house: Any) -> None:
    """A parameter is its name, its annotated type, its literal default, and the choices of its comment."""
    found = declared(house.notebook("demo"))

    assert list(found) == list(COMMON)
    assert found["profile"] == Parameter("profile", "str", "smoke", "one of: smoke, standard, full")
    assert found["profile"].choices == ("smoke", "standard", "full")


def test_a_default_may_take_several_lines(house: Any) -> None:
    """The comment behind its last line is its help; one of another kind says nothing."""
    cell = f"{house_parameters()}\n# sizes\nlooks: list = [\n    1,  # few\n    'a # b',\n]  # how often"

    assert declared(house.notebook("demo", parameters=cell))["looks"] == Parameter(
        "looks", "list", [1, "a # b"], "how often"
    )


def test_defaults_stand_where_nothing_is_given(house: Any) -> None:
    """What is not given keeps its default."""
    assert resolve([house.notebook("demo")], {})["demo"]["profile"] == "smoke"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("str", "7", "7"),
        ("int", "7", 7),
        ("float", "0.5", 0.5),
        ("bool", "True", True),
        ("bool", "false", False),
        ("list", "[1, 2]", [1, 2]),
    ],
)
def test_text_is_read_as_the_declared_type(kind: str, text: str, value: object) -> None:
    """The command line's text becomes a value of the declared type."""
    assert Parameter("x", kind, None, "").parse(text) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "seven"),
        ("int", "7.5"),
        ("int", True),
        ("float", "nan"),
        ("float", "inf"),
        ("bool", "yes"),
        ("list", "1, 2["),
        ("list", "7"),
        ("str", 7),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: object) -> None:
    """What cannot be read as the declared type is an error, never a guess."""
    with pytest.raises(ValueError, match=f"is no {kind}"):
        Parameter("x", kind, None, "").parse(value)


def test_the_default_is_allowed_beside_the_choices() -> None:
    """An empty fault means none, whatever faults there are."""
    fault = Parameter("fault", "str", "", "one of: leak, biased")

    assert (fault.parse(""), fault.parse("leak")) == ("", "leak")


@pytest.mark.parametrize("text", ["", "  "])
@pytest.mark.parametrize("default", ["data/flags.yaml", None])
def test_a_blank_value_is_none(default: object, text: str) -> None:
    """An empty path would mean the current folder; who writes `flags=` has forgotten the value."""
    with pytest.raises(ValueError, match=f"expected text that is not blank, got '{text}'"):
        Parameter("flags", "str", default, "").parse(text)


def test_a_misspelt_name_is_refused_with_the_nearest(house: Any) -> None:
    """A name that no notebook has is an error that names what was probably meant."""
    with pytest.raises(ConfigError) as error:
        resolve([house.notebook("demo")], {"populaton": "x.csv"})

    assert problems(error) == {"populaton": "unknown parameter; did you mean population?"}


def test_one_notebook_is_enough_to_know_a_name(house: Any) -> None:
    """A parameter of one notebook may be given although the others lack it."""
    more = house.notebook("more", parameters=f"{house_parameters()}\nlooks: int = 5")
    values = resolve([house.notebook("demo"), more], {"looks": "7"})

    assert values["more"]["looks"] == 7
    assert "looks" not in values["demo"]


def test_a_wrong_choice_is_refused_with_the_nearest(house: Any) -> None:
    """A value outside the listed choices is an error."""
    with pytest.raises(ConfigError) as error:
        resolve([house.notebook("demo")], {"profile": "smok"})

    assert problems(error) == {"profile": "'smok' is not allowed; did you mean smoke?"}


def test_a_parameter_without_default_has_to_be_given(house: Any) -> None:
    """`None` as default means that there is none."""
    notebook = house.notebook("demo", parameters=f"{house_parameters()}\nlooks: int = None")

    with pytest.raises(ConfigError) as error:
        resolve([notebook], {})
    assert problems(error) == {"looks": "missing: a value of type int has to be given"}
    assert resolve([notebook], {"looks": "2"})["demo"]["looks"] == 2


def test_all_mistakes_of_all_notebooks_come_at_once(house: Any) -> None:
    """One message names every mistake: unknown, mistyped, undeclared, and annotated beyond papermill."""
    lines = [
        'flags: "str | None" = "x"',
        'population = "y"',
        "id_column: str = flags",
        "profile: str",
        "fault: list = {[]: 1}",
    ]
    bad = house.notebook("bad", parameters="\n".join(lines))
    good = house.notebook("good", parameters=f"{house_parameters()}\nlooks: int = 5")

    with pytest.raises(ConfigError) as error:
        resolve([bad, good], {"looks": "many", "fals": "1"})
    assert set(problems(error)) == {
        "bad: flags",
        "bad: population",
        "bad: id_column",
        "bad: profile",
        "bad: fault",
        "looks",
        "fals",
    }
    assert problems(error)["bad: id_column"] == "its default flags is no literal"
    assert problems(error)["bad: fault"] == "its default {[]: 1} is no literal"


@pytest.mark.parametrize("tags", [[], ["parameters", "parameters"]])
def test_exactly_one_parameters_cell_is_needed(house: Any, tags: list[str]) -> None:
    """No cell to inject into, or two of them, is a defect of the notebook."""
    import nbformat

    path = house.notebook("demo")
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    notebook.cells = [notebook.cells[0], *(cells[0] for _ in tags)]
    for number, cell in enumerate(notebook.cells):
        notebook.cells[number] = nbformat.from_dict({**cell, "id": f"cell-{number}"})
    nbformat.write(notebook, path)

    with pytest.raises(ConfigError, match="needs exactly one"):
        resolve([path], {})


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"nbformat": 4}', '{"nbformat": 9, "cells": []}'])
def test_a_file_that_is_no_notebook_is_refused_with_the_others(house: Any, text: str) -> None:
    """A damaged notebook is one line of the message, beside the mistakes of the others."""
    bad = house.write("notebooks/bad.ipynb", text)

    with pytest.raises(ConfigError) as error:
        resolve([bad, house.notebook("demo")], {"profile": "smok"})
    assert set(problems(error)) == {"bad", "profile"}
    assert "is no notebook that can be read" in problems(error)["bad"]


def test_a_parameters_cell_that_is_no_python_is_refused(house: Any) -> None:
    """A syntax error in the cell is a message with the notebook's name."""
    with pytest.raises(ConfigError) as error:
        resolve([house.notebook("demo", parameters="flags: : str")], {})

    assert problems(error) == {"demo": "is no notebook that can be read: invalid syntax (<unknown>, line 1)"}


def house_parameters() -> str:
    """The common parameters, as a cell."""
    return "\n".join(f'{name}: str = ""' for name in COMMON)
