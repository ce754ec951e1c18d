"""What GitHub runs: files that parse, commands that exist, no more rights than they need."""

import os
import re

import pytest
import yaml

from common.build.book import ROOT

FOLDER = ROOT / ".github/workflows"
WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.yml")
}
JOBS = {
    f"{name}: {job}": settings
    for name, workflow in WORKFLOWS.items()
    for job, settings in workflow["jobs"].items()
}
STEPS = [(name, step) for name, job in JOBS.items() for step in job["steps"]]
PHONY = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
TARGETS = set(" ".join(PHONY).split())
PUBLISH = "book.yml: publish"


def commands(job):
    """The text of a job's own commands, once for each entry of its matrix."""
    text = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    for name, values in job.get("strategy", {}).get("matrix", {}).items():
        text = "\n".join(text.replace(f"${{{{ matrix.{name} }}}}", value) for value in values)
    return text


def test_there_is_one_workflow_for_the_book_and_one_for_the_newest_packages():
    triggers = {name: set(workflow[True]) for name, workflow in WORKFLOWS.items()}  # YAML's `on`
    assert triggers == {
        "book.yml": {"push", "pull_request"}, "newest.yml": {"schedule", "workflow_dispatch"},
    }  # fmt: skip


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_may_only_read_and_never_runs_twice_at_a_time(name):
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    assert WORKFLOWS[name]["concurrency"]["group"]


@pytest.mark.parametrize("name", JOBS)
def test_only_the_job_that_publishes_may_write_and_only_pages(name):
    wanted = {"pages": "write", "id-token": "write"} if name == PUBLISH else None
    assert JOBS[name].get("permissions") == wanted
    assert 0 < JOBS[name]["timeout-minutes"] <= 150


def test_only_a_tag_is_published_after_the_tests_and_by_no_command_of_ours():
    assert JOBS[PUBLISH]["needs"] == "test"
    assert JOBS[PUBLISH]["if"] == "github.ref_type == 'tag'"
    assert not commands(JOBS[PUBLISH])
    [hand_on] = [step for _, step in STEPS if "pages-artifact" in step.get("uses", "")]
    assert hand_on["if"] == JOBS[PUBLISH]["if"]


@pytest.mark.parametrize("step", [step for _, step in STEPS if "uses" in step],
                         ids=lambda step: step["uses"])  # fmt: skip
def test_actions_are_github_s_own_at_a_major_version(step):
    assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
    if step["uses"].startswith("actions/checkout@"):
        assert step["with"]["persist-credentials"] is False
    for names in re.findall(r"hashFiles\((.+?)\)", str(step.get("with", {}).get("key", ""))):
        for pattern in re.findall(r"'(.+?)'", names):
            assert list(ROOT.glob(pattern)), pattern


@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if commands(job)])
def test_commands_name_what_is_there(name):
    text = commands(JOBS[name])
    scripts = re.findall(r"^\.[\w/]+$", text, re.MULTILINE)
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)
    text += "".join((ROOT / script).read_text() for script in scripts)
    made = re.findall(r"^(?:exec )?make (.+?)(?: <.*)?$", text, re.MULTILINE)
    assert made and "matrix" not in text
    assert set(made) <= TARGETS


def test_tag_is_looked_for_where_config_has_it():
    """The step's pattern, with the tag that `_config.yml` names, finds one line there."""
    [step] = [step for _, step in STEPS if "grep -qx" in step.get("run", "")]
    line = re.search(r'grep -qx "(.+?)" _config.yml', step["run"])[1]
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    tag = yaml.safe_load(config)["repository"]["branch"]
    assert config.splitlines().count(line.replace("$GITHUB_REF_NAME", tag)) == 1
