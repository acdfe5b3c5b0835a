/**
 * What the user pointed at, from the text alone.
 *
 * Scenes: files and standard input · web addresses · Hugging Face · Civitai · what is no source · what is never shown.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { UploadError } from '../src/errors.js'
import { type OneSource, parseReference, type Reference, shownUrl } from '../src/sources/reference.js'

function errorOf(input: OneSource): UploadError {
  try {
    parseReference(input)
  } catch (error) {
    assert.ok(error instanceof UploadError, String(error))
    return error
  }
  return assert.fail(`${JSON.stringify(input)} was taken`)
}

function table(rows: [input: OneSource, reference: Reference][]): void {
  for (const [input, reference] of rows) {
    it(`${JSON.stringify(input)} is ${reference.type === 'stdin' ? 'standard input' : JSON.stringify(reference)}`, () =>
      assert.deepEqual(parseReference(input), reference))
  }
}

const file = (path: string): Reference => ({ type: 'file', shown: path, path })
const link = (url: string, shown = url): Reference => ({ type: 'url', shown, url })
const face = (shown: string, model = 'owner/name'): Reference => ({ type: 'huggingface', shown, model })
const civitai = (shown: string, rest = '370194'): Reference => ({
  type: 'civitai',
  shown,
  url: `https://civitai.com/models/${rest}`,
})

describe('files and standard input', () => {
  table([
    ['hero.png', file('hero.png')],
    ['./-', file('./-')],
    ['/tmp/a b.png', file('/tmp/a b.png')],
    ['C:\\pictures\\a.png', file('C:\\pictures\\a.png')],
    ['c:/pictures/a.png', file('c:/pictures/a.png')],
    ['owner/name', file('owner/name')],
    ['huggingface.co/owner/name', file('huggingface.co/owner/name')],
    ['civitai.com/models/370194', civitai('civitai.com/models/370194')],
    ['./civitai.com/models/370194', file('./civitai.com/models/370194')],
    ['370194', file('370194')],
    ['12:30.png', file('12:30.png')],
    ['what?.png', file('what?.png')],
    [{ file: '-' }, file('-')],
    [{ file: 'https://example.com' }, file('https://example.com')],
    ['-', { type: 'stdin', shown: '-' }],
    [{ stdin: true }, { type: 'stdin', shown: '-' }],
  ])
})

describe('web addresses', () => {
  table([
    ['https://example.com/a.png', link('https://example.com/a.png')],
    ['http://example.com/a.png', link('http://example.com/a.png')],
    ['HTTPS://Example.com', link('https://example.com/', 'HTTPS://Example.com')],
    ['https://example.com/a.png?sig=abc', link('https://example.com/a.png?sig=abc', 'https://example.com/a.png?…')],
    ['https://example.com/a.png#x', link('https://example.com/a.png#x', 'https://example.com/a.png')],
    ['https://me:pw@example.com/a', link('https://me:pw@example.com/a', 'https://example.com/a')],
    ['https://example.com/@me/a', link('https://example.com/@me/a')],
    ['https://example.com:8443/a', link('https://example.com:8443/a')],
    ['http://[::1]:80/a', link('http://[::1]/a', 'http://[::1]:80/a')],
    ['https://example.com./a', link('https://example.com./a')],
    [{ url: 'https://huggingface.co/owner/name' }, link('https://huggingface.co/owner/name')],
    [{ url: 'https://civitai.com/models/370194' }, link('https://civitai.com/models/370194')],
  ])

  it('are shown without userinfo, query and fragment, but for the version of a Civitai model', () => {
    const rows = [
      ['https://a:b@example.com:8443/p?q=1#f', 'https://example.com:8443/p?…'],
      ['https://example.com/p?', 'https://example.com/p'],
      ['https://example.com?token', 'https://example.com/?…'],
      ['https://example.com/p?modelVersionId=5', 'https://example.com/p?…'],
      ['https://civitai.com/models/1?modelVersionId=5', 'https://civitai.com/models/1?modelVersionId=5'],
      ['https://civitai.com/models/1?token=x&modelVersionId=5', 'https://civitai.com/models/1?modelVersionId=5&…'],
      ['https://civitai.com/models/1?modelVersionId=secret', 'https://civitai.com/models/1?…'],
      ['https://civitai.com/api/download/models/1?token=x', 'https://civitai.com/api/download/models/1?…'],
    ] as const
    for (const [url, shown] of rows) assert.equal(shownUrl(new URL(url)), shown)
  })
})

describe('Hugging Face', () => {
  table([
    ['hf:owner/name', face('hf:owner/name')],
    ['HF:owner/name', face('HF:owner/name')],
    ['hf:owner/name/', face('hf:owner/name/')],
    ['hf:https://huggingface.co/owner/name', face('hf:https://huggingface.co/owner/name')],
    ['hf:stabilityai/sdxl-1.0_x', face('hf:stabilityai/sdxl-1.0_x', 'stabilityai/sdxl-1.0_x')],
    ['https://huggingface.co/owner/name', face('https://huggingface.co/owner/name')],
    ['https://huggingface.co/owner/name/', face('https://huggingface.co/owner/name/')],
    ['https://www.huggingface.co/owner/name', face('https://www.huggingface.co/owner/name')],
    ['http://hf.co/owner/name', face('http://hf.co/owner/name')],
    ['https://huggingface.co/owner/name?x=1#y', face('https://huggingface.co/owner/name?…')],
    [{ huggingface: 'owner/name' }, face('owner/name')],
    [{ huggingface: 'hf:owner/name' }, face('hf:owner/name')],
    [{ huggingface: 'huggingface.co/owner/name' }, face('huggingface.co/owner/name')],
    [
      { huggingface: 'https://huggingface.co/owner/name/tree/main' },
      face('https://huggingface.co/owner/name/tree/main'),
    ],
    [{ huggingface: 'hf.co/owner/name/blob/main/a.safetensors' }, face('hf.co/owner/name/blob/main/a.safetensors')],
    [{ huggingface: `${'o'.repeat(96)}/n` }, face(`${'o'.repeat(96)}/n`, `${'o'.repeat(96)}/n`)],
    // Not the page of a model: a link like any other.
    [
      'https://huggingface.co/owner/name/resolve/main/a.png',
      link('https://huggingface.co/owner/name/resolve/main/a.png'),
    ],
    ['https://huggingface.co/datasets/squad', link('https://huggingface.co/datasets/squad')],
    ['https://huggingface.co/datasets/owner/name', link('https://huggingface.co/datasets/owner/name')],
    ['https://huggingface.co/spaces/owner', link('https://huggingface.co/spaces/owner')],
    ['https://huggingface.co/gpt2', link('https://huggingface.co/gpt2')],
    ['https://huggingface.co:8443/owner/name', link('https://huggingface.co:8443/owner/name')],
    ['https://huggingface.co.example.com/o/n', link('https://huggingface.co.example.com/o/n')],
  ])

  const notModels = [
    'gpt2',
    '',
    '/name',
    'owner/',
    'owner/name/main',
    'owner/na me',
    'owner/na..me',
    'owner/na--me',
    'owner/name.git',
    '../name',
    '-owner/name',
    'owner/.name',
    'owner/näme',
    'owner\\name',
    'owner/name?x=1',
    'datasets/squad',
    'Datasets/squad',
    `${'o'.repeat(97)}/name`,
    `owner/${'n'.repeat(97)}`,
    '//owner/name',
    'https://huggingface.co/gpt2',
    'https://huggingface.co/datasets/owner/name',
    'https://example.com/owner/name',
    'https://me:pw@huggingface.co/owner/name',
    'https://civitai.com/models/370194',
    'ftp://huggingface.co/owner/name',
  ]
  for (const text of notModels) {
    it(`${JSON.stringify(text)} is no model there`, () => {
      for (const input of [`hf:${text}`, { huggingface: text }]) {
        const { code, hint } = errorOf(input)
        assert.equal(code, 'ERR_USAGE')
        assert.match(hint, /^(Write it as `hf:owner\/name`|Leave out what stands before the `@`|Download it)/)
      }
    })
  }

  it('the address of a model whose name cannot be is refused, not taken for a link', () => {
    for (const name of ['na--me', 'na%20me', 'n'.repeat(97)]) {
      assert.match(errorOf(`https://huggingface.co/owner/${name}`).message, /not a Hugging Face model/)
    }
  })
})

describe('Civitai', () => {
  const full = 'https://civitai.com/models/370194/some-slug?modelVersionId=413566'
  table([
    ['civitai:370194', civitai('civitai:370194')],
    ['Civitai:370194', civitai('Civitai:370194')],
    [
      'civitai:370194?modelVersionId=413566',
      civitai('civitai:370194?modelVersionId=413566', '370194?modelVersionId=413566'),
    ],
    ['civitai:models/370194', civitai('civitai:models/370194')],
    ['civitai:models/370194/some-slug', civitai('civitai:models/370194/some-slug', '370194/some-slug')],
    ['civitai:civitai.com/models/370194', civitai('civitai:civitai.com/models/370194')],
    [`civitai:${full}`, civitai(`civitai:${full}`, '370194/some-slug?modelVersionId=413566')],
    [full, civitai(full, '370194/some-slug?modelVersionId=413566')],
    ['http://civitai.com/models/370194/', civitai('http://civitai.com/models/370194/')],
    ['https://www.civitai.com/models/370194', civitai('https://www.civitai.com/models/370194')],
    ['https://civitai.com/models/370194?token=x', civitai('https://civitai.com/models/370194')],
    [`${full}&token=x#top`, civitai(full, '370194/some-slug?modelVersionId=413566')],
    [{ civitai: '370194' }, civitai('370194')],
    [{ civitai: 'civitai:370194' }, civitai('civitai:370194')],
    [{ civitai: 'civitai.com/models/370194' }, civitai('civitai.com/models/370194')],
    [{ civitai: full }, civitai(full, '370194/some-slug?modelVersionId=413566')],
    // Not the page of a model: a link like any other.
    ['https://civitai.com/images/5', link('https://civitai.com/images/5')],
    ['https://civitai.com/models', link('https://civitai.com/models')],
    ['https://civitai.com/models/370194/slug/wizard', link('https://civitai.com/models/370194/slug/wizard')],
    ['https://civitai.com/models/37x', link('https://civitai.com/models/37x')],
  ])

  const notModels = [
    '',
    'some-slug',
    'models/',
    'models/slug',
    '37x',
    '370 194',
    '370194/a/b',
    '370194?modelVersionId=x',
    '370194?modelVersionId=',
    '/models/370194',
    'images/5',
    'civitai.com/images/5',
    'https://example.com/models/370194',
    'https://civitai.com/images/5',
    'https://me:pw@civitai.com/models/370194',
    'ftp://civitai.com/models/370194',
  ]
  for (const text of notModels) {
    it(`${JSON.stringify(text)} is no model there`, () => {
      for (const input of [`civitai:${text}`, { civitai: text }]) assert.equal(errorOf(input).code, 'ERR_USAGE')
    })
  }
})

describe('what is no source', () => {
  const refusals: [input: OneSource, message: RegExp, hint: RegExp][] = [
    ['', /source is empty/, /Name a file/],
    [{ file: '' }, /source is empty/, /Name a file/],
    [{ url: '' }, /"" is not a valid web address/, /whole address/],
    [{ url: 'example.com/a.png' }, /"example.com\/a.png" is not a valid web address/, /https:\/\//],
    [{ url: 'https://example.com/a b.png' }, /not a valid web address/, /%20/],
    [{ url: ' https://example.com/a.png' }, /not a valid web address/, /whole address/],
    [' https://u:pw@example.com/a.png?sig=secret', /^"…" is not a valid/, /whole address/],
    ['"https://example.com/a.png?sig=secret"', /^""https:\/\/example.com\/a.png\?…" is not a valid/, /whole address/],
    ['<https://example.com/a.png>', /not a valid web address/, /whole address/],
    ['https://example.com/a\nb.png', /not a valid web address/, /whole address/],
    ['https://', /"https:\/\/" is not a valid web address/, /whole address/],
    ['https:/example.com', /not a valid web address/, /whole address/],
    ['https://exa mple.com/', /not a valid web address/, /whole address/],
    ['https://a..b/c', /"https:\/\/a\.\.b\/c" is not a valid web address/, /whole address/],
    [`https://${'a'.repeat(64)}.com/`, /not a valid web address/, /whole address/],
    ['https://example.com:99999/', /not a valid web address/, /whole address/],
    ['ftp://example.com/a.png', /ftp: addresses are not taken, only http: and https:/, /Download it/],
    ['s3://bucket/a.png', /s3: addresses/, /Download it/],
    ['hf://owner/name', /not a Hugging Face model/, /hf:owner\/name/],
    ['civitai://370194', /not a Civitai model|not a valid web address/, /./],
    ['file:///tmp/a.png', /file: addresses/, /^Give the path of the file/],
    ['data:image/png;base64,AAAA', /data: addresses/, /the path/],
    [{ url: 'ftp://example.com' }, /ftp: addresses/, /Download it/],
    [{ url: 'C:\\a.png' }, /not a valid web address/, /whole address/],
  ]
  for (const [input, message, hint] of refusals) {
    it(`${JSON.stringify(input)} is refused before anything is sent`, () => {
      const error = errorOf(input)
      assert.equal(error.code, 'ERR_USAGE')
      assert.match(error.message, message)
      assert.match(error.hint, hint)
    })
  }
})

describe('what is never shown', () => {
  const secret = 'Zq7Zq7'
  const shapes = [
    `https://me:${secret}@example.com/a.png`,
    `https://${secret}@example.com/a.png`,
    `https://example.com/a.png?token=${secret}`,
    `https://example.com/a.png#${secret}`,
    `https://me:${secret}@example.com:99999/a.png`,
    `https://me:${secret}?x@exa mple.com/a`,
    `https://me:${secret}/x@exa mple.com/a`,
    `https://me:${secret}@/a`,
    `https:me:${secret}@example.com`,
    `https://a..b/?token=${secret}`,
    `https://a b/?x=a@b&token=${secret}#@${secret}`,
    `ftp://me:${secret}@example.com/?${secret}`,
    `s3://${secret}@bucket/?${secret}`,
    `https://me:${secret}@huggingface.co/owner/name`,
    `https://huggingface.co/owner/name?token=${secret}`,
    `https://huggingface.co/owner/na--me?token=${secret}`,
    `https://me:${secret}@civitai.com/models/370194`,
    `https://civitai.com/models/370194?token=${secret}`,
    `https://civitai.com/models/370194?modelVersionId=${secret}`,
    `https://civitai.com/api/download/models/5?token=${secret}`,
    `owner/name?token=${secret}`,
    `${secret}:x@owner/name`,
    `370194?token=${secret}`,
    `370194?modelVersionId=5&token=${secret}`,
    `x?token=${secret}`,
    `${secret}:x@civitai.com/models/5`,
  ]
  const forms: ((text: string) => OneSource)[] = [
    (url) => ({ url }),
    (huggingface) => ({ huggingface }),
    (civitai) => ({ civitai }),
    (text) => `hf:${text}`,
    (text) => `civitai:${text}`,
  ]

  function said(input: OneSource): string {
    try {
      return parseReference(input).shown
    } catch (error) {
      assert.ok(error instanceof UploadError, String(error))
      return `${error.message} ${error.hint}`
    }
  }

  for (const shape of shapes) {
    it(`the secret of ${shape.replaceAll(secret, '***')}, in a result or an error`, () => {
      for (const form of forms) assert.ok(!said(form(shape)).includes(secret), said(form(shape)))
      if (/^(https?|ftp|s3):/.test(shape)) assert.ok(!said(shape).includes(secret), said(shape))
    })
  }

  it('and any text at all is either a source or refused in words', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom(...forms, (text: string) => text),
        (text, form) => {
          said(form(text))
        },
      ),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const reference = parseReference({ url })
        assert.ok(!/[#]|\?[^…]/.test(reference.shown))
      }),
    )
  })
})
