// got as its manual has it: a file's stream into a request's.
import { createReadStream } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream/promises'
import got from 'got'
import { eachPart, readBytes } from './parts.js'

const agent = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) }

await eachPart(async ({ path, start, end, url }) => {
  const body = createReadStream(path, { start, end: end - 1, highWaterMark: readBytes })
  const headers = { 'content-length': String(end - start) }
  const request = got.stream.put(url, { agent, headers, retry: { limit: 0 } })
  await pipeline(body, request, async (answer) => {
    for await (const _ of answer);
  })
})
for (const each of Object.values(agent)) each.destroy()
