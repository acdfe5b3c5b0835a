/** What is taken out of words that others wrote before anybody sees them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { secretsOf } from '../src/core/address-secrets.js'
import { cutAddresses, formsOf, oneLine, redact } from '../src/core/redact.js'

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
    ['the query in code, and no more', 'give `https://a/b?c=d`.', 'give `https://a/b?…`.'],
    ['the query in brackets, and no more', '(https://a/b?c=d): gone', '(https://a/b?…): gone'],
    ['the query of an address of any scheme', 's3://u:p@a/b?c=d', 's3://a/b?…'],
    ['what an address with a slip hides', 'https//u:p@a.b/c?d=e https:/a.b/c?d=e', 'https//a.b/c?… https:/a.b/c?…'],
    ['what an address without a scheme hides', 'cannot fetch a.b/c.png?d=e&f=g', 'cannot fetch a.b/c.png?…'],
    ['what a path hides', 'GET /c.png?d=e gave 403, c.png?d=e, /c?opaque', 'GET /c.png?… gave 403, c.png?…, /c?…'],
    ['a query alone', 'bad query ?d=e', 'bad query ?…'],
    ['what an address that JSON escapes hides', 'https:\\/\\/u:p@a.b\\/c?d=e', 'https:\\/\\/a.b\\/c?…'],
    ['what a percent-encoded address hides', 'https%3A%2F%2Fu%3Ap%40a.b%2Fc%3Fd%3De x', 'https%3A%2F%2Fa.b%2Fc%3F… x'],
    [
      'no version of a model of Civitai, but what follows it',
      'https://civitai.com/models/1?modelVersionId=2&token=x and civitai:1?modelVersionId=2.',
      'https://civitai.com/models/1?modelVersionId=2&… and civitai:1?modelVersionId=2.',
    ],
    ['no pattern, and no question', 'hero?.png or a/b?.png? Is it a/b?', 'hero?.png or a/b?.png? Is it a/b?'],
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

describe('out of words about what stood on the line is taken', () => {
  const rows: readonly [title: string, text: string, shown: string][] = [
    ['what a web address hides', 'x=https://u:p@a.b/c?d=e: no such file', 'x=https://a.b/c?…: no such file'],
    ['nothing of a pattern', 'hero?.png a/b?.png', 'hero?.png a/b?.png'],
    ['nothing of the names that wget gives', 'x.com/c.png?v=3 c.png?v=3', 'x.com/c.png?v=3 c.png?v=3'],
    ['nothing of an example', '`http://user:password@proxy.example:3128`', '`http://user:password@proxy.example:3128`'],
    ['nothing of a path with an @ in it', 'C:/me@home.png /a:/b@c.png', 'C:/me@home.png /a:/b@c.png'],
  ]
  for (const [title, text, shown] of rows) it(title, () => assert.equal(cutAddresses(text), shown))
})

describe('what is secret of a web address', () => {
  const secrets = secretsOf(
    'https://anna:hunt%21er2@a.b/c.png?tok=hunter%2F3+x&sig=abc&a=b&modelVersionId=123456#hunter4',
  )
  const rows: readonly [title: string, text: string, shown: string][] = [
    ['its userinfo', 'auth anna:hunt%21er2 refused, hunt!er2', 'auth … refused, …'],
    ['each value of its query', 'token hunter%2F3+x, hunter/3 x', 'token …, …'],
    ['a short value with its name', 'bad sig=abc', 'bad …'],
    ['its fragment', 'no hunter4 there', 'no … there'],
    ['all of it percent-encoded once more', 'tok%3Dhunter%252F3%2Bx%26sig%3dabc', '…%26…'],
    ['all of it escaped as in JSON', 'value hunter\\/3 x', 'value …'],
    [
      'not its shortest words, nor the version of a model',
      'a=b anna abc modelVersionId=123456',
      'a=b anna abc modelVersionId=123456',
    ],
  ]
  for (const [title, text, shown] of rows) it(title, () => assert.equal(redact(text, secrets), shown))

  it('is nothing where it has none', () => assert.deepEqual(secretsOf('https://a.b/c.png'), []))

  it('is told of any address, however it is written', () => {
    fc.assert(fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => void secretsOf(url)))
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.ok(formsOf(text).includes(text))))
  })
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
