// A demonstration without an account: a picture and a 64 MiB zip go up to a sandbox, and their ids are printed.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'

const bin = fileURLToPath(new URL('../bin/scenario-upload.js', import.meta.url))
const picture = fileURLToPath(new URL('fixtures/dusk.png', import.meta.url))
const MiB = 1024 * 1024

/** A real zip archive with one stored entry of `size` bytes; random, since zeros would prove little. */
function writeZip(path, size) {
  const name = Buffer.from('weights.bin')
  const block = randomBytes(MiB)
  const blocks = Array.from({ length: size / MiB }, () => block)
  const crc = blocks.reduce((sum, bytes) => crc32(bytes, sum), 0)
  // Version 2.0, stored, 1 January 2026; then checksum, sizes, and the name's length.
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE((46 << 9) | (1 << 5) | 1, 8)
  common.writeUInt32LE(crc, 10)
  common.writeUInt32LE(size, 14)
  common.writeUInt32LE(size, 18)
  common.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length + size, 16)
  const file = openSync(path, 'w')
  for (const bytes of [local, ...blocks, central, end]) writeSync(file, bytes)
  closeSync(file)
}

function upload(cwd, ...args) {
  process.stderr.write(`\n$ scenario-upload ${args.join(' ')} --sandbox\n`)
  const { status } = spawnSync(process.execPath, [bin, ...args, '--sandbox'], { cwd, stdio: 'inherit' })
  if (status !== 0) process.exitCode = status ?? 1
}

const folder = mkdtempSync(join(tmpdir(), 'scenario-upload-demo-'))
try {
  copyFileSync(picture, join(folder, 'dusk.png'))
  writeZip(join(folder, 'model.zip'), 64 * MiB)
  upload(folder, 'dusk.png')
  upload(folder, 'model.zip', '--kind', 'model')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stderr.write('\nNow one of yours: npm install --global . && scenario-upload <file> --sandbox\n')
