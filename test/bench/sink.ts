/** Starts the bucket that keeps nothing: the one in C where a compiler and OpenSSL's headers are, else one in Node. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { firstLine } from './first-line.js'

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export interface Sink {
  /** Without a slash at its end. */
  url: string
  madeOf: 'C' | 'Node'
  /** What has come since it was asked last. */
  count(): Promise<Count>
  close(): Promise<void>
}

export interface Count {
  bytes: number
  puts: number
  connections: number
}

export interface SinkOptions {
  /** For what is compiled. */
  folder: string
  /** All that is sent is made of this file, repeated. */
  block: string
  /** Paths; default: no TLS. */
  certificate?: { cert: string; key: string } | undefined
  /** Default: C where it can be built. */
  madeOf?: Sink['madeOf']
}

export async function startSink({ folder, block, certificate, madeOf }: SinkOptions): Promise<Sink> {
  const program = madeOf === 'Node' ? null : build(folder)
  const words = certificate ? [block, certificate.cert, certificate.key] : [block]
  const [file, ...args] = program ? [program] : [process.execPath, '--import', 'tsx', pathOf('node-sink.ts')]
  const child = spawn(file, [...args, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  const url = `${certificate ? 'https' : 'http'}://127.0.0.1:${await firstLine(child)}`
  return { url, madeOf: program ? 'C' : 'Node', count: () => count(url), close: () => end(child) }
}

function build(folder: string): string | null {
  const program = join(folder, 'sink')
  const built = spawnSync('cc', ['-O2', '-o', program, pathOf('sink.c'), '-lssl', '-lcrypto', '-lpthread'])
  return built.status === 0 ? program : null
}

/** It knows nobody: this looks at its count, not at its certificate. */
async function count(url: string): Promise<Count> {
  const get = url.startsWith('https:') ? https.get : http.get
  const [response] = await once(get(url, { agent: false, rejectUnauthorized: false }), 'response')
  const [bytes = 0, puts = 0, connections = 0] = (await text(response)).trim().split(' ').map(Number)
  return { bytes, puts, connections: connections - 1 }
}

/** It ends when its input does, so that it never outlives this process. */
async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.stdin?.end()
  await ended
}
