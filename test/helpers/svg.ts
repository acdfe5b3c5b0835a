/** A terminal's screen as a drawing: text that stays text, and moments that follow each other without a script. */

/** A run of one look: as it comes, dim, or a colour of the terminal's first sixteen. */
export interface Span {
  column: number
  look: 'plain' | 'dim' | `c${number}`
  text: string
}

export type Row = readonly Span[]

export interface Moment {
  rows: readonly Row[]
}

interface Palette {
  back: string
  edge: string
  plain: string
  dim: string
  /** By the terminal's number. */
  c1: string
  c2: string
  c6: string
}

export const palettes = {
  light: {
    back: '#ffffff',
    edge: '#d1d9e0',
    plain: '#1f2328',
    dim: '#59636e',
    c1: '#cf222e',
    c2: '#1a7f37',
    c6: '#1b7c83',
  },
  dark: {
    back: '#0d1117',
    edge: '#3d444d',
    plain: '#e6edf3',
    dim: '#9198a1',
    c1: '#ff7b72',
    c2: '#3fb950',
    c6: '#39c5cf',
  },
} satisfies Record<string, Palette>

const [cellWidth, cellHeight, margin] = [8.4, 20, 16]
const momentSeconds = 0.9
/** The last moment is to be read. */
const lastMoments = 5

export function svgOf(moments: readonly Moment[], size: { cols: number; rows: number }, palette: Palette): string {
  const [width, height] = [size.cols * cellWidth + 2 * margin, size.rows * cellHeight + 2 * margin]
  const turns = moments.length - 1 + lastMoments
  const last = moments.length - 1
  const drawn = moments.map(({ rows }, index) => `<g class="m m${index}">\n${rows.map(textOf).join('')}</g>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="scenario-upload sends three files, with a bar for each">
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: ${palette.plain} }
.dim { fill: ${palette.dim} } .c1 { fill: ${palette.c1} } .c2 { fill: ${palette.c2} } .c6 { fill: ${palette.c6} }
.m { opacity: 0; animation: one ${(turns * momentSeconds).toFixed(1)}s infinite step-end }
${moments.map((_, index) => `.m${index} { animation-delay: ${(index * momentSeconds).toFixed(1)}s }`).join(' ')}
.m${last} { opacity: 1; animation-name: last; animation-delay: 0s }
@keyframes one { 0% { opacity: 1 } ${percent(1 / turns)} { opacity: 0 } }
@keyframes last { 0% { opacity: 0 } ${percent(last / turns)} { opacity: 1 } }
@media (prefers-reduced-motion: reduce) { .m { animation: none } .m${last} { opacity: 1 } }
</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${palette.back}" stroke="${palette.edge}"/>
${drawn.join('\n')}
</svg>
`
}

const percent = (share: number) => `${(100 * share).toFixed(2)}%`

/** Each run has its width written down: what a font does not have comes from another, whose letters are not as wide. */
function textOf(row: Row, index: number): string {
  const y = margin + (index + 0.75) * cellHeight
  const runs = row.flatMap(wordsOf).map(({ column, look, text }) => {
    const kind = look === 'plain' ? '' : ` class="${look}"`
    const [x, length] = [(margin + column * cellWidth).toFixed(1), (text.length * cellWidth).toFixed(1)]
    return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${kind}>${escaped(text)}</text>\n`
  })
  return runs.join('')
}

/** Without the gaps between them, and with bars apart from words. */
function wordsOf({ column, look, text }: Span): Span[] {
  return [...text.matchAll(/[█░]+|[^█░ ]+(?: [^█░ ]+)*/g)].map((found) => ({
    ...{ column: column + found.index, look },
    text: found[0],
  }))
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
