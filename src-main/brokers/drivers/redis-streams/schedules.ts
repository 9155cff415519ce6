import type { Schedules, StoredSchedule } from '../../driver'
import type { Asking } from './asking'
import { messageArgs, outcomesOf } from './enqueue'
import { refusalOf } from './refusal'
import * as scripts from './scripts/schedule'

const mostListed = 1_000

/** Schedules belong to the queue: whichever group's driver fires one, it is fired for all. */
export function schedules(asking: Asking, bodyField: string): Schedules {
  const list = async (queue: string, limit: number, onlyDue: boolean) => {
    const reply = await asking.run(queue, 'list schedules', scripts.list, [limit, onlyDue ? 1 : 0])
    const [now, next, ...rest] = (reply as Buffer[]).map((part) => part.toString('utf8'))
    const found: StoredSchedule[] = []
    for (let at = 0; at + 2 < rest.length; at += 3)
      found.push({ key: rest[at]!, nextAt: Number(rest[at + 1]), definition: rest[at + 2]! })
    return { now: Number(now), nextAt: next === '' ? null : Number(next), found }
  }
  return {
    async put(queue, { key, nextAt, definition }) {
      await asking.register(queue)
      await asking.run(queue, 'put a schedule', scripts.put, [key, Math.round(nextAt), definition])
    },
    remove: async (queue, key) => (await asking.run(queue, 'remove a schedule', scripts.remove, [key])) === 1,
    list: async (queue) => (await list(queue, mostListed, false)).found,
    async due(queue, limit) {
      const { now, nextAt, found } = await list(queue, limit, true)
      return { due: found, now, nextAt }
    },
    async fire(queue, { key, expectedAt, nextAt, messages }) {
      const refused = messages.map((message) => refusalOf(queue, message)).find((failure) => failure !== undefined)
      if (refused) throw refused
      const { args, dedupKeys } = messageArgs(asking, queue, messages, bodyField)
      const head = [key, Math.round(expectedAt), nextAt === null ? '' : Math.round(nextAt), messages.length]
      const reply = await asking.run(queue, 'fire a schedule', scripts.fire, [...head, ...args], dedupKeys)
      if (!Array.isArray(reply)) return { fired: false, ids: [] }
      const ids = outcomesOf(reply).flatMap((each) => (each.outcome === 'failed' ? [] : [each.id]))
      return { fired: true, ids }
    },
  }
}
