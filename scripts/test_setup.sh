#!/usr/bin/env bash
# What the tests need beside Python: the SDKs from npm, and Debian's chromium (installed when root; else those tests skip).
set -euo pipefail
cd "$(dirname "$0")/.."
node_bin="$(.venv/bin/python scripts/build_frontend.py --node-bin)"
export PATH="$node_bin:$PATH"
want="$(sha256sum < tests/sdk/package-lock.json)"
if [ ! -f tests/sdk/node_modules/.stamp ] || [ "$(cat tests/sdk/node_modules/.stamp)" != "$want" ]; then
  echo "Installing the SDKs from npm …"
  (cd tests/sdk && npm ci --no-audit --no-fund --loglevel=error)
  echo "$want" > tests/sdk/node_modules/.stamp
fi
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium …"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
  else
    echo "No chromium: the browser tests will be skipped. sudo apt-get install chromium"
  fi
fi
