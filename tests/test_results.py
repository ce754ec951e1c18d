"""Results tell what code made them, and when that code is no longer the same."""

import json

import numpy as np
import pytest

from common.results import changed_code, code_that_runs, load_result, save_result
from common.results.code import code_hash
from common.results.files import HERE, append_log, read_log
from common.stft import STFTConfig, istft, stft

SOURCE = '''"""Docstring."""

import math  # a comment

SCALE = 2
__all__ = ["f"]


def f(x):
    """Another,
    of two lines."""
    return math.sin(x) + 1  # and "this"


class Thing:
    size: int = 3

    def grow(self):
        return self.size + 1


def other():
    return 0
'''
RAN = ["Thing.grow", "f"]


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("*.json")))
def test_committed_results_belong_to_the_code(name):
    result = load_result(name)
    assert result["code"]
    stale = changed_code(result["code"])
    assert not stale, f"{', '.join(stale)} changed: run {result['made_by']}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Docstring", "Other words"),
        ("  # a comment", ""),
        ("# and", "# or"),
        ("Another,\n    of two lines.", "One."),
        ("\n\n\ndef", "\n\ndef"),
        ("sin(x) + 1", "sin( x )+1"),
        ("import math", "import math, os"),
        ('["f"]', '["f", "other"]'),
        ("return 0", "return 1"),
        ("def other():\n    return 0", ""),
    ],
)
def test_words_and_what_did_not_run_leave_the_hash(old, new):
    assert SOURCE.replace(old, new) != SOURCE
    assert code_hash(SOURCE.replace(old, new), RAN) == code_hash(SOURCE, RAN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sin(x) + 1", "sin(x) + 2"),
        ("math.sin", "math.cos"),
        ("f(x)", "f(x, y=1)"),
        ("def f", "@decorated\ndef f"),
        ("SCALE = 2", "SCALE = 3"),
        ("size: int = 3", "size: int = 4"),
        ("self.size + 1", "self.size"),
        ("class Thing", "@dataclass\nclass Thing"),
        ("def grow", "def shrink"),
    ],
)
def test_what_ran_does_not(old, new):
    assert SOURCE.replace(old, new) != SOURCE
    assert code_hash(SOURCE.replace(old, new), RAN) != code_hash(SOURCE, RAN)


def test_a_result_is_written_with_the_code_that_ran(tmp_path):
    x = np.ones(3000, dtype=np.float32)
    with code_that_runs() as code:
        stft(x)
        sum(number for number in range(3))
    stft(x, STFTConfig(hop=128)), istft(stft(x), length=3000)  # after it: not noted
    assert "common/checks.py" not in code and "tests/test_results.py" not in code
    assert "stft" in code["common/stft.py"]["functions"]
    assert "istft" not in code["common/stft.py"]["functions"]
    save_result("x", {"a": [1.5, None]}, songs="songs-1", code=code, folder=tmp_path)
    result = load_result("x", folder=tmp_path)
    assert result["content"] == {"a": [1.5, None]}
    assert result["made_by"] == "python -m common.results x"
    save_result("y", 1, songs="songs-1", code=code, folder=tmp_path, made_by="make y")
    assert load_result("y", folder=tmp_path)["made_by"] == "make y"
    assert result["code"] == code and not changed_code(code)
    gone = {"functions": ["stft"], "hash": "0"}
    assert changed_code({"common/stft.py": gone, "common/gone.py": gone}) == [
        "common/stft.py", "common/gone.py"
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.json", "y.json"]


def test_a_failed_write_leaves_the_old_result(tmp_path):
    save_result("x", 1, songs="songs-1", code={}, folder=tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        save_result("x", float("nan"), songs="songs-1", code={}, folder=tmp_path)
    assert load_result("x", folder=tmp_path)["content"] == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected one of none, got 'x'"):
        load_result("x", folder=tmp_path)
    (tmp_path / "x.json").write_text(json.dumps({"content": 1}))
    with pytest.raises(ValueError, match="expected a result with code, content"):
        load_result("x", folder=tmp_path)


def test_a_log_keeps_what_is_done(tmp_path):
    path = tmp_path / "runs" / "it.jsonl"
    assert read_log(path) == []
    append_log(path, {"name": "one", "score": 1.5})
    append_log(path, {"name": "two"})
    assert read_log(path) == [{"name": "one", "score": 1.5}, {"name": "two"}]
