/** What each part of the bench answers: a table to read, and the figures that are kept. */
export interface Section {
  name: string
  run(options: SectionOptions): Promise<Outcome>
}

export interface SectionOptions {
  /** Less of everything, for the gate. */
  short: boolean
  /** Told what is under way. */
  say(line: string): void
}

export interface Outcome {
  tables: readonly Table[]
  /** By the name of what was measured. */
  figures: Readonly<Record<string, number>>
}

export interface Table {
  title: string
  columns: readonly string[]
  rows: readonly (readonly string[])[]
}

/** Of several parts, one. */
export const together = (outcomes: readonly Outcome[]): Outcome => ({
  tables: outcomes.flatMap(({ tables }) => tables),
  figures: Object.assign({}, ...outcomes.map(({ figures }) => figures)),
})

/** Columns as wide as their widest word, numbers to the right. */
export function drawn({ title, columns, rows }: Table): string {
  const widths = columns.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  return [title, line(columns), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line), ''].join('\n')
}
