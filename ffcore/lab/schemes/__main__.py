"""Holds schemes against files of test vectors, or times their hashes: ``python -m ffcore.lab.schemes``."""

import sys

from ffcore.lab.schemes.command import main

if __name__ == "__main__":
    sys.exit(main())
