/** What is said of a path that is not there: it was often meant as something else. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { commandNames } from '../src/core/commands.js'
import { missingHint } from '../src/sources/missing-hint.js'

describe('a path that is not there', () => {
  const meant: readonly [written: string, hint: RegExp][] = [
    ['stauts', /Did you mean `scenario-upload status`/],
    ['Status', /Did you mean `scenario-upload status`/],
    ['docter', /Did you mean `scenario-upload doctor`/],
    ['help', /--help/],
    ['upload', /Leave the word out/],
    ['upload_9c0e2f71ab', /scenario-upload status/],
    ["'art/*.png'", /double quotes/],
    ['art/caf\uFFFD.png', /Rename .*not valid UTF-8/],
    ['~/hero.png', /~/],
    ['~\\hero.png', /~/],
    ['www.example.com/a.png', /https:/],
    ['example.com/a.png', /https:/],
    ['stabilityai/sdxl', /`hf:`/],
    ['stabilityai/stable-diffusion-xl-base-1.0', /`hf:`/],
  ]
  for (const [written, hint] of meant) {
    it(`may be meant otherwise: ${written}`, () => assert.match(missingHint(written) ?? '', hint))
  }

  for (const written of [
    'hero.png',
    'art',
    'wall',
    'textures/wood.png',
    'art/a/b',
    '/srv/art',
    './art',
    '../art/x',
    'a b/c',
  ]) {
    it(`is most likely a path: ${written}`, () => assert.equal(missingHint(written), undefined))
  }

  it('is one slip away from every command', () => {
    for (const name of commandNames) assert.ok(missingHint(`${name}x`)?.includes(`\`scenario-upload ${name}\``), name)
  })
})
