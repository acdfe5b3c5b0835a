/** The API's three calls against a real server: what is sent, what is answered, and what is refused. */
import assert from 'node:assert/strict'
import dns from 'node:dns'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { type ErrorCode, UploadError } from '../src/errors.js'
import { type ClientOptions, createClient, type ScenarioClient } from '../src/scenario/client.js'
import { promised } from './helpers/scene.js'
import { bodyOf, credentials, json, type Received, serve } from './helpers/servers.js'
import { soonMs } from './helpers/soon.js'

type Answer = (response: ServerResponse, received: Received, request: IncomingMessage) => void

const never = new AbortController().signal
const basic = Buffer.from(`${credentials.key}:${credentials.secret}`).toString('base64')

interface Setup {
  client: ScenarioClient
  received: Received[]
  sandboxes: { count: number }
  url: string
}

async function setup(t: TestContext, answer: Answer, options: Partial<ClientOptions> = {}): Promise<Setup> {
  const received: Received[] = []
  const url = await serve(t, async (request, response) => {
    const body = await bodyOf(request)
    const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
    received.push(seen)
    answer(response, seen, request)
  })
  const sandboxes = { count: 0 }
  const client = createClient({
    apiUrl: `${url}/v1`,
    credentials,
    projectId: undefined,
    userAgent: 'test/1',
    onSandbox: () => {
      sandboxes.count++
    },
    ...options,
  })
  t.after(() => client.close())
  return { client, received, sandboxes, url }
}

const imported = { upload: { id: 'upload_1', status: 'imported', entityId: 'asset_1' } }
const good: Answer = (response) => json(response, 200, imported)

async function rejected(call: Promise<unknown>, code: ErrorCode): Promise<UploadError> {
  const error = await call.then(
    () => assert.fail('it resolved'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UploadError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

describe('a call of the API', () => {
  const remote = { huggingFaceModelName: 'owner/name' }
  const file = {
    fileName: 'a.png',
    contentType: 'image/png',
    fileSize: 9,
    parts: 1,
    kind: 'image',
    assetOptions: { hide: true },
  }
  const parts = [{ number: 1, url: 'https://bucket.example/k' }]
  type Row = [
    title: string,
    call: (client: ScenarioClient) => Promise<unknown>,
    method: string,
    path: string,
    body: unknown,
  ]
  const rows: readonly Row[] = [
    ['create, for a file', (client) => client.create(file, never), 'POST', '/v1/uploads', file],
    ['create, for what the server fetches', (client) => client.create(remote, never), 'POST', '/v1/uploads', remote],
    [
      'complete',
      (client) => client.complete('upload_1', never),
      'POST',
      '/v1/uploads/upload_1/action',
      { action: 'complete' },
    ],
    ['the look', (client) => client.get('upload_1', never), 'GET', '/v1/uploads/upload_1', undefined],
  ]
  for (const [title, call, method, path, body] of rows) {
    it(`is exactly this: ${title}`, async (t) => {
      const { client, received } = await setup(t, (response) =>
        json(response, 200, { upload: { ...imported.upload, parts } }),
      )
      await call(client)
      assert.equal(received.length, 1)
      const [request] = received
      assert.equal(request?.method, method)
      assert.equal(request?.path, path)
      assert.equal(request?.headers.authorization, `Basic ${basic}`)
      assert.equal(request?.headers.accept, 'application/json')
      assert.equal(request?.headers['user-agent'], 'test/1')
      assert.equal(request?.headers['content-type'], body === undefined ? undefined : 'application/json')
      assert.equal(request?.body.toString(), body === undefined ? '' : JSON.stringify(body))
    })

    it(`says nothing of who asks where there are no credentials: ${title}`, async (t) => {
      const answer: Answer = (response) => json(response, 401, { message: 'who are you?' })
      const { client, received } = await setup(t, answer, { credentials: null })
      await rejected(call(client), 'ERR_CREDENTIALS_REFUSED')
      assert.equal(received[0]?.headers.authorization, undefined)
    })

    it(`names the project, where there is one: ${title}`, async (t) => {
      const answer: Answer = (response) => json(response, 200, { upload: { ...imported.upload, parts } })
      const { client, received } = await setup(t, answer, { projectId: 'proj 1&x=2' })
      await call(client)
      assert.equal(received[0]?.path, `${path}?projectId=proj%201%26x%3D2`)
    })
  }

  it('goes over one connection, however many there are', async (t) => {
    const ports = new Set<number | undefined>()
    const { client } = await setup(t, (response, _, request) => {
      ports.add(request.socket.remotePort)
      json(response, 200, imported)
    })
    for (let i = 0; i < 5; i++) await client.get('upload_1', never)
    assert.equal(ports.size, 1)
  })

  it('is made once: to try again is for others', async (t) => {
    const { client, received } = await setup(t, (response) => json(response, 503, {}))
    await rejected(client.get('upload_1', never), 'ERR_SERVER')
    await rejected(client.create(remote, never), 'ERR_SERVER')
    assert.equal(received.length, 2)
  })
})

describe('the answer', () => {
  it('of create has the parts in order', async (t) => {
    const url = 'https://bucket.example/k'
    const parts = [
      { number: 2, url },
      { number: 1, url, expires: null },
    ]
    const { client } = await setup(t, (response) => json(response, 200, { upload: { id: 'upload_1', parts } }))
    const file = { fileName: 'a', contentType: 'image/png', fileSize: 9, parts: 2, kind: 'image' }
    const created = await client.create(file, never)
    assert.deepEqual(
      created.parts.map(({ number }) => number),
      [1, 2],
    )
  })

  it('of complete may be empty, or any JSON: that it is a yes is enough', async (t) => {
    const { client } = await setup(t, (response) => response.writeHead(204).end())
    assert.equal(await client.complete('upload_1', never), null)
    const { client: other } = await setup(t, (response) => response.end('{"ok":true}'))
    assert.equal(await other.complete('upload_1', never), null)
  })

  for (const body of ['<html>Sign in to this network</html>', 'ok', '{"upload":']) {
    it(`of complete that is no JSON is no yes, but a doubt: ${body}`, async (t) => {
      const { client } = await setup(t, (response) => response.end(body))
      assert.match((await rejected(client.complete('upload_1', never), 'ERR_SERVER')).message, /no JSON/)
    })
  }

  for (const body of ['', '<html>hello</html>', '{"upload":', 'null', '"x"', '{}']) {
    it(`of create and of a look that makes no sense ends with 1: ${JSON.stringify(body)}`, async (t) => {
      const { client } = await setup(t, (response) => response.end(body))
      assert.equal((await rejected(client.get('upload_1', never), 'ERR_REPLY')).exitCode, 1)
      await rejected(client.create({ huggingFaceModelName: 'a/b' }, never), 'ERR_REPLY')
    })
  }

  it('that has no end is given up, and not kept in memory', async (t) => {
    const block = Buffer.alloc(1024 * 1024, ' ')
    const { client } = await setup(t, (response) => {
      const more = () => {
        if (response.destroyed) return
        response.write(block, more)
      }
      more()
    })
    const error = await rejected(client.get('upload_1', never), 'ERR_REPLY')
    assert.match(error.message, /sent more than any reply holds/)
  })

  it('of complete that has no end is a doubt: it may have gone through', async (t) => {
    const { client } = await setup(t, (response) => {
      const more = () => {
        if (!response.destroyed) response.write(Buffer.alloc(1024 * 1024, ' '), more)
      }
      more()
    })
    const error = await rejected(client.complete('upload_1', never), 'ERR_SERVER')
    assert.equal(error.message, 'complete was answered without an end')
  })

  it('may come in any 2xx', async (t) => {
    const { client } = await setup(t, (response) => json(response, 201, imported))
    assert.equal((await client.get('upload_1', never)).status, 'imported')
  })

  it('tells once that it comes from a sandbox', async (t) => {
    const { client, sandboxes } = await setup(t, (response) =>
      json(response, 200, imported, { 'x-scenario-sandbox': '1' }),
    )
    assert.equal(sandboxes.count, 0)
    for (let i = 0; i < 3; i++) await client.get('upload_1', never)
    assert.equal(sandboxes.count, 1)
  })

  it('tells of no sandbox where there is none', async (t) => {
    const { client, sandboxes } = await setup(t, good)
    await client.get('upload_1', never)
    assert.equal(sandboxes.count, 0)
  })
})

describe('a refusal', () => {
  const rows: readonly [status: number, code: ErrorCode][] = [
    [400, 'ERR_API_REFUSED'],
    [401, 'ERR_CREDENTIALS_REFUSED'],
    [403, 'ERR_CREDENTIALS_REFUSED'],
    [404, 'ERR_UPLOAD_UNKNOWN'],
    [429, 'ERR_RATE_LIMITED'],
    [500, 'ERR_SERVER'],
  ]
  for (const [status, code] of rows) {
    it(`${status} is ${code}, with the server's words and trace id`, async (t) => {
      const { client } = await setup(t, (response) => json(response, status, { reason: 'because', traceId: 'trace-1' }))
      const error = await rejected(client.get('upload_1', never), code)
      assert.match(error.message, /: because$/)
      assert.equal(error.requestId, 'trace-1')
    })
  }

  it('keeps what the server said of the pause', async (t) => {
    const { client } = await setup(t, (response) => json(response, 429, {}, { 'retry-after': '7' }))
    assert.equal((await rejected(client.get('upload_1', never), 'ERR_RATE_LIMITED')).retryAfterMs, 7000)
  })

  for (const status of [301, 302, 303, 307, 308]) {
    it(`is what a redirect is (${status}): nobody follows it, and no credentials go there`, async (t) => {
      const reached: string[] = []
      const elsewhere = await serve(t, (request, response) => {
        reached.push(request.headers.authorization ?? '')
        json(response, 200, imported)
      })
      const { client } = await setup(t, (response) =>
        response.writeHead(status, { location: `${elsewhere}/v1/x` }).end(),
      )
      const error = await rejected(client.get('upload_1', never), 'ERR_REDIRECT')
      assert.equal(error.exitCode, 6)
      await rejected(client.create({ huggingFaceModelName: 'a/b' }, never), 'ERR_REDIRECT')
      await rejected(client.complete('upload_1', never), 'ERR_REDIRECT')
      assert.deepEqual(reached, [])
    })
  }
})

describe('a secret', () => {
  const secrets = [credentials.key, credentials.secret, basic]
  const leaks = (error: UploadError) => {
    const all = [error.message, error.stack, error.hint, error.requestId, JSON.stringify(error), String(error.cause)]
    return secrets.filter((secret) => all.some((text) => text?.includes(secret)))
  }

  it('that the server repeats is taken out of its words and of the trace id', async (t) => {
    const { client } = await setup(t, (response, { headers }) =>
      json(response, 400, {
        reason: `${headers.authorization} ${secrets.join(' ')}`,
        traceId: `t ${credentials.secret}`,
      }),
    )
    assert.deepEqual(leaks(await rejected(client.get('upload_1', never), 'ERR_API_REFUSED')), [])
  })

  it('of six letters is taken out, but not one so short that only words would suffer', async (t) => {
    for (const [secret, words] of [
      ['abcdef', 'no … is a word'],
      ['abcde', 'no abcdef is a word'],
    ] as const) {
      const answer: Answer = (response) => json(response, 400, { reason: 'no abcdef is a word' })
      const { client } = await setup(t, answer, { credentials: { key: 'k', secret } })
      const { message } = await rejected(client.get('upload_1', never), 'ERR_API_REFUSED')
      assert.ok(message.includes(words), message)
    }
  })

  it('does not survive in pieces where long words are cut', async (t) => {
    for (const before of [480, 490, 495]) {
      const { client } = await setup(t, (response) =>
        json(response, 400, { message: `${'x'.repeat(before)}${credentials.secret}` }),
      )
      const { message } = await rejected(client.get('upload_1', never), 'ERR_API_REFUSED')
      assert.ok(!message.includes(credentials.secret.slice(0, 5)), message.slice(-60))
    }
  })

  it("is taken out of the upload's own error too", async (t) => {
    const errorMessage = `no: ${secrets.join(' ')} https://a.b/c?sig=topsecret`
    const { client } = await setup(t, (response) =>
      json(response, 200, { upload: { id: 'upload_1', status: 'failed', errorMessage } }),
    )
    const shown = (await client.get('upload_1', never)).errorMessage ?? ''
    assert.deepEqual(
      secrets.filter((secret) => shown.includes(secret)),
      [],
    )
    assert.doesNotMatch(shown, /topsecret/)
  })

  it("is taken out of the upload's own error in the reply of complete as well", async (t) => {
    const errorMessage = `no: ${credentials.secret} https://a.b/c?sig=topsecret`
    const { client } = await setup(t, (response) =>
      json(response, 200, { upload: { id: 'upload_1', status: 'failed', errorMessage } }),
    )
    const shown = (await client.complete('upload_1', never))?.errorMessage ?? ''
    assert.ok(!shown.includes(credentials.secret), shown)
    assert.doesNotMatch(shown, /topsecret/)
  })

  it('is in no error of the connection', async (t) => {
    const { client } = await setup(t, (_, __, request) => request.socket.destroy())
    assert.deepEqual(leaks(await rejected(client.get('upload_1', never), 'ERR_NETWORK')), [])
  })
})

describe('a call that comes to no answer', () => {
  it('is a network error where nobody listens', async (t) => {
    const client = createClient({
      apiUrl: 'http://127.0.0.1:9/v1',
      credentials,
      projectId: undefined,
      userAgent: 'test/1',
      onSandbox: () => {},
    })
    t.after(() => client.close())
    const error = await rejected(client.get('upload_1', never), 'ERR_NETWORK')
    assert.equal(error.message, '127.0.0.1:9 refused the connection')
  })

  it('is a network error where the connection is cut', async (t) => {
    const { client, url } = await setup(t, (_, __, request) => request.socket.destroy())
    const error = await rejected(client.get('upload_1', never), 'ERR_NETWORK')
    assert.equal(error.message, `${new URL(url).host} closed the connection`)
  })

  it('ends when the time that it was given is over', async (t) => {
    const { client, url } = await setup(t, () => {})
    const began = performance.now()
    const error = await rejected(client.get('upload_1', never, 300), 'ERR_NETWORK')
    const took = performance.now() - began
    assert.ok(took >= 250 && took < soonMs, String(took))
    assert.equal(error.message, `${new URL(url).host} went silent: nothing moved for 300 ms`)
  })

  it('ends in time where the answer begins and never ends', async (t) => {
    const { client } = await setup(t, (response) => response.writeHead(200).write('{"upload":'))
    await rejected(client.get('upload_1', never, 300), 'ERR_NETWORK')
  })

  const calls: readonly [title: string, call: (client: ScenarioClient, signal: AbortSignal) => Promise<unknown>][] = [
    ['create', (client, signal) => client.create({ huggingFaceModelName: 'a/b' }, signal)],
    ['complete', (client, signal) => client.complete('upload_1', signal)],
    ['the look', (client, signal) => client.get('upload_1', signal)],
  ]
  for (const [title, call] of calls) {
    it(`ends within a second of the abort, with its reason: ${title}`, async (t) => {
      const { client } = await setup(t, () => {})
      const controller = new AbortController()
      const reason = new UploadError('ERR_TERMINATED', 'enough')
      const ending = assert.rejects(call(client, controller.signal), (error) => error === reason)
      const timer = setTimeout(() => controller.abort(reason), 100)
      t.after(() => clearTimeout(timer))
      const began = performance.now()
      await ending
      assert.ok(performance.now() - began < soonMs)
    })

    it(`is not even begun after the abort: ${title}`, async (t) => {
      const { client, received } = await setup(t, good)
      const reason = new UploadError('ERR_INTERRUPTED', 'enough')
      await assert.rejects(call(client, AbortSignal.abort(reason)), (error) => error === reason)
      assert.equal(received.length, 0)
    })
  }
})

describe('a reply that is long', () => {
  const blockOf = (bytes: number) => ' '.repeat(bytes)

  /** Sends a reply in pieces, one each `everyMs`, for so long. */
  const inPieces =
    (bytes: number, everyMs: number, forMs: number): Answer =>
    (response) => {
      const body = JSON.stringify(imported)
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(blockOf(bytes)), everyMs)
      const end = setTimeout(() => {
        clearInterval(timer)
        response.end(body)
      }, forMs)
      response.on('close', () => {
        clearInterval(timer)
        clearTimeout(end)
      })
    }

  it('and flows is read to its end, though that takes longer than any silence may', async (t) => {
    // A machine that stands still for a while is no silence of so long.
    const { client } = await setup(t, inPieces(64 * 1024, 50, 4500), { stallMs: 3500 })
    assert.equal((await client.get('upload_1', never)).status, 'imported')
  })

  it('and only trickles is given up', async (t) => {
    const { client } = await setup(t, inPieces(100, 50, 60_000), { stallMs: 500 })
    const began = performance.now()
    await rejected(client.get('upload_1', never), 'ERR_NETWORK')
    assert.ok(performance.now() - began < 10_000)
  })
})

describe('the clock of the API', () => {
  it('is heard with each answer, yes or no', async (t) => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    const heard: (string | undefined)[] = []
    const statuses = [200, 503]
    const answer: Answer = (response) => json(response, statuses.shift() ?? 200, imported, { date })
    const { client } = await setup(t, answer, { onDate: (each) => heard.push(each) })
    await client.get('upload_1', never)
    await rejected(client.get('upload_1', never), 'ERR_SERVER')
    assert.deepEqual(heard, [date, date])
  })

  it('is what a date in Retry-After is held against', async (t) => {
    const headers = { date: 'Wed, 21 Oct 2020 07:28:00 GMT', 'retry-after': 'Wed, 21 Oct 2020 07:28:30 GMT' }
    const { client } = await setup(t, (response) => json(response, 503, {}, headers))
    assert.equal((await rejected(client.get('upload_1', never), 'ERR_SERVER')).retryAfterMs, 30_000)
  })
})

describe('each call', () => {
  it('is told, with its answer or without one, and without its query', async (t) => {
    const told: { url: string; method: string; status: number | null }[] = []
    const cut = { next: false }
    const answer: Answer = (response, _, request) => {
      if (cut.next) request.socket.destroy()
      else json(response, 200, imported)
    }
    const { url } = await setup(t, answer)
    const shared = createClient({
      ...{ apiUrl: `${url}/v1`, credentials, projectId: 'proj_1', userAgent: 'test/1', onSandbox: () => {} },
    })
    t.after(() => shared.close())
    const client = shared.heardBy(({ durationMs: _, ...exchange }) => told.push(exchange))
    await client.get('upload_1', never)
    await shared.get('upload_1', never) // of which nobody asked to be told
    cut.next = true
    await rejected(client.complete('upload_1', never), 'ERR_NETWORK')
    assert.deepEqual(told, [
      { method: 'GET', url: `${url}/v1/uploads/upload_1?…`, status: 200 },
      { method: 'POST', url: `${url}/v1/uploads/upload_1/action?…`, status: null },
    ])
  })
})

describe('a protocol that is changed, though nobody asked for it,', () => {
  it('is a refusal, and the connection is closed', { timeout: 60_000 }, async (t) => {
    const { promise: closed, keep } = promised()
    const { client } = await setup(t, (_, __, { socket }) => {
      socket.on('close', () => keep())
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
    })
    const error = await rejected(client.get('upload_1', never), 'ERR_API_REFUSED')
    assert.match(error.message, /^the API refused to look at the upload \(101\)$/)
    await closed
  })
})

describe('a host that speaks something else', () => {
  it('is told as what it is', { timeout: 60_000 }, async (t) => {
    const { url } = await setup(t, good)
    const { client } = await setup(t, good, { apiUrl: `${url.replace('http:', 'https:')}/v1` })
    const error = await rejected(client.get('upload_1', never), 'ERR_NETWORK')
    assert.deepEqual(
      [error.message, error.circumstance],
      [`${new URL(url).host} does not speak TLS`, 'host-never-answered'],
    )
  })
})

describe('a silence', () => {
  it('before the connection stands is told apart: there may be a slip in the name', { timeout: 60_000 }, async (t) => {
    const { client } = await setup(t, good, { apiUrl: 'https://api.example/v1', stallMs: 500 })
    t.mock.method(dns, 'lookup', () => {})
    const error = await rejected(client.get('upload_1', never), 'ERR_NETWORK')
    assert.match(error.message, /silent/)
    assert.equal(error.circumstance, 'host-never-answered')
  })

  it('of a host that was connected to is not, on a new connection and on a kept one', async (t) => {
    const answers = [() => {}, good, () => {}]
    const { client } = await setup(t, (...heard) => answers.shift()?.(...heard), { stallMs: 2000 })
    for (const silent of [true, false, true]) {
      const call = client.get('upload_1', never)
      if (!silent) await call
      else assert.equal((await rejected(call, 'ERR_NETWORK')).circumstance, undefined)
    }
  })
})

describe('a connection that was kept', () => {
  it('and that the API has closed is known as such: it says nothing about the next one', async (t) => {
    const state = { cut: false }
    const { client } = await setup(t, (response, _, request) => {
      if (state.cut) request.socket.resetAndDestroy()
      else json(response, 200, imported)
    })
    await client.get('upload_1', never)
    state.cut = true
    assert.equal((await rejected(client.get('upload_1', never), 'ERR_NETWORK')).circumstance, 'stale-connection')
    assert.equal((await rejected(client.get('upload_1', never), 'ERR_NETWORK')).circumstance, undefined, 'a new one')
  })
})
