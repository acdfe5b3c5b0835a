/** When a request has its connection: only then is there somebody who can be silent. */
import type { ClientRequest } from 'node:http'

/** Calls `then` once the connection stands, its handshake over: at once for one that was kept. */
export function onceConnected(request: ClientRequest, then: () => void): void {
  request.once('socket', (socket) => {
    // The end of a tunnel is connected before it has shaken hands.
    const shakesHands = 'secureConnecting' in socket && socket.secureConnecting === true
    if (!socket.connecting && !shakesHands) then()
    else socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', then)
  })
}
