import type { Script } from '../../clients/script'
import type { Mending, MendOutcome, Notes } from '../../driver'
import type { Asking } from './asking'
import { contentOf, packed, unpacked, withBody } from './entry'
import { soundId } from './ids'
import { rowOf } from './looking'
import { unsupported } from './refusal'
import * as scripts from './scripts/mend'

const outcomes: Readonly<Record<string, MendOutcome>> = { a: 'applied', g: 'gone', l: 'leased', c: 'changed' }

export function mending(asking: Asking, bodyField: string): Mending {
  const byMarks = async (queue: string, act: string, script: Script, ids: readonly string[]) => {
    if (ids.length === 0) return []
    const reply = await asking.run(queue, act, script, ids.map(soundId))
    return [...String(reply)].map((mark) => outcomes[mark] ?? 'gone')
  }
  return {
    cancel: (queue, ids) => byMarks(queue, 'cancel', scripts.cancel, ids),
    promoteIds: (queue, ids) => byMarks(queue, 'promote', scripts.promoteIds, ids),
    async changePriority(queue) {
      throw unsupported(queue, 'changePriority', 'another priority')
    },
    async edit(queue, { id, seen, body }) {
      const row = await rowOf(asking, queue, id)
      if (!row) return 'gone'
      const fields = unpacked(row[3])
      // What its body is, is decided here; that it still is so, in the script.
      const isSeen = Buffer.from(contentOf(fields, bodyField).body).equals(seen)
      if (!isSeen) return 'changed'
      const reply = await asking.run(queue, 'edit', scripts.edit, [
        soundId(id),
        row[3],
        packed(withBody(fields, bodyField, body)),
      ])
      return outcomes[String(reply)] ?? 'gone'
    },
  }
}

/** Longer lines are cut. */
const longestLine = 4_096

export const notes = (asking: Asking): Notes => ({
  setProgress: async (queue, id, progress) =>
    (await asking.run(queue, 'progress', scripts.note, [soundId(id), 'progress', progress])) === 1,
  addLog: async (queue, id, line) =>
    (await asking.run(queue, 'log', scripts.note, [soundId(id), 'log', line.slice(0, longestLine)])) === 1,
})
