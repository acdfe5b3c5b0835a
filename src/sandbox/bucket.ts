/** The bucket's door: PUT to signed URLs and nothing else, as strict as S3, with errors in XML. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Door } from './door.js'
import type { Answer, Exchange, Target } from './http.js'
import { newId } from './new-id.js'
import { judge, type Verdict } from './sign.js'
import { type Arrival, receivePart } from './store.js'
import type { Upload } from './upload.js'

export interface BucketSetup {
  readonly secret: string
  readonly uploads: ReadonlyMap<string, Upload>
  folderOf(uploadId: string): string
}

interface S3Error {
  readonly status: number
  readonly code: string
  readonly message: string
}

const maxPartSize = 5 * 1024 ** 3

export function bucketDoor(setup: BucketSetup): Door {
  return { name: 'bucket', identify, handle: (exchange) => attend(setup, exchange) }
}

function identify(method: string, _path: string, query: URLSearchParams): Target {
  const uploadId = query.get('uploadId')
  const partNumber = Number(query.get('partNumber'))
  if (method !== 'PUT' || !uploadId || !partNumber) return { call: 'other' }
  return { call: 'put', uploadId, partNumber }
}

/** All that can be known without the body is checked before it: such an answer cuts the sender off, as AWS does. */
async function attend(setup: BucketSetup, exchange: Exchange): Promise<Answer> {
  const { method, uploadId = '', partNumber = 0 } = exchange.about
  const { headers } = exchange.message
  const early = methodProblem(method) ?? headersProblem(headers) ?? signatureProblem(setup, exchange)
  if (early) return { ...xml(early), close: true }
  const upload = setup.uploads.get(uploadId)
  if (!isOpen(upload)) return { ...xml(noSuchUpload), close: true }
  if (Number(headers['content-length']) > maxPartSize) return { ...xml(tooLarge), close: true }
  const arrival = await receivePart(exchange.body(), setup.folderOf(uploadId), partNumber)
  return settle(upload, partNumber, arrival, headers['content-md5'])
}

async function settle(upload: Upload, number: number, arrival: Arrival, claimed: unknown): Promise<Answer> {
  const { size, md5 } = arrival
  // It may have been completed while this part was on its way.
  const late = isOpen(upload) ? digestProblem(claimed, md5) : noSuchUpload
  if (late) {
    await arrival.drop()
    return xml(late)
  }
  arrival.keep()
  upload.parts.set(number, { number, size, md5 })
  return { status: 200, headers: { ...requestId(), etag: `"${md5}"` } }
}

const noSuchUpload: S3Error = {
  status: 404,
  code: 'NoSuchUpload',
  message:
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
}
const tooLarge: S3Error = {
  status: 400,
  code: 'EntityTooLarge',
  message: 'Your proposed upload exceeds the maximum allowed size',
}

function isOpen(upload: Upload | undefined): upload is Upload {
  return upload?.state.status === 'pending'
}

function methodProblem(method: string): S3Error | undefined {
  if (method === 'PUT') return undefined
  const message = 'The specified method is not allowed against this resource.'
  return { status: 405, code: 'MethodNotAllowed', message }
}

function headersProblem(headers: IncomingHttpHeaders): S3Error | undefined {
  if (headers['transfer-encoding'] !== undefined) {
    const message = 'A header you provided implies functionality that is not implemented'
    return { status: 501, code: 'NotImplemented', message }
  }
  if (headers['content-length'] === undefined)
    return { status: 411, code: 'MissingContentLength', message: 'You must provide the Content-Length HTTP header.' }
  if (headers.authorization !== undefined) {
    const message =
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified'
    return { status: 400, code: 'InvalidArgument', message }
  }
  if (Object.keys(headers).some((name) => name.startsWith('x-amz-')))
    return denied('There were headers present in the request which were not signed')
  return undefined
}

function signatureProblem({ secret }: BucketSetup, { about, query }: Exchange): S3Error | undefined {
  return verdicts[judge(secret, about.method, about.path, query)]
}

/** AWS repeats the string it signed; this one tells nothing that a log should not have. */
const verdicts: Readonly<Record<Verdict, S3Error | undefined>> = {
  good: undefined,
  unsigned: denied('Access Denied'),
  expired: denied('Request has expired'),
  mismatch: {
    status: 403,
    code: 'SignatureDoesNotMatch',
    message: 'The request signature we calculated does not match the signature you provided.',
  },
}

function digestProblem(claimed: unknown, md5: string): S3Error | undefined {
  if (typeof claimed !== 'string') return undefined
  const digest = Buffer.from(claimed, 'base64')
  if (digest.length !== 16)
    return { status: 400, code: 'InvalidDigest', message: 'The Content-MD5 you specified was invalid.' }
  if (digest.toString('hex') === md5) return undefined
  const message = 'The Content-MD5 you specified did not match what we received.'
  return { status: 400, code: 'BadDigest', message }
}

function denied(message: string): S3Error {
  return { status: 403, code: 'AccessDenied', message }
}

/** No text of the request is ever repeated in it, so nothing needs escaping. */
function xml({ status, code, message }: S3Error): Answer {
  const id = requestId()
  const fields = `<Code>${code}</Code><Message>${message}</Message><RequestId>${id['x-amz-request-id']}</RequestId>`
  return {
    status,
    headers: { ...id, 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${fields}</Error>`,
  }
}

function requestId() {
  return { 'x-amz-request-id': newId('sandbox').toUpperCase() }
}
