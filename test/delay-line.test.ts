/** The link that benchmarks send through is what it says: its round trip, its rate, a ceiling, and writes that wait. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type DelayLine, delayLine, type Shape } from './bench/delay-line.js'

const MB = 1e6

/** A server that notes how much came when, and answers each piece with a byte. */
async function sink(t: TestContext) {
  const arrivals: Arrival[] = []
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      arrivals.push({ at: performance.now(), bytes: chunk.length })
      if (chunk.length < 10) socket.write('!')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return { port: address.port, arrivals }
}

async function lineFor(t: TestContext, shape: Shape): Promise<DelayLine & Awaited<ReturnType<typeof sink>>> {
  const { port, arrivals } = await sink(t)
  const line = await delayLine(port, shape)
  t.after(line.close)
  return { ...line, arrivals }
}

async function sender(t: TestContext, port: number, bytes = 0): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  if (bytes > 0) socket.write(Buffer.alloc(bytes))
  return socket
}

interface Arrival {
  at: number
  bytes: number
}

const bytesOf = (arrivals: readonly Arrival[]) => arrivals.reduce((all, { bytes }) => all + bytes, 0)

/** Once so many bytes have come. */
async function arrived(arrivals: readonly Arrival[], bytes: number): Promise<void> {
  while (bytesOf(arrivals) < bytes) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Bytes a second in the best half second: a machine that stands still for a while takes nothing from that. */
function bestRate(arrivals: readonly Arrival[]): number {
  const rates = arrivals.map(({ at: from }, first) => {
    const end = arrivals.findIndex(({ at }) => at >= from + 500)
    const [last] = arrivals.slice(end, end + 1)
    return end === -1 || !last ? 0 : (1000 * bytesOf(arrivals.slice(first + 1, end + 1))) / (last.at - from)
  })
  return Math.max(...rates)
}

/** That in no time since it began more has come than its rate allows, and in some nearly as much. */
function assertRate(arrivals: readonly Arrival[], begun: number, said: number): void {
  const best = bestRate(arrivals)
  assert.ok(best >= 0.9 * said, `${best} measured, ${said} said`)
  for (const [index, { at }] of arrivals.entries()) {
    const bytes = bytesOf(arrivals.slice(0, index + 1))
    assert.ok(bytes <= (said * (at - begun)) / 1000, `${bytes} after ${at - begun} ms, ${said} a second said`)
  }
}

describe('the delay line', () => {
  it('delivers its rate within 10 in 100, over all connections together', async (t) => {
    const { port, arrivals } = await lineFor(t, { roundTrip: 40, rate: 8 * MB })
    const begun = performance.now()
    await Promise.all([1, 2, 3, 4].map(() => sender(t, port, 6 * MB)))
    await arrived(arrivals, 24 * MB)
    assertRate(arrivals, begun, 8 * MB)
  })

  it('holds each connection to its ceiling', async (t) => {
    const { port, arrivals } = await lineFor(t, { roundTrip: 40, rate: 50 * MB, ceiling: 2 * MB })
    const begun = performance.now()
    await Promise.all([1, 2, 3].map(() => sender(t, port, 4 * MB)))
    await arrived(arrivals, 12 * MB)
    assertRate(arrivals, begun, 6 * MB)
  })

  it('takes a round trip for an answer, and one more for the first on a connection', async (t) => {
    const roundTrip = 300
    const { port } = await lineFor(t, { roundTrip, rate: 10 * MB })
    const begun = performance.now()
    const socket = await sender(t, port)
    const answerSince = async (at: number) => {
      socket.write('?')
      await once(socket, 'data')
      return performance.now() - at
    }
    const first = await answerSince(begun)
    const later: number[] = []
    for (let nth = 0; nth < 5; nth++) later.push(await answerSince(performance.now()))
    assert.ok(first >= 2 * roundTrip - 5, `${first} ms for the first`)
    assert.ok(Math.min(...later) >= roundTrip - 1, `${later}`)
    assert.ok(Math.min(...later) < 2 * roundTrip - 5, `${later}`)
  })

  it('lets the writes of a sender wait', async (t) => {
    const { port, arrivals } = await lineFor(t, { roundTrip: 20, rate: MB })
    const socket = await sender(t, port)
    const state = { taken: 0 }
    const writeOn = (error?: Error | null) => {
      if (error) return
      state.taken++
      socket.write(Buffer.alloc(MB), writeOn)
    }
    socket.write(Buffer.alloc(MB), writeOn)
    await arrived(arrivals, MB)
    assert.ok(state.taken <= 16, `${state.taken} MB were taken, where the kernel holds some`)
    socket.destroy()
  })

  it('runs as a process of its own, and prints its port', async (t) => {
    const { port: to, arrivals } = await sink(t)
    const path = fileURLToPath(new URL('./bench/delay-line.ts', import.meta.url))
    const args = ['--import', 'tsx', path, '--to', `${to}`, '--round-trip', '10', '--rate', '1000000']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => child.kill())
    const [line] = await once(child.stdout, 'data')
    await sender(t, Number(`${line}`), 1000)
    await arrived(arrivals, 1000)
  })
})
