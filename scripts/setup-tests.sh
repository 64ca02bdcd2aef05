#!/usr/bin/env bash
# What the tests need beside the virtual environment: psql, a client of its own that the local Redshift must please.
set -euo pipefail

command -v psql >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing postgresql-client"
    apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql-client >/dev/null
else
    echo "setup-tests: psql was not found, and the tests of the local Redshift use it" >&2
    echo "    install PostgreSQL's client (Debian: postgresql-client, Homebrew: libpq)" >&2
    exit 69
fi
