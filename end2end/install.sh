#!/usr/bin/env bash
# Installs what the tests need and is not there yet: Chromium, PostgreSQL's server, Playwright, and the client
# libraries for Node and for Python (in end2end/.venv). A second call does nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
apt=../frontend/site/apt.sh

command -v chromium >/dev/null || command -v google-chrome >/dev/null ||
    "$apt" "the browser tests run in Chromium" chromium fonts-dejavu-core

command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null ||
    "$apt" "the store is tested on a PostgreSQL server of its own, which the tests start and stop" postgresql

if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    echo "Installing Playwright, axe and the client libraries for Node." >&2
    npm ci --no-progress
fi

if [ ! .venv/installed -nt requirements.txt ]; then
    echo "Installing the client libraries for Python into end2end/.venv." >&2
    rm -rf .venv
    python3 -m venv .venv 2>/dev/null || {
        "$apt" "the client libraries for Python get a folder of their own" python3 python3-venv
        rm -rf .venv
        /usr/bin/python3 -m venv .venv
    }
    .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
    touch .venv/installed
fi
