#!/usr/bin/env bash
# The action's one step: from its inputs (INPUT_…) to the words of the command, from its document to the outputs.
# It keeps to bash 3.2, which is what macOS has.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

# The version that stands in the repository of this action: both are of one commit.
own_version() { node -p 'require(process.argv[1]).version' "$here/../../../package.json"; }

if [ -n "${INPUT_VERSION:-}" ]; then
  tool=(npx --yes "scenario-upload@$INPUT_VERSION")
elif command -v scenario-upload >/dev/null; then
  tool=(scenario-upload)
else
  tool=(npx --yes "scenario-upload@$(own_version)")
fi

words=(--json --github-output ids)

add() { [ -z "$2" ] || words+=("$1$2"); }

# Each line is one word, whatever it holds; what a Windows editor leaves at its end is cut.
add_lines() {
  while IFS= read -r line || [ -n "$line" ]; do
    add "$1" "${line%$'\r'}"
  done <<<"$2"
}

add --kind= "${INPUT_KIND:-}"
add --until= "${INPUT_UNTIL:-}"
add --timeout= "${INPUT_TIMEOUT:-}"
add --manifest= "${INPUT_MANIFEST:-}"
add --project= "${INPUT_PROJECT:-}"
add_lines --collection= "${INPUT_COLLECTION:-}"
add_lines '' "${INPUT_OPTIONS:-}"
# After it no source passes for an option or a sub-command.
add '' --
add_lines '' "${INPUT_SOURCE:-}"

# Given at all, the inputs go before the environment; half a pair is for the command to refuse.
if [ -n "${INPUT_API_KEY:-}${INPUT_API_SECRET:-}" ]; then
  export SCENARIO_SDK_API_KEY=${INPUT_API_KEY:-} SCENARIO_SDK_API_SECRET=${INPUT_API_SECRET:-}
fi
unset INPUT_API_KEY INPUT_API_SECRET

document=$(mktemp "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/scenario-upload.XXXXXX")
trap 'rm -f "$document"' EXIT

# Beside the script, not before it: a workflow that is cancelled tells the script alone.
"${tool[@]}" "${words[@]}" >"$document" &
stopped=
trap 'stopped=yes; kill -s TERM "$!" 2>/dev/null || true' INT TERM
code=0
wait "$!" || code=$?
# A signal ends the wait, and says nothing of the command: the next wait knows how that ends, or has ended meanwhile.
while [ -n "$stopped" ]; do
  stopped=
  code=0
  wait "$!" || code=$?
done

# It could not be started at all.
[ -s "$document" ] || exit "$code"

ids=$(node -e '
  const { uploads } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))
  for (const { ok, entityId, uploadId } of uploads) if (ok && (entityId ?? uploadId)) console.log(entityId ?? uploadId)
' "$document" 2>/dev/null) || {
  echo '::error title=scenario-upload::what the command printed is no document of uploads → Leave what prints something else, such as --help, out of the options.' >&2
  exit "$((code == 0 ? 2 : code))"
}
[ -z "$ids" ] || printf '%s\n' "$ids"
printf 'id=%s\n' "${ids%%$'\n'*}" >>"$GITHUB_OUTPUT"
# All that steps hand on is held to 1 MiB: what is longer would fail the job.
if [ "$(wc -c <"$document")" -lt 500000 ]; then
  printf 'json=%s\n' "$(cat "$document")" >>"$GITHUB_OUTPUT"
else
  echo 'note: the document is too long for the output json, which is left empty' >&2
fi
exit "$code"
