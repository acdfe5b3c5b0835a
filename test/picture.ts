/**
 * Makes the README's pictures: runs the real command on a real pseudo-terminal, against a sandbox behind a steady link,
 * records what stands on its screen, and writes some moments of it as `.github/terminal-{light,dark}.svg`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawn } from '@lydell/node-pty'
import headless from '@xterm/headless'
import { startSandbox } from '../src/sandbox/index.js'
import { bin, cleanEnv, envOf } from './helpers/command.js'
import { pngBytes } from './helpers/files.js'
import { steadyLink } from './helpers/link.js'
import { type Moment, palettes, type Row, type Span, svgOf } from './helpers/svg.js'

const [cols, rows] = [92, 10]
const MB = 1e6
const files = {
  'castle.glb': Buffer.concat([Buffer.from('glTF\x02\0\0\0'), Buffer.alloc(64 * MB)]),
  'theme.mp3': Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\0\0'), Buffer.alloc(40 * MB)]),
  'hero.png': pngBytes(24 * MB),
}
const pictures = fileURLToPath(new URL('../.github', import.meta.url))

type Screen = InstanceType<typeof headless.Terminal>

/** The text of a row, cut where its looks change. */
function rowOf(screen: Screen, index: number): Row {
  const line = screen.buffer.active.getLine(screen.buffer.active.baseY + index)
  const spans: Span[] = []
  for (let column = 0; column < cols; column++) {
    const cell = line?.getCell(column)
    const text = cell?.getChars() || ' '
    const look = cell?.isDim() ? 'dim' : cell?.isFgPalette() ? (`c${cell.getFgColor()}` as const) : 'plain'
    const last = spans.at(-1)
    if (last?.look === look) last.text += text
    else spans.push({ column, look, text })
  }
  return spans.filter(({ text }) => text.trim() !== '')
}

async function record(folder: string): Promise<{ at: number; rows: Row[] }[]> {
  const sandbox = await startSandbox({
    ...{ validateMs: 900, importMs: 300 },
    fault: ({ call }) => (call === 'put' ? { kind: 'slow', take } : undefined),
  })
  const take = steadyLink(16 * MB)
  const screen = new headless.Terminal({ cols, rows, allowProposedApi: true })
  const env = cleanEnv({ COLORTERM: undefined, LANG: 'C.UTF-8', ...envOf(sandbox) })
  const names = Object.keys(files)
  screen.write(`$ scenario-upload ${names.join(' ')}\r\n`)
  const child = spawn(process.execPath, [bin, ...names], { name: 'xterm-256color', cols, rows, cwd: folder, env })
  const frames: { at: number; rows: Row[] }[] = []
  const look = () =>
    frames.push({ at: performance.now(), rows: Array.from({ length: rows }, (_, i) => rowOf(screen, i)) })
  look()
  child.onData((text) => screen.write(text, look))
  await new Promise<void>((resolve) => child.onExit(() => screen.write('', () => resolve())))
  look()
  await sandbox.close()
  return frames
}

/** Some moments, as far apart as each other, and the last one. */
function momentsOf(frames: readonly { at: number; rows: Row[] }[], count: number): Moment[] {
  const [begun, ended] = [frames[0]?.at ?? 0, frames.at(-1)?.at ?? 0]
  const chosen = Array.from({ length: count }, (_, index) => {
    const at = begun + ((ended - begun) * index) / count
    return frames.findLast((frame) => frame.at <= at) ?? frames[0]
  })
  return [...chosen, frames.at(-1)].flatMap((frame) => (frame ? [{ rows: frame.rows }] : []))
}

const folder = mkdtempSync(join(tmpdir(), 'scenario-upload-picture-'))
try {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
  const moments = momentsOf(await record(folder), 12)
  mkdirSync(pictures, { recursive: true })
  for (const [name, palette] of Object.entries(palettes)) {
    writeFileSync(join(pictures, `terminal-${name}.svg`), svgOf(moments, { cols, rows }, palette))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
