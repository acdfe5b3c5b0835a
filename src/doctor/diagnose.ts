/** The doctor: looks at all that an upload needs, one thing after the other, and says of each whether it is well. */
import { tmpdir } from 'node:os'
import { mustBe } from '../core/must-be.js'
import { UploadError } from '../errors.js'
import { isPadded } from '../scenario/credentials.js'
import { checkCaller, nodeVersion, openHearing } from '../session.js'
import { checkStateFolder } from '../state/folder.js'
import { type Check, checkOf, type Finding, notTried } from './finding.js'
import { credentialsFinding, nodeFinding, rootsFinding, stateFinding, tempFinding } from './on-machine.js'
import * as network from './on-network.js'
import { type DiagnoseOptions, type Patient, patientOf } from './patient.js'
import { readRoots, stateProbe, tempProbe } from './probes.js'

export interface Diagnosis {
  /** All is well. */
  ok: boolean
  checks: Check[]
  /** That of the first check which failed. */
  error: UploadError | null
}

interface CheckRow {
  /** What must be well before it makes sense to look. */
  after: readonly string[]
  find: (patient: Patient) => Finding | Promise<Finding>
}

/** In the order in which they are made and told. */
const checkTable = {
  node: { after: [], find: () => nodeFinding(nodeVersion) },
  credentials: { after: [], find: ({ credentials }) => credentialsFinding(credentials) },
  roots: {
    after: [],
    find: async ({ environment: { NODE_EXTRA_CA_CERTS: path, NODE_TLS_REJECT_UNAUTHORIZED: reject } }) =>
      rootsFinding(await readRoots(path), reject === '0'),
  },
  proxy: { after: [], find: ({ proxy, proxyGiven, target }) => network.proxyFinding(proxy, proxyGiven, target) },
  dns: {
    after: ['proxy'],
    find: async ({ looked, proxy }) => network.dnsFinding(await looked(), proxy !== null),
  },
  connection: {
    after: ['proxy', 'dns'],
    find: async ({ asked, target, proxy }) => network.connectionFinding(await asked(), target, proxy),
  },
  tls: {
    after: ['connection'],
    find: async ({ asked, target }) => network.tlsFinding(await asked(), target),
  },
  api: { after: ['tls'], find: async ({ asked, target }) => network.apiFinding(await asked(), target) },
  access: {
    after: ['credentials', 'api'],
    find: async ({ asked, credentials }) =>
      network.accessFinding(await asked(), !(credentials instanceof UploadError) && isPadded(credentials)),
  },
  clock: { after: ['tls'], find: async ({ asked }) => network.clockFinding(await asked()) },
  state: {
    after: [],
    find: async ({ stateFolder }) => stateFinding(stateFolder, await stateProbe(stateFolder)),
  },
  temp: { after: [], find: async ({ signal }) => tempFinding(tmpdir(), await tempProbe(tmpdir(), signal)) },
} as const satisfies Record<string, CheckRow>

/**
 * Looks at what an upload needs: Node, the credentials, the way to the API, its answer, the clock, the folders. Asks the
 * API once, for an upload that is not there. Rejects for a usage error and where `signal` ends it; all else is an answer.
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<Diagnosis> {
  checkCaller(options)
  checkStateFolder(options.stateFolder)
  mustBe('a function', { onCheck: options.onCheck })
  const hearing = openHearing(options)
  try {
    return await examine(patientOf(options, hearing), hearing.ear('onCheck', options.onCheck))
  } finally {
    hearing.release()
  }
}

async function examine(patient: Patient, onCheck: (check: Check) => void): Promise<Diagnosis> {
  const checks: Check[] = []
  const errors: UploadError[] = []
  /** What each that is not well waits for: itself, or the first that has to be mended. */
  const broken = new Map<string, string>()
  const rows: [string, CheckRow][] = Object.entries(checkTable)
  for (const [name, row] of rows) {
    patient.signal.throwIfAborted()
    const before = row.after.map((each) => broken.get(each)).find((each) => each !== undefined)
    const finding = before === undefined ? await row.find(patient) : notTried(before)
    const check = checkOf(name, finding)
    if (!finding.ok && finding.error) errors.push(finding.error)
    if (!check.ok) broken.set(name, before ?? name)
    checks.push(check)
    onCheck(check)
  }
  patient.signal.throwIfAborted()
  return { ok: broken.size === 0, checks, error: errors[0] ?? null }
}
