"""``python -m calcimeasure``."""

from calcimeasure.cli import main

main()
