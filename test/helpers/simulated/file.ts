/** A file in such a world: which bytes it has now, and when they say that they came. */
import { planParts } from '../../../src/core/parts.js'
import { UploadError } from '../../../src/errors.js'
import type { ByteReader, ByteSource } from '../../../src/sources/source.js'
import { MiB } from '../engine.js'
import type { Life } from './life.js'
import { partText } from './server.js'

export interface SimulatedFile {
  count: number
  /** As a run finds it that begins now. */
  source(life: Life): ByteSource
  touch(): void
  /** Other bytes with the old mtime. */
  sneak(): void
  change(): void
}

export function createFile(count: number): SimulatedFile {
  const state = { version: 1, mtime: 1n, ctime: 1n }
  const plan = planParts((count - 1) * 5 * MiB + 1000, { partSize: 5 * MiB })

  const reader = (life: Life, first: { mtime: bigint; ctime: bigint }): ByteReader => {
    const settled = { ctime: first.ctime }
    return {
      open: async function* ({ start }, onChunk) {
        // The parts of this file are huge in name only.
        const chunk = Buffer.from(partText(state.version, start / (5 * MiB) + 1))
        await onChunk(chunk)
        yield chunk
      },
      check: async () => {
        await life.step()
        if (state.mtime !== first.mtime) throw new UploadError('ERR_FILE_CHANGED', 'its mtime moved')
        return state.ctime === settled.ctime ? 'same' : 'touched'
      },
      settle: async () => {
        settled.ctime = state.ctime
        await life.step()
      },
      close: async () => {},
    }
  }

  const touch = () => {
    state.ctime++
  }
  const sneak = () => {
    state.version++
    touch()
  }
  return {
    count,
    source: (life) => {
      const { mtime, ctime } = state
      return {
        ...{ flow: 'bytes', type: 'file', shown: 'hero.png', fileName: 'hero.png' },
        ...{ contentType: 'image/png', kind: 'image', plan, assetOptions: {} },
        origin: {
          path: '/home/someone/hero.png',
          fingerprint: { dev: 1n, ino: 1n, size: BigInt(plan.size), mtimeNs: mtime, ctimeNs: ctime },
        },
        open: async () => reader(life, { mtime, ctime }),
        discard: async () => {},
      }
    },
    touch,
    sneak,
    change: () => {
      state.mtime++
      sneak()
    },
  }
}
