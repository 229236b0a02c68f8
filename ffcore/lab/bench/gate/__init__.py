"""The gate: is this code slower than that, by how much, and how often would the answer be a false alarm."""

from ffcore.lab.bench.gate.alarms import Alarms, calibrate
from ffcore.lab.bench.gate.builds import Build, find
from ffcore.lab.bench.gate.judging import MARGIN, Change, judged, verdict
from ffcore.lab.bench.gate.races import SIZES, Size, multiples, race, sized

__all__ = [
    "MARGIN",
    "SIZES",
    "Alarms",
    "Build",
    "Change",
    "Size",
    "calibrate",
    "find",
    "judged",
    "multiples",
    "race",
    "sized",
    "verdict",
]
