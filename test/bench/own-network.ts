/** A network of the bench's own, in which the kernel holds little between a sender and the link: as much as a home router. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * On loopback the kernel would take tens of megabytes of each connection before the first has passed the link: what a
 * client sees then is no link. Least, first and most bytes of a connection's buffer.
 */
const buffers = '4096 32768 65536'
const script = [
  'ip link set lo up',
  ...['rmem', 'wmem'].map((name) => `echo ${buffers} > /proc/sys/net/ipv4/tcp_${name}`),
]
const inside = 'SCENARIO_UPLOAD_BENCH_NETWORK'

export const isOwnNetwork = () => process.env[inside] === 'own'

/** Whether this machine lets it be made: Linux, and root. */
export const mayHaveOwnNetwork = () => spawnSync('unshare', ['--net', 'sh', '-c', script.join(' && ')]).status === 0

/** Runs the bench in it, with these arguments; rejects where it does not end well. */
export async function benchInOwnNetwork(args: readonly string[]): Promise<void> {
  const bench = [process.execPath, '--import', 'tsx', fileURLToPath(new URL('bench.ts', import.meta.url)), ...args]
  const command = `${script.join(' && ')} && exec "$@"`
  const child = spawn('unshare', ['--net', 'sh', '-c', command, 'sh', ...bench], {
    env: { ...process.env, [inside]: 'own' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the bench in a network of its own ended with ${code}`)
}
