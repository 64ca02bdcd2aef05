#!/usr/bin/env bash
# The whole way on one machine, in the commands that a user would type.
set -euo pipefail

PATH="$PWD/.venv/bin:$PATH"
builder validate
builder build
# Not eval "$(...)": that would go on where the local cloud does not start.
environment=$(builder local up)
eval "$environment"
builder push
builder deploy --yes
exec python examples/natural_earth.py
