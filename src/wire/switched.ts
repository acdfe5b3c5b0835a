/** A server that changes the protocol (101), though nobody asked for it: a no like any other, without a body. */
import type { ClientRequest, IncomingHttpHeaders } from 'node:http'

interface Switched {
  status: number
  headers: IncomingHttpHeaders
  body: ''
}

/** Node hands the connection over to whoever listens, as got does, and then forgets it: open, it keeps the process alive. */
export function onceSwitched(request: ClientRequest, then: (answer: Switched) => void): void {
  request.once('upgrade', ({ headers }, socket) => {
    socket.destroy()
    then({ status: 101, headers, body: '' })
  })
}
