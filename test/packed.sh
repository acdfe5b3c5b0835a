#!/usr/bin/env bash
# Packs the package, looks at what is in it, installs it into an empty folder, and uploads to the sandbox with it.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

npm pack --silent --pack-destination "$folder" >/dev/null
tarball=$(echo "$folder"/*.tgz)
stray=$(tar -tzf "$tarball" | grep -vE '^package/(package\.json|README\.md|LICENSE|bin/scenario-upload\.js|dist/(.*\.(js|d\.ts)|command/LICENSES\.txt|man/scenario-upload\.1|schema\.json))$' || true)
[ -z "$stray" ] || { echo "the package holds what it should not: $stray" >&2; exit 1; }
size=$(tar -xzOf "$tarball" | wc -c)
echo "the package holds $size bytes unpacked"
[ "$size" -lt 1900000 ] || { echo "that is 1.9 MB or more" >&2; exit 1; }
for name in commander got; do
  tar -xzOf "$tarball" package/dist/command/LICENSES.txt | grep -qE "^$name [0-9]" || { echo "the licence of $name is missing" >&2; exit 1; }
done
if tar -xzOf "$tarball" --wildcards '*.js' | grep -q '^//# sourceMappingURL='; then
  echo 'the package names source maps that it does not hold' >&2
  exit 1
fi

mkdir "$folder/empty"
cd "$folder/empty"
npm init --yes >/dev/null
npm install --silent --omit=dev "$tarball"
id=$(npx --no-install scenario-upload "$root/test/fixtures/dusk.png" --sandbox)
echo "$id" | grep -qE '^asset_[A-Za-z0-9]+$' || { echo "the installed command printed: $id" >&2; exit 1; }
cat >use.mts <<'END'
import { diagnose, listUnfinished, uploadMany } from 'scenario-upload'
// Nobody listens there: what counts is that all of it is loaded.
const { ok }: { ok: boolean } = await diagnose({ apiUrl: 'http://127.0.0.1:9/v1' })
const unfinished = await listUnfinished()
if (ok || unfinished.length > 0 || typeof uploadMany !== 'function') process.exit(1)
END
"$root/node_modules/.bin/tsc" --strict --target es2023 --module nodenext --types node --typeRoots "$root/node_modules/@types" use.mts
HOME=$folder node use.mjs || { echo 'the installed library does not do its work' >&2; exit 1; }
node -e "require('scenario-upload/schema.json').\$defs.upload.required.includes('source') || process.exit(1)"
[ -f node_modules/scenario-upload/dist/man/scenario-upload.1 ] || { echo 'the manual page is missing' >&2; exit 1; }
echo "the installed command printed $id"
