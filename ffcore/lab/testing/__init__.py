"""Tools for testing: seeded faults to try a monitor on."""
