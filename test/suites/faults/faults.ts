/**
 * The table of faults: what each does at each step, and how that is to end once, thrice and for ever. A text in the
 * place of an end is the reason why there is no such cell.
 */
import * as deeds from './deeds.js'
import { harmless, passes, type Row, refused, unnoticed, waitedOut, waitedTo } from './ends.js'
import type { Answer, Exchange } from './exchange.js'
import { isPart, type Step, type Times } from './steps.js'

type LeftOut = string

/** `library`: in this process. `command`: the real one as a child. `stopped`: as a child that is stopped for a while. */
export type Through = 'library' | 'command' | 'stopped'

export interface Fault {
  readonly does: (step: Step) => deeds.Deed
  readonly ends: Readonly<Record<Step, Row | LeftOut>>
  /** The cell that stands for all of them where there is little time: this step, once. */
  readonly sample: Step
  /** The only way to run it; default: the samples as commands, all others in this process. */
  readonly through?: Through
  /** It leaves no doubt that nothing was done. */
  readonly isClearNo?: true
  /** Times at which it makes no sense at any step. */
  readonly never?: Readonly<Partial<Record<Times, LeftOut>>>
  /** Something goes silent: the client's patience with that is a short one here. */
  readonly silent?: true
  /** The looks at an upload show no part URLs. */
  readonly noRenewal?: true
  /** It strikes the looks at a pending upload too, which bring URLs as a create does. */
  readonly alsoRenewals?: true
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

const xml = (status: number, code: string, message: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/xml', 'x-amz-request-id': 'GRID', ...headers },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message.replaceAll('&', '&amp;')}</Message></Error>`,
})

const page: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><html><title>Sign in to the network</title></html>',
}

/** Both servers repeat what they were sent, secrets and all, as S3 does where a signature is wrong. */
const refusalOf = (step: Step, status: number, code: string) =>
  deeds.answer(({ request }: Exchange) =>
    isPart(step)
      ? xml(status, code, `the grid says no to http://${request.headers.host}${request.url}`)
      : json(status, {
          statusCode: status,
          error: code,
          message: `the grid says no to ${request.headers.authorization}`,
        }),
  )

const gatewayPage = (status: number): Answer => ({ ...page, status, body: '<html><title>Bad day</title></html>' })

interface Doors {
  api: Row
  part: Row
  poll: Row
}

const everywhere = ({ api, part, poll }: Doors): Record<Step, Row> => ({
  create: api,
  'part head': part,
  'part body': part,
  'part answer': part,
  complete: api,
  poll,
})

/** Temporary at every step. */
const passing = (api: Row, part: Row = api) => everywhere({ api, part, poll: waitedOut })
const final = (api: Row, part: Row = api) => everywhere({ api, part, poll: api })

const networkFails = passes('ERR_NETWORK')
const serverFails = passes('ERR_SERVER')
const integrityFails = passes('ERR_INTEGRITY', [4, 4])
const apiRefuses = refused('ERR_API_REFUSED')
const storageRefuses = refused('ERR_STORAGE_REFUSED')
const credentialsRefused = refused('ERR_CREDENTIALS_REFUSED')
const makesNoSense = refused('ERR_REPLY')
/** Three renewals without progress are given, and the fourth refusal ends it; each part that gets there gives three more. */
const expires = passes('ERR_URL_EXPIRED', [4, 10])

const atOnce = 'a connection is made before the part, and so this is a fault of its head'
const oneConnection = { 'part body': atOnce, 'part answer': atOnce }
const noUrls = { complete: 'it goes to the API, whose address does not expire', poll: 'as complete' }

const resets = {
  'reset before': {
    does: (step) => {
      if (step === 'create' || step === 'part head') return deeds.acceptAndReset
      return step === 'part answer' ? deeds.resetRead : deeds.resetUnread
    },
    ends: passing(networkFails),
    sample: 'create',
  },
  'reset during': {
    does: (step) => {
      if (step === 'part head') return deeds.resetFirstBytes
      return step === 'part body' ? deeds.resetRead : deeds.resetInAnswer
    },
    ends: { ...passing(networkFails), complete: harmless },
    sample: 'part body',
  },
  'reset after': {
    does: () => deeds.resetForAnswer,
    ends: {
      ...passing(networkFails),
      'part head': 'after the head is before the body: see there',
      'part body': 'after the body is before the answer: see there',
      complete: harmless,
    },
    sample: 'complete',
  },
} as const satisfies Record<string, Fault>

const status = (code: number, sample: Step, ends: Fault['ends'], s3Code: string): Fault => ({
  does: (step) => refusalOf(step, code, s3Code),
  ends,
  sample,
})

const gateway = (code: number, sample: Step): Fault => ({
  does: () => deeds.answer(() => gatewayPage(code)),
  ends: passing(serverFails),
  sample,
})

const statuses = {
  'a 400': status(400, 'create', final(apiRefuses, storageRefuses), 'InvalidRequest'),
  'a 401': status(401, 'poll', final(credentialsRefused, storageRefuses), 'InvalidToken'),
  'a 403': status(403, 'part head', final(credentialsRefused, storageRefuses), 'AccessDenied'),
  '404': status(
    404,
    'poll',
    { ...final(refused('ERR_UPLOAD_UNKNOWN'), storageRefuses), create: apiRefuses },
    'NoSuchUpload',
  ),
  'a 408': status(408, 'part answer', passing(serverFails), 'RequestTimeout'),
  'a 409': status(409, 'complete', final(apiRefuses, storageRefuses), 'InvalidBucketState'),
  'a 429': {
    ...status(429, 'part head', passing(passes('ERR_RATE_LIMITED')), 'TooManyRequests'),
    isClearNo: true,
  },
  'a 500': status(500, 'poll', passing(serverFails), 'InternalError'),
  'a 502': gateway(502, 'create'),
  'a 503': gateway(503, 'part body'),
  'a 504': gateway(504, 'complete'),
} as const satisfies Record<string, Fault>

const early = passes('temporary')
/** Where all that is left of the body fits into the network's buffers, only complete shows that the yes was a lie. */
const earlyYes: Row = { ...early, orElse: 'ERR_API_REFUSED' }

const answers = {
  'an HTML page': {
    does: (step) => deeds.answerYes(step, page),
    ends: { ...passing(serverFails), 'part head': early, 'part body': early, create: makesNoSense, poll: makesNoSense },
    sample: 'complete',
  },
  'an empty answer': {
    does: (step) =>
      deeds.isEarly(step) ? deeds.answerYes(step, { status: 200 }) : deeds.garble(() => ({ status: 200 })),
    ends: {
      create: makesNoSense,
      'part head': early,
      'part body': earlyYes,
      'part answer': harmless,
      complete: harmless,
      poll: makesNoSense,
    },
    sample: 'part answer',
  },
  'a truncated answer': {
    does: deeds.truncate,
    ends: { ...passing(networkFails), complete: harmless },
    sample: 'create',
  },
  'half a document': {
    does: () => deeds.garble(({ body = '', ...given }) => ({ ...given, body: body.slice(0, body.length / 2) })),
    ends: {
      create: makesNoSense,
      'part head': 'the storage answers no document',
      'part body': 'as the head',
      'part answer': 'as the head',
      complete: harmless,
      poll: makesNoSense,
    },
    sample: 'poll',
  },
  'an oversized answer': {
    does: deeds.flood,
    ends: {
      create: makesNoSense,
      'part head': serverFails,
      'part body': serverFails,
      'part answer': harmless,
      complete: harmless,
      poll: makesNoSense,
    },
    sample: 'create',
  },
  'a trickling answer': {
    does: deeds.trickle,
    ends: { ...passing(networkFails), complete: harmless },
    sample: 'poll',
    silent: true,
  },
  'an answer that promises more': {
    does: () => deeds.promiseMore,
    ends: {
      ...passing(networkFails),
      'part head': 'before the body is in there is nothing to hand on, and its answer is the trickling one',
      'part body': 'as the head',
      complete: harmless,
    },
    sample: 'create',
    silent: true,
  },
  '200 with an error': {
    does: (step) =>
      deeds.answerYes(
        step,
        isPart(step)
          ? xml(200, 'InternalError', 'We encountered an internal error. Please try again.')
          : json(200, { statusCode: 500, error: 'Internal Server Error', message: 'try again' }),
      ),
    ends: { ...passing(serverFails), 'part head': early, 'part body': early, create: makesNoSense, poll: makesNoSense },
    sample: 'part answer',
  },
} as const satisfies Record<string, Fault>

const silences = {
  silence: { does: () => deeds.beSilent, ends: passing(networkFails), sample: 'part body', silent: true },
  'a proxy that buffers': {
    does: () => deeds.bufferFor(2500),
    ends: {
      create: 'a call is too short to be buffered; one that is answered late is the silent one',
      'part head': 'it takes the whole part: only the answer is late',
      'part body': 'as the head',
      'part answer': harmless,
      complete: 'as create',
      poll: 'as create',
    },
    sample: 'part answer',
    silent: true,
  },
  'a slow link': {
    does: () => deeds.readSlowly,
    ends: {
      create: 'a call fits into one packet',
      'part head': 'as create',
      'part body': harmless,
      'part answer': 'a slow answer is the trickling one',
      complete: 'as create',
      poll: 'as create',
    },
    sample: 'part body',
    silent: true,
  },
} as const satisfies Record<string, Fault>

/** Which certificates are trusted is known when a process starts; what its resolver says, only from inside. */
const hosts = {
  'DNS failure': {
    does: () => deeds.failLookup,
    ends: { ...passing(networkFails), ...oneConnection },
    sample: 'create',
    through: 'library',
  },
  'a TLS handshake that fails': {
    does: () => deeds.speakRubbish,
    ends: { ...passing(networkFails), ...oneConnection },
    sample: 'part head',
    through: 'command',
  },
  'an untrusted certificate': {
    does: () => deeds.showUntrusted,
    ends: { ...final(refused('ERR_CERTIFICATE')), ...oneConnection },
    sample: 'create',
    through: 'command',
  },
} as const satisfies Record<string, Fault>

const expired = (step: Step) =>
  step === 'create' ? deeds.bringDead : deeds.answer(() => xml(403, 'AccessDenied', 'Request has expired'))

const others = {
  'expired URLs': {
    does: expired,
    ends: { ...passing(expires), ...noUrls },
    sample: 'part head',
    alsoRenewals: true,
  },
  'expired URLs, and no fresh ones': {
    does: expired,
    ends: { ...passing(expires), ...noUrls },
    sample: 'part answer',
    noRenewal: true,
  },
  'a flipped bit': {
    does: (step) => {
      if (step === 'create') return deeds.flipInAnswer(/(?<=X-Amz-Signature=[0-9a-f]*)[0-9b-e]/)
      if (step === 'part body') return deeds.flipBody
      return isPart(step) ? deeds.flipEtag : deeds.flipInAnswer(/(?<="status":")./)
    },
    ends: {
      // The address of the part is another then, and the storage refuses its signature.
      create: storageRefuses,
      'part head': 'in the address it is a 403, in a header a 400: see there',
      'part body': integrityFails,
      'part answer': integrityFails,
      complete: harmless,
      // A status that nobody knows is "not ended yet".
      poll: waitedOut,
    },
    sample: 'part body',
  },
  'a redirect': {
    does: () => deeds.answer(() => ({ status: 307, headers: { location: 'http://127.0.0.1:9/elsewhere' } })),
    ends: final(refused('ERR_REDIRECT')),
    sample: 'complete',
  },
  'a part that came short': {
    does: (step) =>
      step === 'part body'
        ? deeds.passHalf
        : deeds.answer(() => xml(400, 'IncompleteBody', 'You did not provide the number of bytes specified')),
    ends: {
      create: 'it is about parts; a call that came short is a 400',
      'part head': 'of a head there is no length',
      'part body': integrityFails,
      'part answer': serverFails,
      complete: 'as create',
      poll: 'as create',
    },
    sample: 'part answer',
  },
  'a Retry-After of a year': {
    does: (step) =>
      deeds.answer(() => {
        const year = { 'retry-after': '31536000' }
        return isPart(step) ? xml(503, 'SlowDown', 'Come again.', year) : json(429, { message: 'come again' }, year)
      }),
    ends: everywhere({
      api: refused('ERR_RATE_LIMITED', /8760 h/),
      part: refused('ERR_RATE_LIMITED', /8760 h/),
      poll: waitedTo,
    }),
    sample: 'create',
  },
  'the client stopped for a while': {
    does: () => deeds.haltClient,
    ends: everywhere({ api: unnoticed, part: unnoticed, poll: unnoticed }),
    sample: 'part body',
    through: 'stopped',
    never: { 'for ever': 'a process that is stopped for ever does not end' },
  },
} as const satisfies Record<string, Fault>

export const faults: Readonly<Record<string, Fault>> = {
  ...resets,
  ...statuses,
  ...answers,
  ...silences,
  ...hosts,
  ...others,
}
