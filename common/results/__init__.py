"""Measured tables that take long to make, committed as data, and the commands that made them.

``python -m common.results NAME`` makes a result again. Each file names the code that made it, by
hash, so that a test can tell when a result has outlived its code.
"""

from common.results.code import changed_code, code_hashes
from common.results.files import load_result, result_path, save_result

__all__ = ["changed_code", "code_hashes", "load_result", "result_path", "save_result"]
