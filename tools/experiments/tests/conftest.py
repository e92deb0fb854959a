"""The modules of the experiments and the Python recorder, for every test here."""

import sys
from pathlib import Path

EXPERIMENTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(EXPERIMENTS / "modules"), str(EXPERIMENTS.parent / "python")]
