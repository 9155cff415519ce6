import { join } from 'node:path'
import { LineProgram, TestProgram } from '../../../testing/line-program'

export interface PushedJob {
  readonly queue: string
  readonly args: readonly unknown[]
  /** Default: Charge. */
  readonly class?: string
  readonly retry?: boolean | number
  readonly backtrace?: boolean | number
  /** Epoch seconds. */
  readonly at?: number
}

export interface GivenJob {
  readonly jid: string
  /** JSON text. */
  readonly args: string
}

export type SidekiqSet = 'dead' | 'retry' | 'schedule'

export interface SidekiqCounts {
  readonly queues: Readonly<Record<string, { readonly ready: number; readonly leased: number }>>
  readonly sets: Readonly<Record<SidekiqSet, number>>
}

export interface SidekiqJids {
  readonly queues: Readonly<Record<string, readonly string[]>>
  readonly sets: Readonly<Record<SidekiqSet, readonly string[]>>
}

const ruby = '/usr/bin/ruby'

/** The real Sidekiq: its client, its API and its worker in one process, see sidekiq_program.rb. */
export class SidekiqProgram {
  private readonly program: LineProgram

  constructor(port: number) {
    this.program = new LineProgram({
      command: ruby,
      args: [join(import.meta.dirname, 'sidekiq_program.rb')],
      env: { REDIS_URL: redisUrl(port) },
    })
  }

  version(): Promise<string> {
    return this.program.ask({ do: 'version' })
  }

  push(jobs: readonly PushedJob[]): Promise<readonly string[]> {
    return this.program.ask({ do: 'push', jobs })
  }

  /** Works on what the queue holds now, or on the first of it. */
  work(queue: string, most?: number): Promise<readonly GivenJob[]> {
    return this.program.ask({ do: 'work', queue, most })
  }

  /** Two threads take a job each from `slow` and keep it until the program ends. */
  hold(): Promise<void> {
    return this.program.ask({ do: 'hold' })
  }

  beat(): Promise<void> {
    return this.program.ask({ do: 'beat' })
  }

  act(set: SidekiqSet, jid: string, how: 'retry' | 'add_to_queue' | 'kill' | 'delete'): Promise<void> {
    return this.program.ask({ do: 'act', set, jid, how })
  }

  deleteFromQueue(queue: string, jid: string): Promise<void> {
    return this.program.ask({ do: 'delete_from_queue', queue, jid })
  }

  counts(): Promise<SidekiqCounts> {
    return this.program.ask({ do: 'counts' })
  }

  jids(): Promise<SidekiqJids> {
    return this.program.ask({ do: 'jids' })
  }

  read(
    set: SidekiqSet,
    jid: string,
  ): Promise<{ readonly class: string; readonly queue: string; readonly backtrace: readonly string[] | null }> {
    return this.program.ask({ do: 'read', set, jid })
  }

  stop(): Promise<void> {
    return this.program.stop()
  }
}

/** The command as operators run it: a process with its own threads, heartbeat and poller. */
export const startWorker = (port: number, queues: readonly string[]): TestProgram =>
  new TestProgram({
    command: '/usr/bin/sidekiq',
    args: [
      ...['-r', join(import.meta.dirname, 'sidekiq_jobs.rb')],
      ...['-c', '2', '-t', '1', '-g', 'shop'],
      ...queues.flatMap((queue) => ['-q', queue]),
    ],
    env: { REDIS_URL: redisUrl(port) },
  })

const redisUrl = (port: number): string => `redis://127.0.0.1:${port}/0`
