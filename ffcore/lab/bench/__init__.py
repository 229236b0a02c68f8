"""Honest measurement: clocks, latency, throughput, hit rate, standard workloads, the machine record."""

from ffcore.lab.bench.clock import timer
from ffcore.lab.bench.fitness import machine_warnings
from ffcore.lab.bench.fresh import fresh_latency
from ffcore.lab.bench.hit_rate import hit_rate
from ffcore.lab.bench.latency import latency
from ffcore.lab.bench.machine import machine_record
from ffcore.lab.bench.sizes import sizes
from ffcore.lab.bench.throughput import throughput
from ffcore.lab.bench.workloads import workloads

__all__ = [
    "fresh_latency",
    "hit_rate",
    "latency",
    "machine_record",
    "machine_warnings",
    "sizes",
    "throughput",
    "timer",
    "workloads",
]
