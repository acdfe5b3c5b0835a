/** A process of its own that asks an API for an upload of many parts, and says how far its memory rose for the reply. */
import { createClient } from '../../src/scenario/client.js'

const [apiUrl = '', parts = '1'] = process.argv.slice(2)
const credentials = { key: 'key_of_a_child', secret: 'secret_of_a_child' }
const options = { apiUrl, credentials, projectId: undefined, userAgent: 'child', onSandbox: () => {} }
const client = createClient(options)
const { signal } = new AbortController()
const ask = (count: number) =>
  client.create({ fileName: 'a.bin', contentType: 'x/y', fileSize: 1e10, parts: count, kind: 'asset' }, signal)
const peakMiB = () => process.resourceUsage().maxRSS / 1024

await ask(1)
const baselineMiB = peakMiB()
const { parts: held } = await ask(Number(parts))
process.stdout.write(JSON.stringify({ baselineMiB, peakMiB: peakMiB(), held: held.length }))
client.close()
