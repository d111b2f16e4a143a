#!/usr/bin/env bash
# Makes .venv with the locked versions of everything, on a fresh Debian machine. Run by make; safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
  for name in python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"; return
    fi
  done
  echo "Headrace needs Python 3.11 or newer: apt-get install python3 python3-venv" >&2
  exit 1
}

python="$(find_python)"
if [ ! -x .venv/bin/python ]; then
  if ! "$python" -m venv .venv 2>/tmp/headrace-venv.log; then
    rm -rf .venv
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      echo "Installing python3-venv …"
      apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
      "$python" -m venv .venv
    else
      cat /tmp/headrace-venv.log >&2
      echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2
      exit 1
    fi
  fi
fi
stamp=.venv/headrace.stamp
want="$(cat pyproject.toml uv.lock | sha256sum)"
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$want" ]; then
  echo "Installing the locked Python packages …"
  .venv/bin/python -m pip install -q --disable-pip-version-check 'uv>=0.8,<1'
  UV_PROJECT_ENVIRONMENT="$PWD/.venv" .venv/bin/uv sync -q --locked --all-groups --inexact
  echo "$want" > "$stamp"
fi
