/** What is taken out of words that others wrote before anybody sees them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { oneLine, redact } from '../src/core/redact.js'

describe('out of a text is taken', () => {
  const rows: readonly [title: string, text: string, shown: string][] = [
    ['the query of an address', 'GET https://a.b/c?X-Amz-Signature=abc&x=1 failed', 'GET https://a.b/c?… failed'],
    ['the query of an address without a path', 'http://127.0.0.1:80?a=b', 'http://127.0.0.1:80?…'],
    ['the query of each of several', 'https://a/?x=1 and https://b/?y=2', 'https://a/?… and https://b/?…'],
    ['the query in quotes, and no more', '"https://a/b?c=d" is wrong', '"https://a/b?…" is wrong'],
    ['the query in XML, and no more', '<A>https://a/b?c=d</A>', '<A>https://a/b?…</A>'],
    [
      'the query of an address with an apostrophe in it',
      "PUT https://a.b/bob's.png?sig=abc failed",
      "PUT https://a.b/bob's.png?… failed",
    ],
    [
      'a query with an apostrophe in it, to its end',
      "PUT https://a.b/c?name=bob's&sig=abc failed",
      'PUT https://a.b/c?… failed',
    ],
    ['userinfo', 'https://user:pass@a.b/c', 'https://a.b/c'],
    ['userinfo that holds an @', 'https://us@er:pass@a.b/c', 'https://a.b/c'],
    ['userinfo and query', 'http://u:p@a.b/c?d=e', 'http://a.b/c?…'],
    ['a signature outside of an address', 'X-Amz-Signature=abcdef0123', 'X-Amz-Signature=…'],
    ['a credential outside of an address', 'with X-Amz-Credential=AKIA/2026/us/s3 it', 'with X-Amz-Credential=… it'],
    ['a session token', 'X-Amz-Security-Token=zzz&a', 'X-Amz-Security-Token=…&a'],
    ['a key of the older signature', 'AWSAccessKeyId=AKIAX&Signature=abc', 'AWSAccessKeyId=…&Signature=…'],
    ['basic credentials', 'authorization: Basic dXNlcjpwYXNz', 'authorization: Basic …'],
    ['a bearer token', 'Bearer eyJhbGciOi.x-y_z~', 'Bearer …'],
    ['nothing where there is nothing', 'the upload was not found', 'the upload was not found'],
    ['nothing of a plain address', 'see https://a.b/c/d.html.', 'see https://a.b/c/d.html.'],
  ]
  for (const [title, text, shown] of rows) it(title, () => assert.equal(redact(text), shown))
})

describe('a secret that is known', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=_.~-]{6,60}$/)

  it('is taken out wherever it stands, as often as it stands there', () => {
    assert.equal(redact('key s3cr3t, s3cr3t!', ['s3cr3t']), 'key …, …!')
  })

  it('never survives', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(secret, { minLength: 1, maxLength: 3 }), (words, secrets) => {
        const text = words.flatMap((word, i) => [word, secrets[i % secrets.length] ?? '']).join('')
        const shown = redact(text, secrets)
        for (const each of secrets) assert.ok(!shown.includes(each), shown)
      }),
    )
  })

  it('never survives in an address, a header or a signature', () => {
    fc.assert(
      fc.property(
        secret,
        fc.constantFrom('https://a/?k=', 'https://', 'Basic ', 'Signature=', '"', '<Code>'),
        (each, before) => {
          assert.ok(!redact(`${before}${each}@a.b/c "${each}"`, [each]).includes(each))
        },
      ),
    )
  })

  it('that is empty takes nothing out', () => assert.equal(redact('abc', ['']), 'abc'))

  it('is taken literally, not as a pattern', () => assert.equal(redact('a.c abc', ['a.c']), '… abc'))

  it('that begins as another one does leaves nothing of itself', () => {
    assert.equal(redact('the key is abcdef-ghijkl', ['abcdef', 'abcdef-ghijkl']), 'the key is …')
  })
})

describe('the query of an address', () => {
  it('never survives', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9%+/=_.~-]{4,40}$/)
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: false }), value, fc.string(), (url, sent, after) => {
        const shown = redact(`PUT ${url}?sig=QQQ${sent} ${after}`)
        assert.ok(!shown.includes(`QQQ${sent}`), shown)
      }),
    )
  })
})

describe("a server's words", () => {
  const rows: readonly [title: string, text: string, limit: number | undefined, shown: string][] = [
    ['come in one line', 'a\n  b\r\n\tc', undefined, 'a b c'],
    ['lose the blanks around them', '  a  ', undefined, 'a'],
    ['are left as they are where they are short', 'x'.repeat(500), undefined, 'x'.repeat(500)],
    ['are cut where they are long', 'x'.repeat(501), undefined, `${'x'.repeat(500)}…`],
    ['are cut where one says', 'abcdef', 3, 'abc…'],
  ]
  for (const [title, text, limit, shown] of rows) it(title, () => assert.equal(oneLine(text, limit), shown))
})
