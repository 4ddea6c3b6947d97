#!/usr/bin/env bash
# The one check, for people and for CI: style, types, tests. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
ruff check
ruff format --check
basedpyright
pytest -n 2 --dist loadfile "$@"
