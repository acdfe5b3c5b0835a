/**
 * Stands between the client and a clean sandbox, and makes the faults: an API and a bucket, each on a port of its own.
 * The bucket sees one part of each upload, the second or the only one; the others go to the sandbox directly.
 */
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import tls from 'node:tls'
import type { Sandbox } from '../../../src/sandbox/index.js'
import type { Certificates } from './certificates.js'
import { type Deed, deadPath } from './deeds.js'
import { type Answer, openExchange } from './exchange.js'
import { handOn } from './hand-on.js'
import { lookedUpHost } from './lookups.js'
import { isPart, type Step } from './steps.js'

export interface Plan {
  readonly step: Step
  readonly deed: Deed
  readonly times: number
  /** Looks show no part URLs. */
  readonly noRenewal: boolean
  /** Looks at a pending upload are struck as a create is. */
  readonly alsoRenewals: boolean
  readonly certificates: Certificates | null
  readonly halt: () => Promise<void>
}

export interface Front {
  readonly apiUrl: string
  /** How often the fault has struck. */
  strikes(): number
  /** Whether this look at the host's name is to fail. */
  lookupFails(): boolean
  /** What was said to the client, of which the signatures are secrets. */
  signatures(): string[]
  /** What was asked of the API, in order. */
  calls(): Call[]
  /** From now on, all goes well. */
  mend(): void
  close(): Promise<void>
}

type DoorName = 'api' | 'bucket'

export async function startFront(sandbox: Sandbox, plan: Plan): Promise<Front> {
  const { deed, step } = plan
  const door: DoorName = isPart(step) ? 'bucket' : 'api'
  const state: State = { left: plan.times, struck: 0, mended: false, phase: 'create' }
  const signatures = new Set<string>()
  const calls: Call[] = []
  /** Whether it strikes now; if so, it has. */
  const strikes = () => {
    if (state.mended || state.left <= 0) return false
    state.left--
    state.struck++
    return true
  }
  const atDoor = (name: DoorName) => name === door && (name === 'bucket' || state.phase === step)
  const isAffected = (name: DoorName) => deed.at !== 'request' && name === door
  const onSaid = (text: string) => {
    for (const [, signature = ''] of text.matchAll(/X-Amz-Signature=([^&"\s<]+)/g)) signatures.add(signature)
  }

  /** A fault of connections needs a new one for each request. */
  const closing = (name: DoorName) => (isAffected(name) ? { connection: 'close' } : {})

  const forward = (name: DoorName) => async (request: IncomingMessage, body: Buffer) => {
    const origin = name === 'api' ? new URL(sandbox.apiUrl).origin : sandbox.bucketUrl
    const given = await handOn(origin, request, body)
    return {
      ...given,
      headers: { ...given.headers, ...closing(name) },
      body: name === 'api' ? reworded(request, given) : (given.body ?? ''),
    }
  }

  /** Part URLs lead here, or nowhere. */
  const reworded = (request: IncomingMessage, { body }: Answer): string => {
    const reply: Reply = JSON.parse(body ?? '')
    const { parts } = reply.upload ?? {}
    if (!reply.upload || !parts) return JSON.stringify(reply)
    if (request.method === 'GET' && plan.noRenewal && !state.mended) {
      return JSON.stringify({ upload: { ...reply.upload, parts: undefined } })
    }
    const struck = Math.min(2, parts.length)
    const led = parts.map((part) =>
      part.number === struck ? { ...part, url: part.url.replace(sandbox.bucketUrl, bucket.origin) } : part,
    )
    return JSON.stringify({ upload: { ...reply.upload, parts: led } })
  }

  const attend = (name: DoorName) => async (request: IncomingMessage, response: ServerResponse, waits: boolean) => {
    const here: Step = name === door ? step : 'part answer'
    if (name === 'api') calls.push(callOf(request))
    const around = { step: here, onSaid, handOn: forward(name), halt: plan.halt }
    const exchange = openExchange(request, response, waits, around)
    if (name === 'bucket' && request.url?.startsWith(deadPath)) return exchange.say(tooOld)
    if (deed.at === 'request' && name === door && isStruck(request, plan) && strikes()) return deed.act(exchange)
    const given = await exchange.handOn()
    if (name === 'api' && given.status === 200) state.phase = phaseAfter(request, state.phase)
    exchange.say(given)
  }

  const connect = (name: DoorName, socket: Socket): 'go on' | 'struck' => {
    if (deed.at !== 'connection' || !atDoor(name) || !strikes()) return 'go on'
    if (deed.when === 'accepted') socket.resetAndDestroy()
    else socket.once('data', () => socket.resetAndDestroy())
    return 'struck'
  }
  const handshake = (name: DoorName) =>
    deed.at === 'handshake' && atDoor(name) && strikes() ? deed.how : ('good' as const)

  const open = async (name: DoorName): Promise<OpenDoor> => {
    const server = serverFor(attend(name))
    const secure = deed.at === 'handshake' && name === door
    const outer = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      if (connect(name, socket) === 'struck') return
      if (!secure || !plan.certificates) return void server.emit('connection', socket)
      shake(socket, server, handshake(name), plan.certificates)
    })
    return openDoor(server, outer, { secure, named: deed.at === 'lookup' && name === door })
  }
  const bucket = await open('bucket')
  const api = await open('api')
  return {
    apiUrl: `${api.origin}/v1`,
    strikes: () => state.struck,
    lookupFails: () => deed.at === 'lookup' && atDoor(door) && strikes(),
    signatures: () => [...signatures],
    calls: () => [...calls],
    mend: () => {
      state.mended = true
    },
    close: async () => void (await Promise.all([api.close(), bucket.close()])),
  }
}

interface Reply {
  upload?: { status?: string; parts?: { number: number; url: string }[] }
}

const tooOld: Answer = {
  status: 403,
  headers: { 'content-type': 'application/xml' },
  body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
}

/** The API's door knows the step only by what went well before. */
type Call = 'create' | 'complete' | 'poll'
type Phase = Call

interface State {
  left: number
  struck: number
  mended: boolean
  phase: Phase
}

function phaseAfter(request: IncomingMessage, phase: Phase): Phase {
  const call = callOf(request)
  if (call === 'create') return 'complete'
  return call === 'complete' ? 'poll' : phase
}

function callOf({ method, url = '' }: IncomingMessage): Call {
  if (method === 'GET') return 'poll'
  return url.endsWith('/action') ? 'complete' : 'create'
}

function isStruck(request: IncomingMessage, { step, alsoRenewals }: Plan): boolean {
  if (isPart(step)) return true
  const call = callOf(request)
  return call === step || (alsoRenewals && step === 'create' && call === 'poll')
}

type Attend = (request: IncomingMessage, response: ServerResponse, waits: boolean) => Promise<void>

function serverFor(attend: Attend): Server {
  const server = http.createServer({ requestTimeout: 0 })
  const take = (request: IncomingMessage, response: ServerResponse, waits: boolean) => {
    // A client that has gone needs no answer; nothing else may fail here, and where it does the cell shows it.
    attend(request, response, waits).catch(() => request.socket.destroy())
  }
  server.on('request', (request, response) => take(request, response, false))
  server.on('checkContinue', (request, response) => take(request, response, true))
  return server
}

function shake(
  socket: Socket,
  server: Server,
  how: 'good' | 'rubbish' | 'untrusted',
  certificates: Certificates,
): void {
  if (how === 'rubbish') return void socket.once('data', () => socket.end('220 this is no TLS\r\n'))
  const pair = how === 'good' ? certificates.trusted : certificates.untrusted
  const secured = new tls.TLSSocket(socket, { isServer: true, key: pair.key, cert: pair.cert })
  secured.on('error', () => {})
  secured.once('secure', () => server.emit('connection', secured))
}

interface OpenDoor {
  readonly origin: string
  close(): Promise<void>
}

/** `secure`: behind TLS. `named`: by a name that is looked up. */
async function openDoor(inner: Server, outer: net.Server, how: { secure: boolean; named: boolean }): Promise<OpenDoor> {
  const sockets = new Set<Socket>()
  outer.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.setMaxListeners(0) // each request of a kept connection waits for its end
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = outer.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    origin: `${how.secure ? 'https' : 'http'}://${how.named ? lookedUpHost : '127.0.0.1'}:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      inner.closeAllConnections()
      return new Promise((resolve) => outer.close(() => resolve()))
    },
  }
}
