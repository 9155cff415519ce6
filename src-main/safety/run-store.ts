import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Run } from '@shared/model/plan'
import { z } from 'zod'
import { writeWhole } from '../storage/json-file'

/** A run as it is kept: with what its undo needs to know. */
export const StoredRun = Run.extend({
  /** sha-256 of the body that an edit wrote; null for other kinds. */
  editedDigest: z.string().nullable(),
})
export type StoredRun = z.infer<typeof StoredRun>

/** Runs as files beside their archives: `<folder>/<runId>/run.json`. A run that a crash cut off is read back as stopped. */
export class RunStore {
  private readonly saving = new Map<string, Promise<void>>()

  constructor(private readonly folder: string) {}

  async load(): Promise<readonly StoredRun[]> {
    const ids = await readdir(this.folder).catch(() => [])
    const runs = await Promise.all(ids.map((id) => this.read(id)))
    return runs
      .filter((run) => run !== undefined)
      .sort((a, b) => b.startedAt - a.startedAt)
      .slice(0, 200)
  }

  /** Resolves when it is on disk. Saves of one run keep their order. */
  save(run: StoredRun): Promise<void> {
    const before = this.saving.get(run.id) ?? Promise.resolve()
    const own = before
      .catch(() => {})
      .then(() => writeWhole(join(this.folder, run.id, 'run.json'), `${JSON.stringify(run, null, 2)}\n`))
    this.saving.set(run.id, own)
    return own
  }

  private async read(id: string): Promise<StoredRun | undefined> {
    try {
      const run = StoredRun.parse(JSON.parse(await readFile(join(this.folder, id, 'run.json'), 'utf8')))
      if (run.finishedAt !== null) return run
      const note = `The console ended while this ran: ${run.done} done for certain, the rest is not known.`
      const stopped: StoredRun = {
        ...run,
        phase: 'stopped',
        finishedAt: run.startedAt,
        waiting: 0,
        // What the last batch did was not written down any more: an undo looks at all of them.
        unknown: Math.max(0, run.archived - run.done - run.skipped - run.failed),
        note,
        undoable: run.archived > 0 && run.kind !== 'undo' && run.phase !== 'archiving',
      }
      await this.save(stopped)
      return stopped
    } catch {
      return undefined
    }
  }
}
