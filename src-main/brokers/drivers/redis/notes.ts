import type { Notes as NotesOfDriver } from '../../driver'
import { line, unescaped } from './meta'
import type { QueueAsker } from './queue-asker'
import { note } from './scripts/notes'

const longestLine = 1_024
const longestProgress = 16_384

/** What handlers tell while they work: progress and log lines. */
export class Notes implements NotesOfDriver {
  constructor(private readonly asker: QueueAsker) {}

  setProgress(queue: string, id: string, progress: string): Promise<boolean> {
    return this.note(queue, id, 'progress', line(progress, longestProgress))
  }

  addLog(queue: string, id: string, text: string): Promise<boolean> {
    return this.note(queue, id, 'log', line(text, longestLine))
  }

  private async note(queue: string, id: string, kind: 'progress' | 'log', text: string): Promise<boolean> {
    return (await this.asker.runWhole(this.asker.keysOf(queue), kind, note, [id, kind, text])) === 1
  }
}

/** The notes hash's field of a message, read. */
export function notesOf(bytes: Buffer | null | undefined): {
  readonly progress: string | null
  readonly logs: readonly string[]
} {
  const [progress = '', ...logs] = bytes ? bytes.toString('utf8').split('\n') : []
  return { progress: progress === '' ? null : unescaped(progress), logs: logs.map(unescaped) }
}
