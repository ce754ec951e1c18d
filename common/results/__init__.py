"""Measured tables that take long to make, committed as data, and the commands that made them.

Each file names the command that makes it again, ``python -m common.results NAME`` if nothing speaks
against it, and the functions that made it, with their hash, so that a test can tell when a result
has outlived its code.
"""

from common.results.code import changed_code, code_that_runs
from common.results.files import load_result, result_path, save_result

__all__ = ["changed_code", "code_that_runs", "load_result", "result_path", "save_result"]
