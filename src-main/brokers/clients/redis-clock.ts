import type { Clock } from '../../runtime/clock'
import type { RedisClient } from './redis'

/** A difference that nobody sees in an age. */
const unseenMs = 2_000

/** In words, how far the server's clock is from this machine's; null: not far, or the server does not tell. One TIME. */
export async function clockNotice(client: RedisClient, clock: Pick<Clock, 'now' | 'elapsed'>): Promise<string | null> {
  const began = clock.elapsed()
  const [seconds, micros] = await client.time().catch(() => [])
  if (seconds === undefined) return null
  const tookMs = clock.elapsed() - began
  const serverMs = Number(seconds) * 1_000 + Number(micros ?? 0) / 1_000
  // Read somewhere between the question and its answer.
  const aheadMs = serverMs - (clock.now() - tookMs / 2)
  if (Math.abs(aheadMs) - tookMs / 2 < unseenMs) return null
  return `This server’s clock is ${spanOf(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s: times told as “ago” or “in” are off by that much. Have both set by NTP.`
}

function spanOf(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
