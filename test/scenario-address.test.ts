/** Where the API is: which addresses are taken, and as what. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UploadError } from '../src/errors.js'
import { checkApiUrl, checkProject } from '../src/scenario/address.js'

describe('an address of the API is taken as given, but for slashes at its end', () => {
  const rows: readonly [given: string, used: string][] = [
    ['https://api.cloud.scenario.com/v1', 'https://api.cloud.scenario.com/v1'],
    ['https://api.example/v1/', 'https://api.example/v1'],
    ['https://api.example/v1//', 'https://api.example/v1'],
    ['https://api.example/deep/er/v2', 'https://api.example/deep/er/v2'],
    ['https://api.example:8443/v1', 'https://api.example:8443/v1'],
    ['https://api.example', 'https://api.example'],
    ['http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080/v1'],
    ['http://127.9.9.9/v1', 'http://127.9.9.9/v1'],
    ['http://localhost:1/v1', 'http://localhost:1/v1'],
    ['http://[::1]:1/v1', 'http://[::1]:1/v1'],
  ]
  for (const [given, used] of rows) it(`${given} → ${used}`, () => assert.equal(checkApiUrl(given), used))
})

describe('where no address is given', () => {
  it('it is that of Scenario', () => assert.equal(checkApiUrl(), 'https://api.cloud.scenario.com/v1'))
})

describe('an address is refused before anything is sent', () => {
  const rows: readonly [given: string, says: RegExp][] = [
    ['', /is not a URL/],
    ['api.example/v1', /is not a URL/],
    ['/v1', /is not a URL/],
    ['ftp://api.example/v1', /is not an https address/],
    ['file:///v1', /is not an https address/],
    ['javascript:alert(1)', /is not an https address/],
    ['http://api.example/v1', /must be https.*api\.example/],
    ['http://10.0.0.1/v1', /must be https/],
    ['http://localhost.evil.example/v1', /must be https/],
    ['http://127.0.0.1.evil.example/v1', /must be https/],
    ['https://topsecret@api.example/v1', /user name or password/],
    ['https://user:topsecret@api.example/v1', /user name or password/],
    ['http://user:topsecret@127.0.0.1/v1', /user name or password/],
    ['https://api.example/v1?key=topsecret', /query or fragment/],
    ['https://api.example/v1?', /query or fragment/],
    ['https://api.example/v1#topsecret', /query or fragment/],
    ['https://api.example/v1#', /query or fragment/],
  ]
  for (const [given, says] of rows) {
    it(given === '' ? 'an empty one' : given, () => {
      assert.throws(
        () => checkApiUrl(given),
        (error) => {
          assert.ok(error instanceof UploadError)
          assert.equal(error.code, 'ERR_USAGE')
          assert.equal(error.exitCode, 2)
          assert.match(error.message, says)
          assert.doesNotMatch(JSON.stringify(error), /topsecret/)
          return true
        },
      )
    })
  }
})

describe('the id of a project', () => {
  it('may be left out', () => assert.equal(checkProject(undefined), undefined))

  it('is taken where it can be one', () => assert.equal(checkProject('proj_AbC-1'), undefined))

  for (const id of ['""', '"a b"', '"a?b=1"', '"../x"', '".."', '5', 'null', 'true']) {
    it(`is not ${id}: a usage error`, () => {
      assert.throws(() => checkProject(JSON.parse(id)), {
        code: 'ERR_USAGE',
        message: 'that is not the id of a project (--project, SCENARIO_PROJECT_ID)',
        hint: 'Give an id like proj_AbC123: letters, digits, and _ . : -',
      })
    })
  }
})
