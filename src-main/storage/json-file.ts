import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Failure } from '@shared/failure'
import type { z } from 'zod'

/**
 * One small JSON document on disk. A write is a temporary file, an fsync and a rename, so that a crash leaves the old
 * document or the new one. A document that cannot be read is kept aside under another name and said so, never overwritten.
 */
export interface JsonFile<T> {
  read(): Promise<T>
  write(value: T): Promise<void>
}

export interface JsonFileOptions<T> {
  readonly path: string
  readonly schema: z.ZodType<T>
  readonly empty: T
  /** Told in words when a damaged file was put aside. */
  readonly notice: (message: string) => void
}

export function jsonFile<T>({ path, schema, empty, notice }: JsonFileOptions<T>): JsonFile<T> {
  return {
    async read() {
      const text = await readIfThere(path)
      if (text === undefined) return empty
      const parsed = schema.safeParse(parse(text))
      if (parsed.success) return parsed.data
      const aside = `${path}.damaged-${Date.now()}`
      await rename(path, aside)
      notice(`${basename(path)} could not be read and was kept aside as ${basename(aside)}`)
      return empty
    },
    write: (value) => writeWhole(path, `${JSON.stringify(value, null, 2)}\n`),
  }
}

/** Replaces a file's content in one step; readable by its owner only. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  let file: FileHandle | undefined
  try {
    file = await open(temporary, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await file.close()
    file = undefined
    await rename(temporary, path)
  } catch (error) {
    await file?.close().catch(() => {})
    await rm(temporary, { force: true }).catch(() => {})
    throw diskFailure(error, path)
  }
}

/** A write that the disk refused, in words. */
export function diskFailure(error: unknown, path: string): Failure {
  const code = (error as NodeJS.ErrnoException).code
  const why =
    code === 'ENOSPC'
      ? 'the disk is full'
      : code === 'EROFS' || code === 'EACCES'
        ? 'it cannot be written to'
        : String(code)
  return new Failure(
    {
      code: 'disk',
      message: `${path} could not be written: ${why}`,
      hint: 'Make room or mend its permissions, then try again.',
      subject: path,
    },
    { cause: error },
  )
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
