"""The machine record as a notebook shows it: a table, with the warnings above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from ffcore.lab.bench import machine_record, machine_warnings

from . import tables

_SHOWN = {
    "cpu_model": "processor",
    "cpu_affinity": "cores usable",
    "load": "load (1, 5, 15 minutes)",
    "governor": "governor",
    "memory_gib": "memory, GiB",
    "platform": "platform",
    "python": "Python",
    "numpy": "numpy",
    "scipy": "scipy",
    "timer": "clock",
    "timer_resolution_ns": "clock step, ns",
    "timer_overhead_ns": "empty timer pair, ns",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run was measured on (`fields`), and what makes it unfit to measure on (`warnings`)."""

    fields: Mapping[str, object]
    warnings: tuple[str, ...]

    @classmethod
    def record(cls) -> "Machine":
        """Describe this machine now; takes about 10 ms."""
        fields = machine_record()
        return cls(fields, tuple(machine_warnings(fields)))

    @property
    def commit(self) -> str | None:
        """The commit the package is at, `-dirty` where files differ from it; None outside a clone."""
        commit = self.fields.get("commit")
        return None if commit is None else str(commit)

    def to_dict(self) -> dict[str, object]:
        """Give all fields with the warnings under `warnings`, as the result file holds them."""
        return {**self.fields, "warnings": list(self.warnings)}

    def _repr_html_(self) -> str:
        warnings = "".join(f'<p class="warning"><strong>Warning:</strong> {escape(text)}</p>' for text in self.warnings)
        return f"{warnings}{tables.facts(dict(shown(self.fields)))}"


def shown(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    """Name the fields that a reader wants first, with their values as text; None is unknown.

    >>> shown({"python": "3.11.7", "load": [0.5, 0.2, 0.1], "governor": None})
    [('load (1, 5, 15 minutes)', '0.5, 0.2, 0.1'), ('governor', 'unknown'), ('Python', '3.11.7')]
    """
    return [(label, _text(fields[name])) for name, label in _SHOWN.items() if name in fields]


def _text(value: object) -> str:
    if value is None:
        return "unknown"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
