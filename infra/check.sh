#!/usr/bin/env bash
# The one check: style, types, and all tests but the slow ones; `all` as the first argument runs these, too. Other
# arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
if [ "${1:-}" = all ]; then shift; else set -- -m "not slow" "$@"; fi
ruff check
ruff format --check
basedpyright
pytest -n 2 --dist loadfile "$@"
