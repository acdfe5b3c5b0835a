/** How the servers of this suite open and close: on loopback, on a free port, and at once. */
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Its address, without a slash at the end. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

/** From then on, connections to its address are refused. Closing twice is no error. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  await closed
}
