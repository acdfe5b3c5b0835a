/** What an upload was limited by, in words. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limitWords, type Spent } from '../src/core/limits.js'

const none: Spent = { reading: 0, handing: 0, answer: 0, either: 0, held: 0 }

describe('an upload was', () => {
  const rows: readonly [spent: Partial<Spent>, words: string][] = [
    [
      { handing: 940, answer: 40, reading: 20 },
      "limited by the network (94 % of the time went into handing bytes to it; 4 % waiting for the storage's answer, 2 % reading the file)",
    ],
    [{ handing: 100 }, 'limited by the network (100 % of the time went into handing bytes to it)'],
    [
      { answer: 800, handing: 200 },
      'limited by the storage (80 % of the time went into waiting for its answer; 20 % handing bytes to the network)',
    ],
    [
      { reading: 600, handing: 400 },
      'limited by the disk (60 % of the time went into reading the file; 40 % handing bytes to the network)',
    ],
    [
      { held: 900, handing: 100 },
      'limited by --limit-rate (90 % of the time went into waiting for it; 10 % handing bytes to the network)',
    ],
    [
      { either: 1000 },
      'limited by the network or the storage (100 % of the time went into waiting for an answer to what was handed over at once)',
    ],
    [{ handing: 1000, answer: 1 }, 'limited by the network (100 % of the time went into handing bytes to it)'],
  ]
  for (const [spent, words] of rows) it(words, () => assert.equal(limitWords({ ...none, ...spent }), words))

  it('limited by nothing, where nothing was sent', () => assert.equal(limitWords(none), null))
})
