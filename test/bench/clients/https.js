// The least that Node can do: its own HTTP client, kept connections, one MiB at a time.
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { chunksOf, eachPart } from './parts.js'

const agents = new Map()
function wayTo(url, maxSockets) {
  const secure = url.startsWith('https:')
  const { Agent, request } = secure ? https : http
  if (!agents.has(secure)) agents.set(secure, new Agent({ keepAlive: true, maxSockets }))
  return { request, agent: agents.get(secure) }
}

await eachPart(async (part, concurrency) => {
  const { request, agent } = wayTo(part.url, concurrency)
  const sent = request(part.url, { agent, method: 'PUT', headers: { 'content-length': part.end - part.start } })
  const answered = once(sent, 'response')
  // Not until 'drain': on a kept connection it was seen never to come, with all bytes sent and answered.
  const written = (chunk) => new Promise((resolve, reject) => sent.write(chunk, (e) => (e ? reject(e) : resolve())))
  for await (const chunk of chunksOf(part)) await written(chunk)
  sent.end()
  const [response] = await answered
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}`)
  await once(response.resume(), 'end')
})
for (const agent of agents.values()) agent.destroy()
