/** A home of its own for each test file, so that no test reads or leaves anything in the real one. Loaded first. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const home = mkdtempSync(join(tmpdir(), 'scenario-upload-home-'))
process.env.HOME = home
process.env.USERPROFILE = home
process.on('exit', () => rmSync(home, { recursive: true, force: true }))
