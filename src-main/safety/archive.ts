import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Failure } from '@shared/failure'
import { MessageState } from '@shared/model/message'
import { z } from 'zod'
import type { Snapshot } from '../brokers/remedies'
import { diskFailure, writeWhole } from '../storage/json-file'

const Line = z.object({
  id: z.string(),
  state: MessageState,
  place: z.string(),
  body: z.string(),
  fields: z.record(z.string(), z.string()),
})

const Manifest = z.object({
  version: z.literal(1),
  runId: z.string(),
  count: z.number(),
  bytes: z.number(),
  sha256: z.string(),
  createdAt: z.number(),
})
export type Manifest = z.infer<typeof Manifest>

/**
 * What was there before something was taken away: `<folder>/<runId>/messages.ndjson`, a line a message, all bytes as
 * base64, with a manifest that holds count and sha-256. It is on disk, and read back, before the first message is touched.
 */
export class Archive {
  constructor(private readonly folder: string) {}

  async begin(runId: string): Promise<ArchiveWriter> {
    const home = join(this.folder, runId)
    const path = join(home, 'messages.ndjson')
    try {
      await mkdir(home, { recursive: true, mode: 0o700 })
      return new ArchiveWriter(runId, home, path, await open(path, 'wx', 0o600))
    } catch (error) {
      throw diskFailure(error, path)
    }
  }

  /** Reads back in the order written. Throws Failure 'disk' when the content does not match its manifest. */
  async *read(runId: string): AsyncGenerator<Snapshot> {
    const home = join(this.folder, runId)
    const manifest = await readManifest(home)
    const hash = createHash('sha256')
    let count = 0
    const lines = createInterface({
      input: createReadStream(join(home, 'messages.ndjson'), 'utf8'),
      crlfDelay: Number.POSITIVE_INFINITY,
    })
    for await (const text of lines) {
      hash.update(`${text}\n`)
      count += 1
      yield toSnapshot(Line.parse(JSON.parse(text)))
    }
    if (count !== manifest.count || hash.digest('hex') !== manifest.sha256) throw damaged(home)
  }

  /** Throws unless every byte is there. */
  async verify(runId: string): Promise<Manifest> {
    for await (const _snapshot of this.read(runId)) {
      // Reading to the end is the check.
    }
    return await readManifest(join(this.folder, runId))
  }

  /** Removes archives older than `keepMs`; answers how many. */
  async expire(now: number, keepMs: number): Promise<number> {
    let removed = 0
    for (const runId of await readdir(this.folder).catch(() => [])) {
      const home = join(this.folder, runId)
      const manifest = await readManifest(home).catch(() => undefined)
      if (!manifest || now - manifest.createdAt < keepMs) continue
      await rm(home, { recursive: true, force: true })
      removed += 1
    }
    return removed
  }
}

export class ArchiveWriter {
  private readonly hash = createHash('sha256')
  private count = 0
  private bytes = 0

  constructor(
    private readonly runId: string,
    private readonly home: string,
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  async append(snapshots: readonly Snapshot[]): Promise<void> {
    try {
      for (const snapshot of snapshots) {
        const line = `${JSON.stringify(toLine(snapshot))}\n`
        await this.file.writeFile(line)
        this.hash.update(line)
        this.count += 1
        this.bytes += snapshot.body.byteLength
      }
    } catch (error) {
      throw diskFailure(error, this.path)
    }
  }

  /** Makes it durable and writes the manifest. */
  async finish(createdAt: number): Promise<Manifest> {
    try {
      await this.file.sync()
      await this.file.close()
    } catch (error) {
      throw diskFailure(error, this.path)
    }
    const manifest: Manifest = {
      version: 1,
      runId: this.runId,
      count: this.count,
      bytes: this.bytes,
      sha256: this.hash.digest('hex'),
      createdAt,
    }
    await writeWhole(join(this.home, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    return manifest
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.file.close().catch(() => {})
    await rm(this.home, { recursive: true, force: true })
  }
}

const toLine = (snapshot: Snapshot): z.infer<typeof Line> => ({
  id: snapshot.id,
  state: snapshot.state,
  place: snapshot.place,
  body: Buffer.from(snapshot.body).toString('base64'),
  fields: Object.fromEntries(
    Object.entries(snapshot.fields).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  ),
})

const toSnapshot = (line: z.infer<typeof Line>): Snapshot => ({
  id: line.id,
  state: line.state,
  place: line.place,
  body: Buffer.from(line.body, 'base64'),
  fields: Object.fromEntries(Object.entries(line.fields).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
})

async function readManifest(home: string): Promise<Manifest> {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(home, 'manifest.json'), 'utf8')))
  } catch {
    throw damaged(home)
  }
}

const damaged = (home: string) =>
  new Failure({
    code: 'disk',
    message: `The archive ${home} is missing or damaged.`,
    hint: 'Nothing was done with it.',
    subject: home,
  })
