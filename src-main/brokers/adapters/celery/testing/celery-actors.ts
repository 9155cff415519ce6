import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface SentTask {
  readonly name: string
  readonly args: readonly unknown[]
  readonly kwargs?: Readonly<Record<string, unknown>>
  readonly priority?: number
  readonly countdown?: number
  readonly queue?: string
  readonly serializer?: 'json' | 'pickle'
}

/** Debian's own, where python3-celery stands. */
const python = '/usr/bin/python3'

/** Celery's own producer in a process that lives as long as the test file, since it takes most of a second to start. */
export class CeleryProducer {
  private readonly child: ChildProcessWithoutNullStreams
  private readonly lines: AsyncIterator<string>

  constructor(port: number) {
    this.child = spawn(python, [join(import.meta.dirname, 'celery_program.py'), String(port)])
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  /** Answers the ids. */
  async send(tasks: readonly SentTask[]): Promise<readonly string[]> {
    this.child.stdin.write(`${JSON.stringify(tasks)}\n`)
    const { value, done } = await this.lines.next()
    if (done) throw new Error('the producer of Celery ended')
    return JSON.parse(value) as string[]
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }
}

/** A real worker, until `isDone` says so. */
export async function runWorker(port: number, queue: string, isDone: () => Promise<boolean>): Promise<void> {
  const worker: ChildProcess = spawn(
    python,
    [
      '-m',
      'celery',
      '-A',
      'celery_worker',
      'worker',
      '--pool=solo',
      '--without-gossip',
      '--without-mingle',
      '-Q',
      queue,
    ],
    {
      cwd: join(import.meta.dirname),
      env: { ...process.env, QUEUESCOPE_TEST_REDIS: `redis://127.0.0.1:${port}/0`, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: 'ignore',
    },
  )
  const exited = once(worker, 'exit')
  try {
    const { vi } = await import('vitest')
    await vi.waitUntil(isDone, { timeout: 20_000, interval: 50 })
  } finally {
    worker.kill('SIGKILL')
    await exited
  }
}
