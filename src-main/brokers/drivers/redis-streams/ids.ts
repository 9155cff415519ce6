/**
 * A message is known by the id of its entry in the stream, "ms-seq". One that was enqueued with a delay has no entry yet and
 * is known as "later-N" for good; scripts know which entry it became.
 */
const largest = 2n ** 64n - 1n

/** An id that no message has. */
export const noId = ''

/** The id as scripts may use it: what Redis would choke on names no message. */
export function soundId(id: string): string {
  const parts = id.match(/^(\d{1,20})-(\d{1,20})$/)
  if (!parts) return /^later-\d{1,16}$/.test(id) ? id : noId
  const [, ms = '', seq = ''] = parts
  const sound = [ms, seq].every((part) => (part === '0' || !part.startsWith('0')) && BigInt(part) <= largest)
  return sound ? id : noId
}

/** When an entry was produced, in ms since 1970; null when its producer chose an id that is no time. */
export function timeOfEntry(entry: string): number | null {
  const ms = Number(entry.slice(0, entry.indexOf('-')))
  return ms >= Date.UTC(2001, 8, 9) && ms < Date.UTC(2300, 0, 1) ? ms : null
}

/** Leases: ms since 2024 * 4096, or one more than the last. Stamps of again, dead and done: * 256. */
export const epochMs = Date.UTC(2024, 0, 1)
export const leasesPerMs = 4096
export const stampsPerMs = 256

export const timeOfStamp = (stamp: number): number => Math.floor(stamp / stampsPerMs) + epochMs
