/** What the README and the manual page both say, and no code needs to know. */

export const exitCodes = [
  { exit: '0', codes: [0], meaning: 'all done' },
  {
    exit: '1',
    codes: [1],
    meaning: 'the import failed, some of several failed, a reply that makes no sense, anything else',
  },
  { exit: '2', codes: [2], meaning: 'usage, found before any request' },
  {
    exit: '3',
    codes: [3],
    meaning: 'input: missing, unreadable, empty, not a regular file, changed while being sent',
  },
  { exit: '4', codes: [4], meaning: 'credentials missing or refused' },
  { exit: '5', codes: [5], meaning: 'temporary: network or server, after retrying; run it again' },
  { exit: '6', codes: [6], meaning: 'refused for good by the API or the storage' },
  { exit: '8', codes: [8], meaning: 'still processing when `--timeout` ran out; the upload is safe' },
  { exit: '70', codes: [70], meaning: 'a bug in the tool' },
  { exit: '129, 130, 143', codes: [129, 130, 143], meaning: 'ended by SIGHUP, SIGINT (Ctrl-C), SIGTERM' },
] as const

export const environment = [
  { names: ['SCENARIO_SDK_API_KEY', 'SCENARIO_SDK_API_SECRET'], does: 'the credentials' },
  { names: ['SCENARIO_API_KEY', 'SCENARIO_API_SECRET'], does: 'the credentials, where the first pair is not whole' },
  { names: ['SCENARIO_BASE_URL'], does: 'where the API is, with its /v1; `--api-url` goes before it' },
  { names: ['SCENARIO_PROJECT_ID'], does: 'the project; `--project` goes before it' },
  { names: ['XDG_STATE_HOME'], does: 'an absolute path: the folder in which unfinished uploads are remembered' },
  { names: ['TMPDIR'], does: 'the folder in which standard input is kept while it is uploaded; on Windows, `TEMP`' },
  { names: ['HTTPS_PROXY', 'NO_PROXY'], does: 'the proxy for all requests, and the hosts that need none' },
  { names: ['NODE_EXTRA_CA_CERTS'], does: 'a PEM file of certificate authorities to trust, beside the usual ones' },
  { names: ['NO_COLOR', 'FORCE_COLOR'], does: 'no colours, or colours though it is no terminal' },
  { names: ['CI'], does: 'plain lines in place of a bar, unless it is `false` or `0`' },
  {
    names: ['GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY', 'GITHUB_OUTPUT'],
    does: 'set by GitHub Actions: annotations, a summary of the step, and its outputs',
  },
] as const
