"""Every model with an acquisition and the tissue that it meets."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))  # both rooms share examples.py
