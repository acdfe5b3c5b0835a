/** What the front does to a request, a connection or a name, each in the place of the usual. */
import { setTimeout as sleep } from 'node:timers/promises'
import { MiB } from '../../helpers/scene.js'
import { type Answer, type Exchange, gone } from './exchange.js'
import { isPart, type Step } from './steps.js'

export type Deed =
  | { readonly at: 'request'; readonly act: (exchange: Exchange) => Promise<void> }
  /** Resets a connection as soon as it is made, or with its first bytes. */
  | { readonly at: 'connection'; readonly when: 'accepted' | 'first bytes' }
  /** The host's name cannot be looked up. */
  | { readonly at: 'lookup' }
  | { readonly at: 'handshake'; readonly how: 'rubbish' | 'untrusted' }

const request = (act: (exchange: Exchange) => Promise<void>): Deed => ({ at: 'request', act })

export const acceptAndReset: Deed = { at: 'connection', when: 'accepted' }
export const resetFirstBytes: Deed = { at: 'connection', when: 'first bytes' }
export const failLookup: Deed = { at: 'lookup' }
export const speakRubbish: Deed = { at: 'handshake', how: 'rubbish' }
export const showUntrusted: Deed = { at: 'handshake', how: 'untrusted' }

/** Nothing of what was asked is done. */
export const resetUnread = request(async ({ socket }) => void socket.resetAndDestroy())
export const resetRead = request(async (exchange) => {
  await exchange.reach()
  exchange.socket.resetAndDestroy()
})

/** All that was asked is done, and half of the answer is on its way. */
export const resetInAnswer = request(async (exchange) => {
  const raw = exchange.raw(await exchange.handOn())
  exchange.socket.write(raw.slice(0, raw.length / 2))
  await sleep(30)
  exchange.socket.resetAndDestroy()
})

export const resetForAnswer = request(async (exchange) => {
  await exchange.handOn()
  exchange.socket.resetAndDestroy()
})

/** Answers in the server's place. */
export const answer = (of: (exchange: Exchange) => Answer): Deed =>
  request(async (exchange) => {
    await exchange.reach()
    exchange.say(of(exchange))
  })

/** A "yes" before the body is in is a lie, and the rest of the body is not taken. */
export const answerYes = (step: Step, given: Answer): Deed =>
  request(async (exchange) => {
    await exchange.reach()
    if (isEarly(step)) exchange.sayAndCut(given)
    else exchange.say(given)
  })

export const isEarly = (step: Step) => step === 'part head' || step === 'part body'

/** Does what was asked, and says it in another way. */
export const garble = (change: (given: Answer) => Answer): Deed =>
  request(async (exchange) => exchange.say(change(await exchange.handOn())))

/** The answer ends in its middle, in good order. */
export const truncate = (step: Step): Deed =>
  request(async (exchange) => {
    const raw = exchange.raw(await earlyOr(step, exchange))
    exchange.socket.end(raw.slice(0, raw.length / 2))
    await gone(exchange.socket, 1000)
    exchange.socket.destroy()
  })

/** Before the body is in, there is nothing to hand on, and so an answer of its own. */
async function earlyOr(step: Step, exchange: Exchange): Promise<Answer> {
  if (!isEarly(step)) return exchange.handOn()
  await exchange.reach()
  return { status: 200, headers: { etag: `"${'0'.repeat(32)}"`, connection: 'close' } }
}

/** A byte now and a byte then: it moves, and never gets there. */
export const trickle = (step: Step): Deed =>
  request(async (exchange) => {
    const raw = exchange.raw(await earlyOr(step, exchange))
    exchange.request.resume()
    for (const byte of raw) {
      if (exchange.socket.destroyed) return
      exchange.socket.write(byte)
      await sleep(250, undefined, { ref: false })
    }
  })

/** Says that more will come, and leaves it at that. */
export const promiseMore = request(async (exchange) => {
  const given = await exchange.handOn()
  const length = String(Buffer.byteLength(given.body ?? '') + 100)
  exchange.socket.write(exchange.raw({ ...given, headers: { ...given.headers, 'content-length': length } }))
  await gone(exchange.socket)
})

export const beSilent = request(async (exchange) => {
  await exchange.reach()
  await gone(exchange.socket)
})

const pageBytes = 2 * MiB
const floodBytes = 66 * MiB

/** To a part: a page that no error of the storage is as long as. To a call: more than any reply holds. */
export const flood = (step: Step): Deed =>
  request(async (exchange) => {
    const page = { status: 503, body: `<html>${'x'.repeat(pageBytes)}</html>` }
    if (isEarly(step)) return exchange.reach().then(() => exchange.say(page))
    const given = await exchange.handOn()
    if (isPart(step)) return exchange.say({ ...given, body: 'x'.repeat(pageBytes) })
    await pour(exchange, given)
  })

async function pour(exchange: Exchange, { status, headers, body = '' }: Answer): Promise<void> {
  const length = String(Buffer.byteLength(body) + floodBytes)
  exchange.socket.write(exchange.raw({ status, headers: { ...headers, 'content-length': length }, body }))
  const space = Buffer.alloc(MiB, ' ')
  for (let sent = 0; sent < floodBytes && !exchange.socket.destroyed; sent += space.length) {
    if (!exchange.socket.write(space)) await drained(exchange)
  }
  await gone(exchange.socket)
}

function drained({ socket }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', () => resolve())
  })
}

/** One bit of the body is another on its way to the storage. */
export const flipBody = request(async (exchange) => {
  const flipped = (body: Buffer) => {
    const copy = Buffer.from(body)
    copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1
    return copy
  }
  exchange.say(await exchange.handOn(flipped))
})

const flipFirst = (text: string, letter: RegExp) =>
  text.replace(letter, (found) => String.fromCharCode(found.charCodeAt(0) ^ 1))

/** One bit of the first such letter in the answer's body is another. */
export const flipInAnswer = (letter: RegExp): Deed =>
  garble((given) => ({ ...given, body: flipFirst(given.body ?? '', letter) }))

/** One bit of the ETag is another, and it still looks like an MD5. */
export const flipEtag = garble(({ headers = {}, ...given }) => ({
  ...given,
  headers: { ...headers, etag: flipFirst(headers.etag ?? '', /[0-9b-e]/) },
}))

/** Only half of the body gets to the storage. */
export const passHalf = request(async (exchange) =>
  exchange.say(await exchange.handOn((body) => body.subarray(0, body.length >> 1))),
)

/** A proxy that takes the whole part at once, and only then passes it on. */
export const bufferFor = (ms: number): Deed =>
  request(async (exchange) => {
    await exchange.reach()
    await sleep(ms)
    exchange.say(await exchange.handOn())
  })

/** A link that takes a part at about a mebibyte a second. */
export const readSlowly = request(async (exchange) => {
  await exchange.readSlowly(60)
  exchange.say(await exchange.handOn())
})

/** The client is stopped while its request is under way, once or more. */
export const haltClient = request(async (exchange) => {
  await exchange.reach()
  await exchange.halt()
  exchange.say(await exchange.handOn())
})

/** The address of a part that is dead: the front's bucket refuses whatever has it as expired. */
export const deadPath = '/dead'

/** The URLs come expired. */
export const bringDead = garble(({ body = '', ...given }) => {
  const past = new Date(Date.now() - 1000).toISOString()
  const dead = body
    .replaceAll(/"expires":"[^"]*"/g, `"expires":"${past}"`)
    .replaceAll('/scenario-sandbox/', `${deadPath}/scenario-sandbox/`)
  return { ...given, body: dead }
})
