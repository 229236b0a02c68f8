"""Verification: statistical checks of how users are assigned; each returns a Check."""

from ffcore.lab.verify.assignments import logged, vectorized
from ffcore.lab.verify.audits import audit
from ffcore.lab.verify.avalanche import avalanche
from ffcore.lab.verify.blast import blast_radius
from ffcore.lab.verify.check import Check, combine
from ffcore.lab.verify.explaining import explain
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.fleets import fleet
from ffcore.lab.verify.independent import independence
from ffcore.lab.verify.openfeature import from_openfeature
from ffcore.lab.verify.power import plan
from ffcore.lab.verify.ramps import ramp
from ffcore.lab.verify.rollouts import rollout
from ffcore.lab.verify.sequential import sequential_sample_ratio
from ffcore.lab.verify.shares import sample_ratio
from ffcore.lab.verify.uniform import uniformity
from ffcore.lab.verify.variant_shares import variants

__all__ = [
    "Check",
    "audit",
    "avalanche",
    "blast_radius",
    "combine",
    "explain",
    "fleet",
    "from_openfeature",
    "independence",
    "logged",
    "plan",
    "ramp",
    "read_exposures",
    "rollout",
    "sample_ratio",
    "sequential_sample_ratio",
    "uniformity",
    "variants",
    "vectorized",
]
