"""Runs the calibration: ``python -m ffcore.lab.testing.calibration``."""

import sys

from ffcore.lab.testing.calibration.command import main

if __name__ == "__main__":
    sys.exit(main())
