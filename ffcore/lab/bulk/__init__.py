"""Decisions over whole populations: numba kernels, frames and files, bit for bit equal to the evaluator."""
