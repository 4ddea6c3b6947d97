#!/usr/bin/env bash
# The one check: style, types, tests. `all` as the first argument adds the tests that are slow or need a browser, a
# database or a cluster; other arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
if [ "${1:-}" = all ]; then shift; else set -- -m "not (slow or browser or postgresql or runners or sandbox)" "$@"; fi
ruff check
ruff format --check
basedpyright
pytest -n 2 --dist loadfile --no-loadscope-reorder "$@"  # else files of few tests come last, and these take long
