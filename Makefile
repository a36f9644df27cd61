# `make demo` and `make test` do all the set-up on a machine that has Python 3.11 or newer, pip and make.
# Everything goes into .venv beside this file; only `make test` installs outside it: what Qt needs, as root on Debian or Ubuntu.
# GNU make 3.81 (macOS) must be able to read this file.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # two pips in one .venv spoil it
.PHONY: help demo test test-pyside test-viewer lint docs bench bench-full sample-dicom clean python-path libraries rebuild

VENV_PYTHON := .venv/bin/python
# There while something is being made in .venv, so that the next run sees an interrupted one and starts anew.
UNFINISHED := .venv/.unfinished
CONSTRAINTS := .ci/constraints.txt
# Further arguments for pytest: make test ARGS="tests/gui -x"
ARGS ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile
	@echo '  PYTHON=/path/to/python3 chooses the Python that .venv is made with; ARGS="..." are passed on to pytest.'

demo: .venv/.package ## set up, then measure the samples in sample_dicom into results
	@$(VENV_PYTHON) -m calcimeasure measure sample_dicom --out results

# Two processes. All tests of a file run in one of them, because they share what is measured once. Threads of OpenBLAS
# that wait for each other would take the core of the other process.
test: libraries .venv/.group-test ## set up, then run all tests
	$(QT) OPENBLAS_NUM_THREADS=1 $(VENV_PYTHON) -m pytest -n 2 --dist loadfile $(ARGS)

# Its pages are downloaded into build/viewer. The options replace those of pyproject.toml, which leave tests/viewer out.
test-viewer: .venv/.group-viewer ## set up, then show the report and the samples in a browser (needs Orthanc, chromium, npm)
	$(VENV_PYTHON) -m pytest tests/viewer -o addopts="--strict-markers --strict-config -ra" $(ARGS)

# The other binding of Qt has an environment of its own: a process must not find both. It is no part of .ci/run.
# PySide6 6.12.0 ends Python 3.11 with an error when the program closes; 6.11.3 does not.
PYSIDE_PYTHON := .venv-pyside/bin/python
test-pyside: libraries .venv-pyside/.made ## set up PySide6 in .venv-pyside, then run the tests of the review window with it
	QT_API=pyside6 PYTEST_QT_API=pyside6 $(QT) $(PYSIDE_PYTHON) -m pytest tests/gui/test_panel.py tests/gui/test_stack_to_stack.py tests/gui/test_deciding.py tests/gui/test_reading_room.py $(ARGS)

.venv-pyside/.made: $(wildcard $(CONSTRAINTS)) pyproject.toml .venv/.made
	rm -rf .venv-pyside && $(VENV_PYTHON) -m venv --without-pip .venv-pyside
	$(VENV_PYTHON) -m pip --python $(PYSIDE_PYTHON) install --quiet --editable . --group test "napari>=0.9.2,<0.10" PySide6==6.11.3 \
		$(if $(wildcard $(CONSTRAINTS)),--constraint $(CONSTRAINTS))
	@touch $@

lint: .venv/.group-test ## check format, style, types and layers
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) .venv/bin/lint-imports

docs: .venv/.group-docs ## build the documentation into build/docs
	NO_MKDOCS_2_WARNING=1 $(VENV_PYTHON) -m mkdocs build --quiet

# The options replace those of pyproject.toml, which leave tests/bench out. No test here needs pytest-qt; the review opens its own windows.
bench: libraries .venv/.group-bench ## set up, then run the benchmarks that take no longer than some minutes
	$(QT) $(VENV_PYTHON) -m pytest tests/bench -o addopts="--strict-markers --strict-config" -p no:pytest-qt --benchmark-only $(ARGS)

# It goes on where an earlier run was interrupted.
bench-full: libraries .venv/.group-bench ## all benchmarks, the long ones too
	$(QT) $(VENV_PYTHON) -m tests.bench.full

sample-dicom: .venv/.package ## write sample_dicom anew
	$(VENV_PYTHON) -m tests.dicom_phantom sample_dicom

clean: ## remove .venv and everything that can be made again
	rm -rf .venv build dist results .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Python and .venv

# The first of these that runs and is new enough. A shim can be on PATH and still not run (pyenv: exit 127).
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3)
# In an activated .venv this is the Python below it: .venv must not be made with itself.
PYTHON_PATH := import sys; sys.version_info >= (3, 11) and print(getattr(sys, "_base_executable", sys.executable))
define choose_python
python=; \
for candidate in $(PYTHONS); do \
	python=$$("$$candidate" -c '$(PYTHON_PATH)' 2>/dev/null) && [ -n "$$python" ] && break; \
	python=; \
done; \
if [ -z "$$python" ]; then \
	echo 'Python 3.11 or newer is needed, and none of these is one: $(PYTHONS). Install it, or name it: make PYTHON=/path/to/python3' >&2; \
	exit 1; \
fi
endef

python-path: ## print the Python that .venv is made with
	@$(choose_python); echo "$$python"

# .venv is made again where it was never finished, or its Python is too old or no longer runs (removed, or replaced by another).
USABLE := [ ! -e $(UNFINISHED) ] && $(VENV_PYTHON) -c "import pip, sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null
ifneq ($(shell $(USABLE) && echo usable),usable)
.venv/.made: rebuild
endif

# A .venv that somebody made by hand is taken as it is. Debian's python3 comes without ensurepip: pip then installs pip.
.venv/.made:
	@if ! { $(USABLE); }; then \
		$(choose_python); \
		echo "Making .venv with $$python"; \
		rm -rf .venv/bin .venv && mkdir .venv && touch $(UNFINISHED) || exit 1; \
		if "$$python" -c 'import ensurepip' 2>/dev/null; then \
			"$$python" -m venv .venv || exit 1; \
		elif "$$python" -m pip --version >/dev/null 2>&1; then \
			"$$python" -m venv --without-pip .venv && "$$python" -m pip --python $(VENV_PYTHON) install --quiet pip || exit 1; \
		else \
			echo "$$python has neither ensurepip nor pip: install one (Debian and Ubuntu: apt-get install python3-venv)." >&2; \
			exit 1; \
		fi; \
		rm $(UNFINISHED); \
	fi
	@touch $@

# Editable, so that a change of the code needs no new installation. In the versions that were tested, where those have wheels.
define install
@echo "Installing calcimeasure$(1)$(if $(2), and what its developers use) into .venv (the first time takes a minute or two)"
@trap 'exit 130' HUP INT TERM; \
touch $(UNFINISHED); \
$(if $(2),$(VENV_PYTHON) -m pip install --quiet "pip>=25.1" && )\
$(VENV_PYTHON) -m pip install --quiet --editable ".$(1)" $(2) \
	$(if $(wildcard $(CONSTRAINTS)),$$($(VENV_PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 15))' && echo --constraint $(CONSTRAINTS))); \
status=$$?; \
rm $(UNFINISHED); \
exit $$status
@touch $@
endef
INSTALLED_AFTER := .venv/.made pyproject.toml $(wildcard $(CONSTRAINTS))

.venv/.package: $(INSTALLED_AFTER)
	$(call install,)

# A dependency group (PEP 735) is for those who work on the project; users are offered extras alone. pip knows groups since 25.1.
.venv/.group-%: $(INSTALLED_AFTER)
	$(call install,[gui],--group $*)

# --- What Qt needs from the system: "file or program:Debian package". Each is needed; without it Qt ends the process.

NEEDED := Xvfb:xvfb libEGL.so.1:libegl1 libGL.so.1:libgl1 libfontconfig.so.1:libfontconfig1 \
	libgthread-2.0.so.0:libglib2.0-0 libdbus-1.so.3:libdbus-1-3 libxkbcommon-x11.so.0:libxkbcommon-x11-0 \
	libxcb-cursor.so.0:libxcb-cursor0 libxcb-icccm.so.4:libxcb-icccm4 libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-shape.so.0:libxcb-shape0
APT_INSTALL := apt-get install -y -qq --no-install-recommends

ifeq ($(shell uname -s),Darwin)
# macOS has its own window server, and PyQt6 all that it needs.
QT :=
libraries:
else
# Qt needs a real X server for OpenGL: with "offscreen" napari's canvas crashes, with "wayland" the windows open on the user's screen.
# pytest-xvfb starts one for each process of the tests: two windows of one server take the keyboard from each other.
QT := QT_QPA_PLATFORM=xcb
# The files are looked for and not the packages, because other systems (and newer Debians: libglib2.0-0t64) name those otherwise.
libraries: .venv/.made
	@files=; packages=; \
	for needed in $(NEEDED); do \
		file=$${needed%%:*}; \
		case $$file in \
			*.so.*) $(VENV_PYTHON) -c "import ctypes; ctypes.CDLL('$$file')" 2>/dev/null && continue;; \
			*) command -v $$file >/dev/null && continue;; \
		esac; \
		files="$$files $$file"; \
		package=$${needed##*:}; \
		case " $$packages " in *" $$package "*) ;; *) packages="$$packages $$package";; esac; \
	done; \
	if [ -z "$$files" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
		echo "The tests open windows, and for that these are missing:$$files. Install them, then make test again." >&2; \
		exit 1; \
	elif [ "$$(id -u)" != 0 ]; then \
		echo "The tests open windows, and for that packages are missing. Install them, then make test again: sudo apt-get install --no-install-recommends$$packages" >&2; \
		exit 1; \
	fi; \
	echo "Installing what Qt needs:$$packages"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -qq && $(APT_INSTALL) $$packages </dev/null >/dev/null
endif
