/** One bucket of the engine, through AWS's own client: multipart uploads, presigned part URLs, and what came of them. */
import { createHash, randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  type Part,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { type Engine, engineKey } from './engine.js'

/** A multipart upload that was begun. */
export interface Target {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
}

export interface Bucket {
  readonly name: string
  begin(key: string, contentType: string): Promise<Target>
  /** A URL for a PUT of this part, without any further header, for so many seconds. */
  sign(target: Target, part: number, seconds: number): Promise<string>
  /** The parts that the engine holds, by number. */
  parts(target: Target): Promise<Part[]>
  complete(target: Target): Promise<void>
  /** What the finished object holds, read as a stream. */
  read(target: Pick<Target, 'Bucket' | 'Key'>): Promise<StoredObject>
}

export interface StoredObject {
  readonly sha256: string
  readonly contentType: string | undefined
}

/** Makes a bucket. Its part URLs are signed for `publicAddress`; everything else goes to the engine directly. */
export async function openBucket(engine: Engine, publicAddress: string): Promise<Bucket> {
  const s3 = client(engine.endpoint)
  const signer = client(publicAddress)
  const name = `bucket-${randomUUID()}`
  await s3.send(new CreateBucketCommand({ Bucket: name }))
  const parts = (target: Target) => listParts(s3, target)
  return {
    name,
    begin: (key, contentType) => begin(s3, name, key, contentType),
    sign: (target, part, seconds) =>
      getSignedUrl(signer, new UploadPartCommand({ ...target, PartNumber: part }), { expiresIn: seconds }),
    parts,
    complete: async (target) => complete(s3, target, await parts(target)),
    read: (target) => read(s3, target),
  }
}

function client(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: engineKey,
    forcePathStyle: true,
    // By default the client would sign a checksum of an empty body into each part URL.
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
}

async function begin(s3: S3Client, bucket: string, key: string, contentType: string): Promise<Target> {
  const command = new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ContentType: contentType })
  const { UploadId } = await s3.send(command)
  if (UploadId === undefined) throw new Error('The engine began an upload without an id')
  return { Bucket: bucket, Key: key, UploadId }
}

/** Page by page, as long as there is more. AWS's own paginator goes by the marker, which this engine sends for ever. */
async function listParts(s3: S3Client, target: Target, after?: string): Promise<Part[]> {
  const page = await s3.send(new ListPartsCommand({ ...target, PartNumberMarker: after }))
  const parts = page.Parts ?? []
  return page.IsTruncated ? [...parts, ...(await listParts(s3, target, page.NextPartNumberMarker))] : parts
}

async function complete(s3: S3Client, target: Target, parts: Part[]): Promise<void> {
  const Parts = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }))
  await s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }))
}

async function read(s3: S3Client, { Bucket, Key }: Pick<Target, 'Bucket' | 'Key'>): Promise<StoredObject> {
  const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket, Key }))
  const hash = createHash('sha256')
  await pipeline(Body as Readable, hash)
  return { sha256: hash.digest('hex'), contentType: ContentType }
}
