"""Calibration: whether checks alarm as rarely, and see as much, as they state; the package runs as a command."""
