/** IP addresses as strings of bits, so that a network is what its addresses begin with. */

/** 32 or 128 digits; null for a name. Brackets around an IPv6 address are let pass. */
export function bitsOf(host: string): string | null {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return bare.includes(':') ? bitsOf6(bare) : bitsOf4(bare)
}

/** Whether an address is in a network such as `10.0.0.0/8` or `fd00::/8`. What is no network has no addresses. */
export function isInNetwork(host: string, network: string): boolean {
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(network) ?? []
  const [bits, base, length] = [bitsOf(host), bitsOf(address), Number(digits)]
  if (bits === null || base === null || digits === '' || length > base.length) return false
  return bits.length === base.length && bits.startsWith(base.slice(0, length))
}

const binary = (value: number, width: number) => value.toString(2).padStart(width, '0')

function bitsOf4(text: string): string | null {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  if (!bytes || bytes.some((byte) => byte > 255)) return null
  return bytes.map((byte) => binary(byte, 8)).join('')
}

/** A URL's own reading of it is the shortest form, with no dots in it: that is simple to take apart. */
function bitsOf6(text: string): string | null {
  const url = `http://[${text}]`
  if (!URL.canParse(url)) return null
  const [head = '', tail = ''] = new URL(url).hostname.slice(1, -1).split('::')
  const [left, right] = [groupsOf(head), groupsOf(tail)]
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => binary(Number.parseInt(group, 16), 16)).join('')
}

const groupsOf = (text: string) => text.split(':').filter((group) => group !== '')
