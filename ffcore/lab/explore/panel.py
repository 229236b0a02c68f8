"""The panel: widgets for an edit on the left, the answer beside them, renewed at every change."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets as widgets

from ffcore.errors import ConfigError
from ffcore.flagset import FlagSet
from ffcore.lab.verify.users import Users

from .edits import Edit
from .page import page
from .questions import Explorer

HINTS = {
    "allocations": "control 0.5, treatment 0.5",
    "rules": "- {attribute: country, operator: equals, value: NO}",
}


class Panel:
    """Explore a rollout by hand, in JupyterLab and in Voilà.

    Args:
        flags: the flags in force, at least one.
        users: a sequence of ids, or a frame with `user_id` and context columns.

    Attributes:
        percentage, allocations, rules, margin, flag: the widgets; setting a `value` asks again.
        output: shows the answer, or every mistake of the edit.

    >>> from ffcore import Flag
    >>> panel = Panel(FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=10)]), range(10_000))
    >>> panel.percentage.value = 25
    >>> "2,526 of 10,000 users" in panel.output.value
    True
    """

    def __init__(self, flags: FlagSet, users: Users) -> None:
        if not flags:
            raise ConfigError([("flags", "there is no flag to explore")])
        self._explorer, self._quiet = Explorer(flags, users), True
        self.flag = widgets.Dropdown(options=list(flags), description="Flag")
        self.percentage = widgets.BoundedFloatText(min=0, max=100, step=1, description="Percentage")
        self.slider = widgets.FloatSlider(min=0, max=100, step=0.1, readout=False, description=" ")
        self.allocations = widgets.Text(
            placeholder=HINTS["allocations"], description="Variants", continuous_update=False
        )
        self.rules = widgets.Textarea(placeholder=HINTS["rules"], description="Rules", rows=4, continuous_update=False)
        self.margin = widgets.BoundedFloatText(0.5, min=0.01, max=50, step=0.1, description="Margin, pp")
        self.output = widgets.HTML()
        widgets.link((self.percentage, "value"), (self.slider, "value"))
        self.flag.observe(self._choose, "value")
        for widget in (self.percentage, self.allocations, self.rules, self.margin):
            widget.observe(self._ask, "value")
        self._choose()

    def edit(self) -> Edit:
        """The edit that the widgets hold."""
        return Edit(
            self.flag.value,
            repr(self.percentage.value),
            self.allocations.value,
            self.rules.value,
            self.margin.value / 100,
        )

    def _choose(self, _change: object = None) -> None:
        """Show a flag as it is in force."""
        edit = Edit.of(self._explorer.flags[self.flag.value])
        self._quiet = True
        self.percentage.value = float(self._explorer.flags[self.flag.value].rollout_percentage)
        self.allocations.value, self.rules.value = edit.allocations, edit.rules
        self._quiet = False
        self._ask()

    def _ask(self, _change: object = None) -> None:
        if self._quiet:
            return
        try:
            self.output.value = page(self._explorer.answer(self.edit()))
        except ConfigError as error:
            lines = "".join(f"<li><b>{escape(path)}</b> {escape(message)}</li>" for path, message in error.problems)
            self.output.value = (
                f'<div role="alert" style="color:#b34500"><p>This edit cannot be served:</p><ul>{lines}</ul></div>'
            )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """The widgets where there is a kernel, and the present answer for a page without one."""
        return {**self.box._repr_mimebundle_(), "text/html": self.output.value}

    @property
    def box(self) -> Any:
        """The whole panel as one widget."""
        form = [self.flag, self.percentage, self.slider, self.allocations, self.rules, self.margin]
        left = widgets.VBox(form, layout=widgets.Layout(min_width="330px", flex="0 0 330px"))
        return widgets.HBox([left, self.output], layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))
