"""Outages made on purpose: faults below boto3 and on the wire, and what becomes of decisions and events under them."""

from ffcore.lab.testing.outages.faults import FAULTS
from ffcore.lab.testing.outages.injector import Injector
from ffcore.lab.testing.outages.proxy import Proxy
from ffcore.lab.testing.outages.result import Outcome, as_frame
from ffcore.lab.testing.outages.trial import Load, try_faults

__all__ = ["FAULTS", "Injector", "Load", "Outcome", "Proxy", "as_frame", "try_faults"]
