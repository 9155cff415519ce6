import type { ConsumerGroupStats, DriverStats } from '../../driver-messages'
import { timeOfEntry } from './ids'

/** What the figures script answers, as statistics of one group. */
export function statsOf(reply: unknown, group: string): DriverStats & { readonly lost: number } {
  const [now, again, delayed, later, held, dead, done, removed, length, added, fresh, oldest, told, list] = reply as [
    Buffer,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    Buffer,
    Buffer,
    (Buffer | null)[],
    [Buffer, number, number][],
  ]
  const groups: ConsumerGroupStats[] = list.map(([name, lag, pending]) => ({
    name: name.toString('utf8'),
    lag: lag < 0 ? null : lag,
    leased: pending,
  }))
  const own = groups.find((each) => each.name === group)
  // A group that does not exist yet begins at the first entry.
  const lag = own ? own.lag : length
  const [paused, ...counts] = told
  const [acked = 0, died = 0, replayed = 0, failed = 0, lost = 0] = counts.map((count) => Number(count ?? 0))
  const ages = [fresh, oldest]
    .map((entry) => (entry.length === 0 ? null : timeOfEntry(entry.toString('latin1'))))
    .filter((at) => at !== null)
  return {
    ready: lag === null ? null : Math.max(again + lag - removed, 0),
    delayed: delayed + later,
    leased: held,
    dead,
    done,
    // Only the server sees what plain producers add; before 7.0 it does not count.
    enqueuedTotal: added < 0 ? null : added + later,
    ackedTotal: acked,
    diedTotal: died,
    replayedTotal: replayed,
    failedTotal: failed,
    oldestReadyMs: ages.length === 0 ? null : Math.max(Number(now.toString('latin1')) - Math.min(...ages), 0),
    paused: paused != null,
    approximate: false,
    groups,
    lost,
  }
}
