/**
 * What cannot be uploaded is said before anything is sent: an exit code, one sentence, and a hint that is an action.
 *
 * Scenes: files that are none, and files that are not what they say · splits · words on the line · credentials ·
 * addresses of the API · sources that do not go together · sub-commands.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { ErrorCode } from '../src/errors.js'
import { pngBytes, tempFolder } from './helpers/files.js'
import { assertFailure, command, control, documentOf, linesOf, MiB } from './helpers/scene.js'
import { credentials, fakeScenario } from './helpers/servers.js'

interface Row {
  /** What is wrong, as a title. */
  what: string
  args: string[]
  code: ErrorCode
  exit: number
  says: RegExp
  hint: RegExp
  /** Makes what the line names, in the folder that the command runs in. */
  make?: (folder: string) => void
  env?: Record<string, string>
  input?: string
}

/** Said in words on stderr and as a document on stdout; and nothing reached the server. */
async function refused(t: TestContext, { args, code, exit, says, hint, make, env = {}, input }: Row) {
  const folder = await tempFolder(t)
  writeFileSync(join(folder, 'hero.png'), pngBytes(1000))
  make?.(folder)
  const fake = await fakeScenario(t)
  const options = { cwd: folder, env, ...(input !== undefined && { input }) }
  const ended = await command(fake, ['--json', ...args], options)
  assertFailure({ ...ended, stdout: '' }, exit, says, hint)
  const document = documentOf(ended)
  assert.equal(document.schemaVersion, 1)
  assert.equal(document.ok, false)
  const error = document.error ?? document.uploads.find((upload) => upload.error)?.error
  assert.ok(error, ended.stdout)
  const { message, hint: shownHint, ...rest } = error
  assert.deepEqual(rest, { code, exitCode: exit, retryable: false, requestId: null })
  assert.match(message, says)
  assert.match(shownHint, hint)
  if (exit === 2 || exit === 4) assert.deepEqual(document.uploads, [])
  assert.deepEqual([...fake.api, ...fake.puts], [])
}

function scenes(title: string, rows: readonly Row[]): void {
  describe(title, { concurrency: 4 }, () => {
    for (const row of rows) it(`${row.what}: exit code ${row.exit}`, (t) => refused(t, row))
  })
}

const put = (name: string, content: string | Buffer) => (folder: string) => writeFileSync(join(folder, name), content)
const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n'
const mp3 = Buffer.from('ID3\x03\0\0\0\0\0\x0f', 'latin1')
const zeros = (size: number) => (folder: string) => {
  writeFileSync(join(folder, 'big.png'), pngBytes(100))
  truncateSync(join(folder, 'big.png'), size)
}

scenes('a file', [
  {
    what: 'that is missing',
    args: ['nowhere.png'],
    code: 'ERR_FILE_MISSING',
    exit: 3,
    says: /nowhere\.png: no such file/,
    hint: /Check the path/,
  },
  {
    what: 'that is missing, and most likely a command with a slip in it',
    args: ['stauts'],
    code: 'ERR_FILE_MISSING',
    exit: 3,
    says: /stauts: no such file/,
    hint: /Did you mean `scenario-upload status`/,
  },
  {
    what: 'under a file, as if that were a folder',
    args: ['hero.png/inside.png'],
    code: 'ERR_FILE_MISSING',
    exit: 3,
    says: /no such file/,
    hint: /Check the path/,
  },
  {
    what: 'that is empty',
    args: ['empty.png'],
    make: put('empty.png', ''),
    code: 'ERR_FILE_EMPTY',
    exit: 3,
    says: /empty\.png is empty/,
    hint: /Check/,
  },
  {
    what: 'that is a folder',
    args: ['folder'],
    make: (folder) => mkdirSync(join(folder, 'folder')),
    code: 'ERR_NOT_A_FILE',
    exit: 3,
    says: /folder is a folder/,
    hint: /`scenario-upload -r folder`/,
  },
  {
    what: 'that is a named pipe, which is not waited for',
    args: ['pipe.png'],
    make: (folder) => execFileSync('mkfifo', [join(folder, 'pipe.png')]),
    code: 'ERR_NOT_A_FILE',
    exit: 3,
    says: /pipe\.png is a named pipe/,
    hint: /`-`/,
  },
  {
    what: 'that is a device',
    args: ['/dev/null'],
    code: 'ERR_NOT_A_FILE',
    exit: 3,
    says: /\/dev\/null is a device/,
    hint: /regular file/,
  },
  {
    what: 'that is a link to nothing',
    args: ['link.png'],
    make: (folder) => symlinkSync('gone.png', join(folder, 'link.png')),
    code: 'ERR_FILE_MISSING',
    exit: 3,
    says: /link\.png is a link to nothing/,
    hint: /link/,
  },
  {
    what: 'that is a link to itself',
    args: ['link.png'],
    make: (folder) => symlinkSync('link.png', join(folder, 'link.png')),
    code: 'ERR_FILE_MISSING',
    exit: 3,
    says: /link\.png/,
    hint: /\S/,
  },
  {
    what: 'that is larger than the storage takes',
    args: ['big.png'],
    make: zeros(5 * 1024 ** 4 + 1),
    code: 'ERR_FILE_TOO_LARGE',
    exit: 3,
    says: /5TiB/,
    hint: /Split/,
  },
])

scenes('a content', [
  {
    what: 'of another kind than asked for',
    args: ['song.mp3', '--kind', 'image'],
    make: put('song.mp3', mp3),
    code: 'ERR_CONTENT_MISMATCH',
    exit: 3,
    says: /"song\.mp3".*audio.*image/,
    hint: /--kind audio/,
  },
  {
    what: 'of another kind than its name says',
    args: ['hero.mp4'],
    make: put('hero.mp4', pngBytes(50)),
    code: 'ERR_CONTENT_MISMATCH',
    exit: 3,
    says: /"hero\.mp4".*PNG/,
    hint: /--kind image/,
  },
  {
    what: 'that is a Git LFS pointer',
    args: ['weights.safetensors'],
    make: put('weights.safetensors', lfs),
    code: 'ERR_CONTENT_MISMATCH',
    exit: 3,
    says: /"weights\.safetensors" is a Git LFS pointer/,
    hint: /`git lfs pull`/,
  },
  {
    what: 'that is an HTML page named .png',
    args: ['page.png'],
    make: put('page.png', '<!DOCTYPE html>\n<html><title>Sign in</title></html>'),
    code: 'ERR_CONTENT_MISMATCH',
    exit: 3,
    says: /"page\.png" holds an HTML page/,
    hint: /--content-type/,
  },
  {
    what: 'that is an HTML page on standard input',
    args: ['-', '--name', 'page.png'],
    input: '<html><body>404</body></html>',
    code: 'ERR_CONTENT_MISMATCH',
    exit: 3,
    says: /"page\.png" holds an HTML page/,
    hint: /--content-type/,
  },
  {
    what: 'whose kind nothing tells',
    args: ['mystery'],
    make: put('mystery', '????'),
    code: 'ERR_KIND_UNKNOWN',
    exit: 2,
    says: /"mystery"/,
    hint: /`--kind`: 3d, asset, audio, avatar, image, model, text or video/,
  },
])

scenes('a split', [
  {
    what: 'into more parts than the file can have, which are said',
    args: ['hero.png', '--parts', '2'],
    code: 'ERR_PARTS',
    exit: 2,
    says: /1000 bytes can have at most 1 part, not 2/,
    hint: /`--parts 1`/,
  },
  {
    what: 'into more parts than 5 MiB each allow',
    args: ['big.png', '--parts', '4'],
    make: zeros(12 * MiB),
    code: 'ERR_PARTS',
    exit: 2,
    says: /at most 3 parts, not 4/,
    hint: /`--parts 3`/,
  },
  {
    what: 'into no parts',
    args: ['hero.png', '--parts', '0'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--parts/,
    hint: /whole number/,
  },
  {
    what: 'into more than 10,000 parts',
    args: ['hero.png', '--parts', '10001'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--parts/,
    hint: /10000/,
  },
  {
    what: 'into parts that are no number',
    args: ['hero.png', '--parts', 'many'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--parts/,
    hint: /whole number/,
  },
  {
    what: 'into parts under 5 MiB',
    args: ['hero.png', '--part-size', '1MiB'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /part.size.*5MiB/i,
    hint: /\S/,
  },
  {
    what: 'into parts over 5 GiB',
    args: ['hero.png', '--part-size', '6GiB'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /part.size.*5GiB/i,
    hint: /\S/,
  },
  {
    what: 'into parts of a size that is none',
    args: ['hero.png', '--part-size', 'big'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--part-size takes a size/,
    hint: /`8MiB`/,
  },
  {
    what: 'by number and size at once',
    args: ['hero.png', '--parts', '1', '--part-size', '5MiB'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--parts.*--part-size/,
    hint: /one/,
  },
  {
    what: 'into parts sent zero at a time',
    args: ['hero.png', '--concurrency', '0'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--concurrency/,
    hint: /whole number/,
  },
])

scenes('a word on the line', [
  {
    what: 'that is a misspelt option',
    args: ['hero.png', '--kidn', 'image'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /unknown option `--kidn`/,
    hint: /Did you mean `--kind`/,
  },
  {
    what: 'that is an option of nobody',
    args: ['hero.png', '--xyzzy'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /unknown option `--xyzzy`/,
    hint: /--help/,
  },
  {
    what: 'that is a misspelt kind',
    args: ['hero.png', '--kind', 'imgae'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /"imgae" is no kind.*3d, asset, audio, avatar, image, model, text or video/,
    hint: /Did you mean `--kind image`/,
  },
  {
    what: 'that is a misspelt choice',
    args: ['hero.png', '--until', 'import'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--until takes validated, imported, not "import"/,
    hint: /Did you mean `--until imported`/,
  },
  {
    what: 'that is a misspelt voice',
    args: ['hero.png', '--progress', 'jsno'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--progress takes/,
    hint: /Did you mean `--progress json`/,
  },
  {
    what: 'that is a colour of nobody',
    args: ['hero.png', '--color', 'sometimes'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--color takes auto, always, never/,
    hint: /\S/,
  },
  {
    what: 'that is missing after its option',
    args: ['hero.png', '--kind'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--kind.*argument missing/,
    hint: /`--kind <kind>`/,
  },
  {
    what: 'that is no duration',
    args: ['hero.png', '--timeout', '30'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--timeout takes a duration/,
    hint: /`30s`/,
  },
  {
    what: 'that is no media type',
    args: ['hero.png', '--content-type', 'png'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--content-type takes a media type/,
    hint: /image\/png/,
  },
  {
    what: 'that is no id of a collection',
    args: ['hero.png', '--collection', 'a b'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /"a b" is not an id/,
    hint: /\S/,
  },
  {
    what: 'that is no id of a project',
    args: ['hero.png', '--project', 'a b'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /not the id of a project/,
    hint: /proj_/,
  },
  {
    what: 'of a command for the sandbox, without `--`',
    args: ['sandbox', 'sh', '-c', 'true'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /stands after `--`/,
    hint: /sandbox -- sh -c true/,
  },
  {
    what: 'that leaves out what to look at',
    args: ['wait'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /wait takes the id of one upload/,
    hint: /wait <uploadId>/,
  },
  {
    what: 'that is a path where a name is asked for',
    args: ['hero.png', '--name', '../up.png'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--name/,
    hint: /\S/,
  },
  {
    what: 'that contradicts another',
    args: ['hero.png', '--no-wait', '--until', 'imported'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--no-wait and --until/,
    hint: /\S/,
  },
  {
    what: 'that is for assets, with a model',
    args: ['hero.png', '--kind', 'model', '--collection', 'col_1'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--collection does not go with models/,
    hint: /Leave `--\w+` out/,
  },
  {
    what: 'that is for assets, with a file that turns out to be a model',
    args: ['weights.safetensors', '--hide'],
    make: put('weights.safetensors', 'weights'),
    code: 'ERR_USAGE',
    exit: 2,
    says: /--hide does not go with models/,
    hint: /Leave `--\w+` out/,
  },
])

scenes('a source', [
  { what: 'that is not there at all', args: [], code: 'ERR_USAGE', exit: 2, says: /no source/, hint: /file/ },
  { what: 'that is an empty word', args: [''], code: 'ERR_USAGE', exit: 2, says: /empty/, hint: /file/ },
  {
    what: 'that is standard input twice',
    args: ['-', '-'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /standard input/,
    hint: /\S/,
  },
  {
    what: 'that is standard input without a name',
    args: ['-', '--kind', 'image'],
    input: 'x',
    code: 'ERR_USAGE',
    exit: 2,
    says: /standard input needs a name/,
    hint: /`--name/,
  },
  {
    what: 'that is one of several under one name',
    args: ['hero.png', 'hero.png', '--name', 'a.png'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--name/,
    hint: /\S/,
  },
])

const none = { SCENARIO_SDK_API_KEY: '', SCENARIO_SDK_API_SECRET: '' }

scenes('a credential', [
  {
    what: 'of which there is none',
    args: ['hero.png'],
    env: none,
    code: 'ERR_CREDENTIALS_MISSING',
    exit: 4,
    says: /no API key/,
    hint: /SCENARIO_SDK_API_KEY and SCENARIO_SDK_API_SECRET.*--sandbox/,
  },
  {
    what: 'whose secret is missing',
    args: ['hero.png'],
    env: { ...none, SCENARIO_SDK_API_KEY: 'key_1' },
    code: 'ERR_CREDENTIALS_MISSING',
    exit: 4,
    says: /SCENARIO_SDK_API_SECRET is not set/,
    hint: /Set SCENARIO_SDK_API_SECRET/,
  },
  {
    what: 'whose key is missing',
    args: ['hero.png'],
    env: { ...none, SCENARIO_SDK_API_SECRET: 'secret_1' },
    code: 'ERR_CREDENTIALS_MISSING',
    exit: 4,
    says: /SCENARIO_SDK_API_KEY is not set/,
    hint: /Set SCENARIO_SDK_API_KEY/,
  },
  {
    what: 'of the second pair, whose secret is missing',
    args: ['hero.png'],
    env: { ...none, SCENARIO_API_KEY: 'key_2' },
    code: 'ERR_CREDENTIALS_MISSING',
    exit: 4,
    says: /SCENARIO_API_SECRET is not set/,
    hint: /Set SCENARIO_API_SECRET/,
  },
  {
    what: 'of the second pair, whose key is missing',
    args: ['status', 'upload_1'],
    env: { ...none, SCENARIO_API_SECRET: 'secret_2' },
    code: 'ERR_CREDENTIALS_MISSING',
    exit: 4,
    says: /SCENARIO_API_KEY is not set/,
    hint: /Set SCENARIO_API_KEY/,
  },
  {
    what: 'made of halves of both pairs',
    args: ['hero.png'],
    env: { ...none, SCENARIO_SDK_API_KEY: 'key_1', SCENARIO_API_SECRET: 'secret_2' },
    code: 'ERR_CREDENTIALS_MISSING',
    exit: 4,
    says: /is not set/,
    hint: /Set /,
  },
])

describe('half of the first pair beside a whole second pair', { concurrency: 4 }, () => {
  for (const half of ['SCENARIO_SDK_API_KEY', 'SCENARIO_SDK_API_SECRET']) {
    it(`(${half}) is no failure: the second is used, and a note says so`, async (t) => {
      const fake = await fakeScenario(t)
      const folder = await tempFolder(t)
      put('hero.png', pngBytes(50))(folder)
      const env = { ...none, [half]: 'half_a_pair', SCENARIO_API_KEY: 'key_two', SCENARIO_API_SECRET: 'secret_two' }
      const ended = await command(fake, ['hero.png'], { cwd: folder, env })
      assert.equal(ended.code, 0, ended.stderr)
      assert.equal(ended.stdout, 'asset_test1\n')
      const basic = `Basic ${Buffer.from('key_two:secret_two').toString('base64')}`
      for (const { headers } of fake.api) assert.equal(headers.authorization, basic)
      const notes = linesOf(ended.stderr).filter((line) => line.startsWith('note: '))
      assert.equal(notes.length, 1, ended.stderr)
      assert.match(notes[0] ?? '', /SCENARIO_API_KEY and SCENARIO_API_SECRET/)
      assert.doesNotMatch(ended.stderr, /half_a_pair|key_two|secret_two/)
    })
  }
})

const address = (what: string, word: string, says: RegExp): Row => ({
  what,
  args: ['hero.png', '--api-url', word],
  code: 'ERR_USAGE',
  exit: 2,
  says,
  hint: /https:\/\/api\.cloud\.scenario\.com\/v1/,
})

scenes('an address of the API', [
  address('that is no URL', 'api.scenario.com', /--api-url.* is not a URL/),
  address('of another scheme', 'ftp://example.com/v1', /--api-url/),
  address('that is http off this machine', 'http://api.cloud.scenario.com/v1', /must be https/),
  address('that is http on a host that only begins like this machine', 'http://localhost.example.com/v1', /https/),
  address('with a query', 'https://example.com/v1?key=1', /query/),
  address('with a user and password', 'https://user:password@example.com/v1', /user name or password/),
  {
    ...address('that is no URL, from the environment', '', /is not a URL/),
    args: ['hero.png'],
    env: { SCENARIO_BASE_URL: 'nonsense' },
  },
  { ...address('that is no URL, for `status`', 'x', /is not a URL/), args: ['status', 'upload_1', '--api-url', 'x'] },
  {
    ...address('that is no URL, for a dry run too', 'nonsense', /is not a URL/),
    args: ['hero.png', '--dry-run', '--api-url', 'nonsense'],
  },
  {
    what: 'beside `--sandbox`',
    args: ['hero.png', '--sandbox', '--api-url', 'https://example.com/v1'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--sandbox and --api-url/,
    hint: /\S/,
  },
])

scenes('a sub-command', [
  {
    what: 'with an id that cannot be one',
    args: ['status', 'upload/../1'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /not the id of an upload/,
    hint: /upload_/,
  },
  ...[
    ['status', ''],
    ['status', '--', ''],
    ['wait', ''],
    ['status', 'upload_1', '--', ''],
  ].map((args) => ({
    what: `with an id that a script left empty (${args.join(' ')}.)`,
    args,
    code: 'ERR_USAGE' as const,
    exit: 2,
    says: /takes the id of one upload/,
    hint: /<uploadId>/,
  })),
  {
    what: 'with an id that is too long',
    args: ['wait', 'a'.repeat(201)],
    code: 'ERR_USAGE',
    exit: 2,
    says: /not the id of an upload/,
    hint: /upload_/,
  },
  {
    what: 'with two ids',
    args: ['status', 'upload_1', 'upload_2'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /too many arguments/,
    hint: /\S/,
  },
  {
    what: 'without the id to wait for',
    args: ['wait'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /wait takes the id of one upload/,
    hint: /\S/,
  },
  {
    what: 'with an option of another one',
    args: ['status', 'upload_1', '--parts', '2'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--parts does not go with status/,
    hint: /`scenario-upload status --help`/,
  },
  {
    what: 'that looks once, asked to wait for a while',
    args: ['status', 'upload_1', '--timeout', '3s'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--timeout does not go with status/,
    hint: /`scenario-upload status --help`/,
  },
  {
    what: 'that waits, asked not to',
    args: ['wait', 'upload_1', '--no-wait'],
    code: 'ERR_USAGE',
    exit: 2,
    says: /--no-wait does not go with wait/,
    hint: /`scenario-upload wait --help`/,
  },
])

describe('what is wrong with a line', { concurrency: 4 }, () => {
  it('is found before what is wrong with a file or the credentials', async (t) => {
    const fake = await fakeScenario(t)
    assertFailure(await command(fake, ['nowhere.png', '--kind', 'imgae'], { env: none }), 2, /imgae/)
  })

  it('with the file is found before what is wrong with the credentials, since the file is at hand', async (t) => {
    const fake = await fakeScenario(t)
    const cwd = await tempFolder(t)
    writeFileSync(join(cwd, 'hero.png'), pngBytes(1000))
    assertFailure(await command(fake, ['nowhere.png'], { cwd, env: none }), 3, /nowhere\.png/)
    assertFailure(await command(fake, ['hero.png', '--parts', '2'], { cwd, env: none }), 2, /at most 1 part/)
    assertFailure(await command(fake, ['hero.png', 'nowhere.png'], { cwd, env: none }), 4, /no API key/)
    assert.deepEqual(fake.api, [])
  })

  it('with the credentials is found before standard input is read', async (t) => {
    const fake = await fakeScenario(t)
    const ended = await command(fake, ['-', '--name', 'a.png'], {
      env: { ...none, TMPDIR: '/nonexistent' },
      input: 'x',
    })
    assertFailure(ended, 4, /no API key/)
  })

  const lines: [what: string, exit: number, args: string[]][] = [
    ['a misspelt kind', 2, ['hero.png', '--kind', 'imgae']],
    ['a misspelt option', 2, ['hero.png', '--kidn', 'image']],
    ['a missing file', 3, ['nowhere.png']],
    ['an id that cannot be one', 2, ['wait', 'a/b']],
  ]
  for (const [what, exit, args] of lines) {
    it(`leaves stdout empty without \`--json\`, and stderr two plain lines: ${what}`, async (t) => {
      const fake = await fakeScenario(t)
      const ended = await command(fake, args)
      assertFailure(ended, exit, /\S/)
      assert.equal(linesOf(ended.stderr).length, 2)
      assert.doesNotMatch(ended.stderr, control)
      assert.deepEqual(fake.api, [])
    })
  }

  describe('repeats no secret that stands on it, in any voice', { concurrency: 4 }, () => {
    const address = 'https://anna:hunter2@x.com/a.png?token=hunter3'
    const secretWords: [args: string[], said: string][] = [
      [['hero.png', '--api-key=hunter1hunter1'], 'unknown option `--api-key`'],
      [["--password=it's hunter1 hunter2", 'hero.png'], 'unknown option `--password`'],
      [['hero.png', `--source=${address}`], 'unknown option `--source=https://x.com/a.png?…`'],
      [['hero.png', '--parent', `${credentials.secret}!`], '"…!" is not an id'],
      [['hero.png', '--until', 'proxyhunter!'], 'imported, not "…!"'],
      [['hero.png', '--kind', address], '"https://x.com/a.png?…" is no kind'],
      [['hero.png', '--timeout', address], '(ms, s, m, h, d), not "https://x.com/a.png?…"'],
      [['hero.png', '--manifest', address, '--dry-run'], 'https://x.com/a.png?…: its folder is not there'],
      [['--files-from', address], '--files-from https://x.com/a.png?…: no such file'],
      [[`url:${address}`], 'url:https://x.com/a.png?…: no such file'],
      [['https//x.com/a.png?token=hunter3'], 'https//x.com/a.png?…: no such file'],
      [['hero.png', '--color', address], 'always, never, not "https://x.com/a.png?…"'],
      [['sandbox', 'curl', '--token', 'hunter1', address], 'sandbox -- curl --token`'],
      [['hero?.png'], 'hero?.png: no such file'],
    ]
    for (const [args, said] of secretWords) {
      it(said, async (t) => {
        const fake = await fakeScenario(t)
        const cwd = await tempFolder(t)
        writeFileSync(join(cwd, 'hero.png'), pngBytes(1000))
        const summary = join(cwd, 'SUMMARY')
        const env = {
          ...{ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
          HTTPS_PROXY: 'http://anna:proxy%68unter@proxy.test:3128',
        }
        for (const voice of [[], ['--json', '--debug'], ['--progress', 'json', '--debug']]) {
          const ended = await command(fake, [...voice, ...args], { cwd, env })
          assert.ok([2, 3].includes(ended.code ?? -1), ended.stderr)
          const all = ended.stdout + ended.stderr + (existsSync(summary) ? readFileSync(summary, 'utf8') : '')
          assert.ok(all.replaceAll('\\"', '"').includes(said), all)
          assert.doesNotMatch(all.replaceAll('proxy.test', ''), /hunter/)
          assert.ok(!all.includes(credentials.secret), all)
        }
      })
    }
  })

  it('ends a run with credentials in it without showing them', async (t) => {
    const fake = await fakeScenario(t)
    const ended = await command(fake, ['hero.png', '--kind', 'imgae', '--verbose', '--debug', '--json'])
    for (const secret of [credentials.key, credentials.secret])
      assert.ok(!(ended.stdout + ended.stderr).includes(secret))
  })
})
