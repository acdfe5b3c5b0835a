/** A port for servers that come and go: no server of another test gets it in between. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'

/** The end of a connection holds it, which has the port and takes no connections. */
export async function ownPort(t: Pick<TestContext, 'after'>): Promise<number> {
  const far = createServer()
  await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve))
  const holder = connect({ port: (far.address() as AddressInfo).port, host: '127.0.0.1', localAddress: '127.0.0.1' })
  holder.on('error', () => {})
  await once(holder, 'connect')
  t.after(() => {
    holder.destroy()
    far.close()
  })
  return holder.localPort ?? 0
}
