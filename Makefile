# make book    the book, in _build/html      make test    every test
# make serve   show it in a browser          make check   the tests that take under a minute
# make print   the book as one PDF, for paper
#
# The first of them sets up .venv with the pinned packages and makes the songs (.data).

# The Python that makes .venv: the first of 3.11 to 3.13 that runs, or PYTHON=/path/to/python.
FITS   := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
            $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)

VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/stamp
PINS   := common/build/pins.txt
TOOLS  := common/build/requirements.txt
WANTED := requirements.txt $(TOOLS)
PINNED := --constraint $(PINS)
NEWEST := _build/newest
# In the order of the files: sorted by their number of tests, the longest, of few, would come last.
PYTEST := $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# librosa's compiled functions, into numba's cache before anything runs side by side: where two
# processes fill it at once, numba can mix their files, and whoever loads those crashes.
# https://github.com/numba/numba/issues/10128
COMPILE := import librosa.beat, librosa.core.audio, librosa.core.pitch, librosa.util.utils

# One thread a process, the same everywhere: notebooks, tests and their kernels run side by side.
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export NUMBA_NUM_THREADS := 1
export PYTHONHASHSEED := 0
export IPYTHONDIR := $(CURDIR)/_build/ipython
unexport MUSDB_PATH MPLBACKEND

.NOTPARALLEL:
.PHONY: book execute serve print test check songs colab-check newest bootstrap strip pins clean

book: songs
	$(PY) -m common.build book

execute: songs
	$(PY) -m common.build execute

serve: $(STAMP)
	$(PY) -m common.build serve

print: book
	$(PY) -m common.build print

test: check book
	$(PYTEST) -m slow --nbval tests _build/executed

check: $(STAMP)
	$(PY) -m ruff check .
	$(PYTEST) -m "not slow" tests

songs: $(STAMP)
	$(PY) -m common.data make

# Every notebook as Colab would run it, with Colab's versions of the packages, from the last commit.
# ARGS="--python python3.13 book/index" picks the Python and the pages.
colab-check: $(STAMP)
	$(PY) -m tests.colab.check $(ARGS)

# Every notebook of the last commit with the newest versions that the ranges allow, torch's included,
# in a clone with an environment of its own; it says first which versions are not the pinned ones.
newest:
	rm -rf $(NEWEST)
	git clone --quiet . $(NEWEST)
	grep -v '^torch==' $(TOOLS) > $(NEWEST)/$(TOOLS)
	$(MAKE) -C $(NEWEST) PINNED= $(STAMP)
	$(NEWEST)/$(PY) -m pip freeze | tr _ - | grep -ivxFf $(PINS) || true
	$(MAKE) -C $(NEWEST) PINNED= execute

bootstrap: $(STAMP)
	$(PY) -m common.build bootstrap

strip: $(STAMP)
	find book -name '*.ipynb' | xargs $(VENV)/bin/nbstripout --keep-id

# The exact versions, for Python 3.11 to 3.13 on Linux, macOS and Windows. A changed requirement
# moves no other version; `make pins UPGRADE=--upgrade` moves them all.
pins: $(STAMP)
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	  --no-annotate --no-emit-package soxbindings $(UPGRADE) \
	  --custom-compile-command "make pins" --output-file $(PINS) $(WANTED)

clean:
	rm -rf _build .pytest_cache .ruff_cache .import_linter_cache

$(STAMP): $(WANTED) $(PINS) $(shell find common/compat/soxbindings -name '*.py' -o -name '*.toml')
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the packages in $(VENV): a minute or two, 2 GB"
	$(PY) -m pip install --quiet --disable-pip-version-check --only-binary=:all: $(PINNED) $(WANTED:%=--requirement %)
	$(PY) -c "$(COMPILE)"
	touch $(STAMP)
