"""A module that a library imports for few of its users is imported when one asks for it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = """
import sys
from tasks.check.run import objections
from tasks.check.settings import Expectation

kind = "expect_column_kl_divergence_to_be_less_than"
told = objections(Expectation(type=kind, kwargs={"column": "a", "threshold": 0.1}), ["a"])
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as asking
print(told, "scipy.stats" in sys.modules, round(asking.stats.entropy([0.5, 0.5], base=2)), "scipy.stats" in sys.modules)
import scipy.stats
print(scipy.stats.entropy([1.0]) == 0, asking.stats.norm is scipy.stats.norm)
"""


def test_great_expectations_imports_scipy_stats_when_an_expectation_needs_it() -> None:
    done = subprocess.run([sys.executable, "-c", DISTRIBUTIONS], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines() == ["[] False 1 True", "True True"], done.stdout
