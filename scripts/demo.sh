#!/usr/bin/env bash
# The whole way on one machine, in the commands that a user would type.
set -euo pipefail

PATH="$PWD/.venv/bin:$PATH"
builder validate
builder build
eval "$(builder local up)"
builder push
builder deploy --yes
exec python examples/natural_earth.py
