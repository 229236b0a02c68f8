"""The figures of the notebooks on shares, or a sentence where a flag set gives nothing to draw."""

from collections.abc import Sequence

from ffcore.lab import plots
from ffcore.lab.figures import sequential
from ffcore.lab.verify.check import Check

NOTHING = "Nothing to draw: this flag set has nothing of the kind."


def overview(checks: Sequence[Check]) -> plots.Chart | str:
    """Draw all checks, one row each, in units of their margins.

    >>> overview([])
    'Nothing to draw: this flag set has nothing of the kind.'
    """
    return plots.overview({check.name: check for check in checks}) if checks else NOTHING


def widest_ramp(checks: Sequence[Check]) -> plots.Chart | str:
    """Draw the check with the most variants along its ramp; a faulty function has no ramp to draw.

    >>> widest_ramp([])
    'Nothing to draw: this flag set has nothing of the kind.'
    """
    ramped = [check for check in checks if len(check.details.get("ramp", ())) > 1]
    return plots.ramp(max(ramped, key=lambda check: len(check.estimate))) if ramped else NOTHING


def farthest_path(checks: Sequence[Check]) -> plots.Chart | str:
    """Draw the running check whose e-value went highest.

    >>> farthest_path([])
    'Nothing to draw: this flag set has nothing of the kind.'
    """
    running = [check for check in checks if check.details.get("path")]
    return sequential.path(max(running, key=lambda check: check.details["log10_e"])) if running else NOTHING
