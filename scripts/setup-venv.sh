#!/usr/bin/env bash
# Makes the virtual environment from requirements.lock. PYTHON names the interpreter (3.10 to 3.13).
set -euo pipefail

venv=${1:-.venv}
python=${PYTHON:-python3}

fail() { # what, remedy
    echo "setup-venv: $1" >&2
    echo "    $2" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "$python was not found" "install Python 3.10 to 3.13, or name one: make venv PYTHON=python3.11"
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' ||
    fail "$("$python" --version) is not supported" "name a Python 3.10 to 3.13: make venv PYTHON=python3.11"

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian ships the module in a package of its own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing python3-venv"
        apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null
    else
        fail "this Python cannot make virtual environments" "install the package python3-venv"
    fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "installing requirements.lock into $venv"
# uv installs the whole lock in seconds; it comes out of the same lock, with its hash.
uv_lock=$(mktemp)
trap 'rm -f "$uv_lock"' EXIT
awk '/^[^ ]/ { ours = /^uv==/ } ours' requirements.lock > "$uv_lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$uv_lock"
# uv reads neither pip's index nor, by default, the system's certificates.
export UV_NATIVE_TLS=1
if [ -z "${UV_DEFAULT_INDEX:-}" ]; then
    index=${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$index" ] || export UV_DEFAULT_INDEX=$index
fi
"$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes requirements.lock
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
