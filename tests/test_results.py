"""Results tell what code made them, and when that code is no longer the same."""

import json

import pytest

from common.results import changed_code, code_hashes, load_result, save_result
from common.results.code import code_hash
from common.results.files import HERE

SOURCE = '''"""Docstring."""

import math  # a comment


def f(x):
    """Another,
    of two lines."""
    return math.sin(x) + 1  # and "this"
'''


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
    ],
)
def test_words_do_not_change_the_hash(old, new):
    assert code_hash(SOURCE.replace(old, new)) == code_hash(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"), [("+ 1", "+ 2"), ("math.sin", "math.cos"), ("f(x)", "g(x)")]
)
def test_code_does(old, new):
    assert code_hash(SOURCE.replace(old, new)) != code_hash(SOURCE)


def test_a_result_is_written_with_the_code_that_is_loaded(tmp_path):
    import common.stft  # noqa: F401

    save_result("x", {"a": [1.5, None]}, songs="songs-1", folder=tmp_path)
    result = load_result("x", folder=tmp_path)
    assert result["content"] == {"a": [1.5, None]}
    assert result["made_by"] == "python -m common.results x"
    assert result["code"] == code_hashes() and "common/stft.py" in result["code"]
    assert not changed_code(result["code"])
    assert changed_code({"common/stft.py": "0", "common/gone.py": "0"}) == [
        "common/stft.py", "common/gone.py"
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_a_failed_write_leaves_the_old_result(tmp_path):
    save_result("x", 1, songs="songs-1", folder=tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        save_result("x", float("nan"), songs="songs-1", folder=tmp_path)
    assert load_result("x", folder=tmp_path)["content"] == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected one of none, got 'x'"):
        load_result("x", folder=tmp_path)
    (tmp_path / "x.json").write_text(json.dumps({"content": 1}))
    with pytest.raises(ValueError, match="expected a result with code, content"):
        load_result("x", folder=tmp_path)
