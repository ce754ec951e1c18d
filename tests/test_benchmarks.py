"""The benchmarks: all are found, one runs through, the committed runs are of today's settings."""

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from common.results import load_result
from common.train import Config, make_objective
from common.training.config import build, read_table
from tests import benchmarks
from tests.benchmarks import HEADER, Row
from tests.benchmarks.__main__ import main, names

HERE = Path(benchmarks.__file__).parent
CONFIGS = HERE.parents[1] / "common/configs"


def test_all_modules_of_the_folder_are_listed(capsys):
    modules = {path.stem for path in HERE.glob("*.py")} - {"__init__", "__main__"}
    assert set(names()) == modules >= {"blocks", "training"}
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    listed = capsys.readouterr().out
    assert all(name in listed for name in modules)
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "guitars"])
    assert "invalid choice: 'guitars'" in capsys.readouterr().err


def test_a_row_has_median_and_quartiles_of_the_ratio():
    row = Row.of_pairs("step", "1 ms", "2 ms", np.array([[1, 2], [3, 4], [2, 1.0]]))
    assert (row.low, row.ratio, row.high) == (0.625, 0.75, 1.375)
    assert str(row).split() == ["step", "1", "ms", "2", "ms", "0.750", "(0.625", "to", "1.375)"]
    assert str(Row("page", "1 MB", "2 MB", 0.5)).endswith("2 MB   0.500")


@pytest.mark.slow
def test_every_module_can_measure():
    for name in names():
        assert callable(import_module(f"tests.benchmarks.{name}").measure)


@pytest.mark.slow
def test_a_short_one_runs_through(capsys, monkeypatch):
    from tests.benchmarks import blocks

    monkeypatch.setattr(blocks, "PAIRS", 2)
    monkeypatch.setattr(blocks, "WARM_UP", 0)
    main(["--only", "blocks"])
    header, title, *rows = capsys.readouterr().out.splitlines()
    assert header == HEADER and title == "-- blocks" and len(rows) == 4
    for row in rows:
        assert re.fullmatch(r".* (ms|real time)   \d+\.\d{3} \(\d.* to \d.*\)", row)


@pytest.mark.slow
def test_recipes_are_alike_in_size_and_of_the_settings_they_name():
    from tests.benchmarks import training
    from tests.benchmarks.recipes.ours import Book

    table = read_table(CONFIGS / "vocals.toml")
    config = build(Config, table)
    assert Book.objective == make_objective(config)
    assert config.model.name == "SkipMaskInference"
    content = load_result("recipes")["content"]
    assert content["settings"] == {"seconds": training.SECONDS, "songs": training.SONGS,
                                   "config": table}  # fmt: skip
    assert list(content["runs"]) == list(training.RECIPES)
    ours = content["runs"][training.BOOK][0]["weights"]
    for runs in content["runs"].values():
        assert [run["learning_rate"] for run in runs] == list(training.LEARNING_RATES)
        assert all(0.8 < run["weights"] / ours < 1.2 for run in runs)
    assert len(training.measure()) == len(training.RECIPES) - 1
