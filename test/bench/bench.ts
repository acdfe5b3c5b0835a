/**
 * The bench: what the command takes, beside what people would use instead.
 *
 *     npm run bench                        all of it, a table for each
 *     npm run bench -- sink start-up       these only
 *     npm run bench -- --short             less of everything
 *     npm run bench -- --check             red where a figure was twice a quarter over the one that is kept
 *     npm run bench -- --keep              keeps the figures in test/bench/figures.json
 *     npm run bench -- --json <file>       writes all of it there
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { againstEngine } from './against-engine.js'
import { againstSink } from './against-sink.js'
import { type Form, keep, keptFigures, machine, worse } from './figures.js'
import { flat } from './flat.js'
import { overLinks } from './over-links.js'
import { drawn, type Outcome, type Section, together } from './section.js'
import { startUp } from './start-up.js'

const sections: readonly Section[] = [startUp, againstSink, againstEngine, flat, overLinks]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const form: Form = values.short ? 'short' : 'long'
const say = (line: string) => process.stderr.write(`  ${line}\n`)

function chosen(): readonly Section[] {
  const unknown = positionals.find((name) => !sections.some((section) => section.name === name))
  if (unknown) throw new Error(`there is no ${unknown}: there are ${sections.map(({ name }) => name).join(', ')}`)
  return positionals.length === 0 ? sections : sections.filter(({ name }) => positionals.includes(name))
}

async function measured(section: Section): Promise<Outcome> {
  const outcome = await section.run({ short: values.short, say })
  for (const table of outcome.tables) console.log(drawn(table))
  return outcome
}

/** One run that is over may be the machine's doing; of two in a row it is ours. */
async function checked(section: Section, outcome: Outcome): Promise<string[]> {
  const kept = keptFigures()[form]?.figures ?? {}
  const first = worse(outcome.figures, kept)
  if (first.length === 0) return []
  say(`over: ${first.map(({ name }) => name).join('; ')}. Once more.`)
  const again = worse((await measured(section)).figures, kept)
  const both = again.filter(({ name }) => first.some((before) => before.name === name))
  return both.map(({ name, now, kept }) => `${name}: ${now.toFixed(2)}, and ${kept.toFixed(2)} is kept`)
}

console.log(`${machine()}\n`)
const outcomes: Outcome[] = []
const over: string[] = []
for (const section of chosen()) {
  const outcome = await measured(section)
  outcomes.push(outcome)
  if (values.check) over.push(...(await checked(section, outcome)))
}
const { figures, tables } = together(outcomes)
if (values.json)
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), form, figures, tables }, null, 2)}\n`)
if (values.keep) keep(form, figures)
for (const line of over) console.error(`✖ ${line}`)
process.exitCode = over.length > 0 ? 1 : 0
