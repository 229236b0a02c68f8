"""Is it ready for production? Alarms, capacity for given traffic, and what further measures would bring."""

from ffcore.lab.readiness.alarms import alarm_checks, alarm_inputs
from ffcore.lab.readiness.assessment import Assessment, assess
from ffcore.lab.readiness.capacity import Capacity, Demand, plan
from ffcore.lab.readiness.cover import covered
from ffcore.lab.readiness.levers import Levers, levers
from ffcore.lab.readiness.measures import ROUNDS, measures

__all__ = [
    "ROUNDS",
    "Assessment",
    "Capacity",
    "Demand",
    "Levers",
    "alarm_checks",
    "alarm_inputs",
    "assess",
    "covered",
    "levers",
    "measures",
    "plan",
]
