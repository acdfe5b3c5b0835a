/** The README's tables that are made of the code's own. `npm run readme` writes them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type OptionRow, optionTable } from '../../src/cli/options.js'
import { errorTable } from '../../src/errors.js'
import { keptFigures } from '../bench/figures.js'
import { promisedTable } from '../bench/promised.js'
import { environment, exitCodes } from './manual.js'

const path = fileURLToPath(new URL('../../README.md', import.meta.url))

export const readme = () => readFileSync(path, 'utf8')

const cell = (text: string) => text.replaceAll('|', '\\|')

function optionsTable(): string {
  const rows = optionTable.map(
    ({ group, flags, does, on }: OptionRow) =>
      `| ${group.toLowerCase()} | \`${cell(flags)}\` | ${cell(does)}${on.includes('wait') ? ' ¹' : ''} |`,
  )
  const other = '| other | `-h, --help` · `-V, --version` | print the help, the version |'
  const foot =
    '¹ `wait` takes it too, `status` all of these but `--until` and `--timeout`, `forget` those of the group output, `doctor` those of output and network.'
  return ['| group | option | meaning |', '| --- | --- | --- |', ...rows, other, '', foot].join('\n')
}

function errorsTable(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { exitCode, meaning, hint, retryable }]) =>
      `| \`${code}\` | ${exitCode} | ${retryable ? 'yes' : 'no'} | ${cell(meaning)} | ${cell(hint)} |`,
  )
  return ['| code | exit | retryable | when | what to do |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

function exitsTable(): string {
  const rows = exitCodes.map(({ exit, meaning }) => `| ${exit} | ${cell(meaning)} |`)
  return ['| exit | meaning |', '| --- | --- |', ...rows].join('\n')
}

function environmentTable(): string {
  const rows = environment.map(
    ({ names, does }) => `| ${names.map((name) => `\`${name}\``).join(', ')} | ${cell(does)} |`,
  )
  return ['| variable | meaning |', '| --- | --- |', ...rows].join('\n')
}

function speedTable(): string {
  const { long } = keptFigures()
  if (!long) throw new Error('no figures are kept: `npm run bench -- --keep`')
  return `${promisedTable(long.figures)}\n\n(${long.machine}.)`
}

/** The README as it should be. */
export function withTables(text: string): string {
  const tables = {
    options: optionsTable(),
    environment: environmentTable(),
    exits: exitsTable(),
    errors: errorsTable(),
    speed: speedTable(),
  }
  return Object.entries(tables).reduce((page, [name, table]) => {
    const block = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`)
    if (!block.test(page)) throw new Error(`the README has no place for ${name}`)
    return page.replace(block, () => `<!-- ${name} -->\n${table}\n<!-- /${name} -->`)
  }, text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, withTables(readme()))
