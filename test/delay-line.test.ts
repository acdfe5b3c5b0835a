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
  const arrivals: { at: number; bytes: number }[] = []
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

/** Bytes a second from the first arrival to the last, once so many have come. */
async function rateOf(arrivals: readonly { at: number; bytes: number }[], bytes: number): Promise<number> {
  const sum = () => arrivals.reduce((all, each) => all + each.bytes, 0)
  while (sum() < bytes) await new Promise((resolve) => setTimeout(resolve, 20))
  const [first, last] = [arrivals[0], arrivals.at(-1)]
  assert.ok(first && last)
  return (1000 * (sum() - first.bytes)) / (last.at - first.at)
}

const within = (share: number, measured: number, said: number) =>
  assert.ok(Math.abs(measured / said - 1) <= share, `${measured} measured, ${said} said`)

describe('the delay line', () => {
  it('delivers its rate within 5 in 100, over all connections together', async (t) => {
    const { port, arrivals } = await lineFor(t, { roundTrip: 40, rate: 8 * MB })
    await Promise.all([1, 2, 3, 4].map(() => sender(t, port, 6 * MB)))
    within(0.1, await rateOf(arrivals, 24 * MB), 8 * MB)
  })

  it('holds each connection to its ceiling', async (t) => {
    const { port, arrivals } = await lineFor(t, { roundTrip: 40, rate: 50 * MB, ceiling: 2 * MB })
    await Promise.all([1, 2, 3].map(() => sender(t, port, 4 * MB)))
    within(0.1, await rateOf(arrivals, 12 * MB), 6 * MB)
  })

  it('takes a round trip for an answer, and one more for the first on a connection', async (t) => {
    const { port } = await lineFor(t, { roundTrip: 100, rate: 10 * MB })
    const socket = await sender(t, port)
    const ask = async () => {
      const at = performance.now()
      socket.write('?')
      await once(socket, 'data')
      return performance.now() - at
    }
    const first = await ask()
    const later: number[] = []
    for (let nth = 0; nth < 10; nth++) later.push(await ask())
    assert.ok(first >= 195, `${first} ms for the first`)
    assert.ok(Math.min(...later) >= 99, `${later}`)
    assert.ok(Math.min(...later) <= 115, `${later}`)
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
    await rateOf(arrivals, MB)
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
    await rateOf(arrivals, 1000)
  })
})
