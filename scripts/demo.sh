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
python examples/natural_earth.py
# shellcheck disable=SC2016 # to be typed as it stands
printf '\nThe tables are in the schema natural_earth; `builder` is .venv/bin/builder. Try now:\n%s\n%s\n' \
  '    eval "$(.venv/bin/builder local up)"' \
  '    .venv/bin/builder query "SELECT name, carto.QUADBIN_FROMGEOGPOINT(geom, 6) FROM natural_earth.cities LIMIT 3"'
