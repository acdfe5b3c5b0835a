/** What is sent, how, and how often. */
const MiB = 1024 ** 2
const GiB = 1024 ** 3

export interface Load {
  name: string
  files: number
  /** Of each file, in bytes. */
  size: number
  /** Holes, which take no room on the disk. */
  sparse: boolean
  /** In bytes. */
  partSize: number
  /** What the command is given; default: nothing, where `partSize` is its own choice. */
  partOption?: string
  concurrency: number
  rounds: number
}

const large = { files: 1, sparse: false, partSize: 16 * MiB, partOption: '16MiB' }
const picture = { name: 'one picture of 4 MB', files: 1, size: 4_000_000, sparse: false, partSize: 8 * MiB }
const pictures = { files: 200, size: 200_000, sparse: false, partSize: 8 * MiB, concurrency: 4 }

export const loads: readonly Load[] = [
  { ...large, name: '4 GiB in 16 MiB × 4', size: 4 * GiB, concurrency: 4, rounds: 3 },
  { ...large, name: '4 GiB in 16 MiB × 8', size: 4 * GiB, concurrency: 8, rounds: 2 },
  {
    name: '8 GiB, sparse, default parts',
    files: 1,
    size: 8 * GiB,
    sparse: true,
    partSize: 9 * MiB,
    concurrency: 4,
    rounds: 2,
  },
  { ...picture, concurrency: 4, rounds: 15 },
  { ...pictures, name: '200 files of 200 kB', rounds: 5 },
]

/** The same in small: what the gate has time for. */
export const shortLoads: readonly Load[] = [
  { ...large, name: '1 GiB in 16 MiB × 4', size: GiB, concurrency: 4, rounds: 5 },
  { ...picture, concurrency: 4, rounds: 9 },
  { ...pictures, name: '200 files of 200 kB', rounds: 3 },
]
