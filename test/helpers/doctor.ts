/** What the doctor prints, with all that is of this machine and this moment put in one form. */

const settled: readonly [RegExp, string][] = [
  [/Node \d+\.\d+\.\d+/g, 'Node 20.20.2'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:40123'],
  [/ in \d+(\.\d+)? m?s\b/g, ' in 12 ms'],
  // An answer that was read late.
  [/^(✔ clock: )[\d.]+ s ahead of the API's$/gm, "$1it shows the API's time"],
  [/\d+(\.\d)? [kMGT]B are free/g, '84.1 GB are free'],
]

/** `folder` is the temporary folder of the run, and what its state folder stands in. */
export function asPrinted(text: string, folder: string): string {
  const own = text.replaceAll(`${folder}/state`, '/home/ada/.local/state').replaceAll(folder, '/tmp')
  return settled.reduce((rest, [moment, always]) => rest.replace(moment, always), own)
}
