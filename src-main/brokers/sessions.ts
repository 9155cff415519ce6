import { Failure, type FailureView } from '@shared/failure'
import type { Layout } from '@shared/model/queue'
import type { ChannelName, TailPiece } from '@shared/model/tail'
import type { Cancel, Clock } from '../runtime/clock'
import type { Connection } from './connection'
import type { Finder } from './finder'
import type { Remedies } from './remedies'

/** The live side of one environment's connection. Times are epoch milliseconds. */
export interface SessionState {
  readonly phase: 'idle' | 'connecting' | 'connected' | 'lost'
  readonly since: number
  readonly retryAt: number | null
  readonly trouble: FailureView | null
  /** Kept after a loss: it is what was there. */
  readonly server: string | null
  readonly notices: readonly string[]
  /** Why the broker takes nothing in at the moment. */
  readonly alarms: readonly string[]
}

export interface SessionsOptions {
  readonly clock: Clock
  /** Opens a connection or throws a Failure; a new one each time, so that a rotated password is read again. */
  readonly connect: (environmentId: string) => Promise<Connection>
}

/**
 * Keeps one connection per environment that somebody looks at.
 *
 * States: idle -> (open) -> connecting -> connected -> lost -> connecting ... ; close leads to idle from anywhere. After a
 * loss it tries again after 0.5 s, 1 s, ... 5 s; after a refused password after 15 s, since repeated tries can lock a user out.
 */
export class Sessions {
  private readonly sessions = new Map<string, Session>()
  private readonly listeners = new Set<(environmentId: string) => void>()

  constructor(private readonly options: SessionsOptions) {}

  open(environmentId: string): void {
    if (this.sessions.has(environmentId)) return
    const changed = () => {
      for (const listener of this.listeners) listener(environmentId)
    }
    const session = new Session(environmentId, this.options, changed)
    this.sessions.set(environmentId, session)
    session.start()
  }

  async close(environmentId: string): Promise<void> {
    const session = this.sessions.get(environmentId)
    this.sessions.delete(environmentId)
    await session?.stop()
  }

  /** Tries a lost connection again now: something that it waited for is there. */
  retry(environmentId: string): void {
    this.sessions.get(environmentId)?.retry()
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.sessions.keys()].map((id) => this.close(id)))
  }

  state(environmentId: string): SessionState {
    const session = this.sessions.get(environmentId)
    if (!session) return idle
    // Alarms and missing permissions come and go while a connection stays.
    const { state, connection } = session
    return { ...state, notices: connection?.notices ?? state.notices, alarms: connection?.alarms ?? [] }
  }

  /** What can be read of now; undefined while there is no connection. */
  readers(environmentId: string): readonly Remedies[] | undefined {
    return this.sessions.get(environmentId)?.connection?.layouts
  }

  /** How its queues are found; undefined while there is no connection. */
  finder(environmentId: string): Finder | undefined {
    return this.sessions.get(environmentId)?.connection?.finder
  }

  /** What looking has cost so far, where it is billed. */
  bill(environmentId: string): ReturnType<NonNullable<Connection['bill']>> | null {
    return this.sessions.get(environmentId)?.connection?.bill?.() ?? null
  }

  /** Throws Failure 'unreachable' while there is no connection: nothing is queued for later. So do those that follow. */
  layouts(environmentId: string): readonly Remedies[] {
    return this.connection(environmentId).layouts
  }

  layout(environmentId: string, layout: Layout): Remedies {
    const remedies = this.layouts(environmentId).find((each) => each.layout === layout)
    if (!remedies) throw new Failure({ code: 'unsupported', message: `This environment has no ${layout} queues.` })
    return remedies
  }

  tailChannel(environmentId: string, channel: ChannelName, signal: AbortSignal): AsyncIterable<TailPiece> {
    const { server, tailChannel } = this.connection(environmentId)
    if (!tailChannel) throw new Failure({ code: 'unsupported', message: `${server} has no channels to listen to.` })
    return tailChannel(channel, signal)
  }

  /** Endpoint, database and the server's run id: a restart or failover changes it. */
  identity(environmentId: string): string {
    return this.connection(environmentId).identity
  }

  onChange(listener: (environmentId: string) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private connection(environmentId: string): Connection {
    const session = this.sessions.get(environmentId)
    if (session?.connection) return session.connection
    const trouble = session?.state.trouble
    throw new Failure(
      trouble ?? {
        code: 'unreachable',
        message: 'This environment is not connected.',
        hint: 'Wait for the connection.',
      },
    )
  }
}

const idle: SessionState = {
  phase: 'idle',
  since: 0,
  retryAt: null,
  trouble: null,
  server: null,
  notices: [],
  alarms: [],
}
const firstRetryMs = 500
const longestRetryMs = 5_000
const refusedRetryMs = 15_000

class Session {
  state: SessionState
  connection: Connection | undefined
  private stopped = false
  private failures = 0
  private cancelRetry: Cancel | undefined

  constructor(
    private readonly environmentId: string,
    private readonly options: SessionsOptions,
    private readonly changed: () => void,
  ) {
    this.state = { ...idle, since: options.clock.now() }
  }

  start(): void {
    void this.connect()
  }

  retry(): void {
    if (this.state.phase !== 'lost' || this.stopped) return
    this.cancelRetry?.()
    void this.connect()
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.cancelRetry?.()
    const { connection } = this
    this.connection = undefined
    await connection?.close()
  }

  private async connect(): Promise<void> {
    // While lost, the trouble and its age stay on the screen until the connection is back.
    if (this.state.phase === 'idle') this.enter({ phase: 'connecting' })
    try {
      const connection = await this.options.connect(this.environmentId)
      if (this.stopped) {
        await connection.close()
        return
      }
      this.failures = 0
      this.connection = connection
      connection.onLost((trouble) => this.lose(trouble.view()))
      this.enter({
        phase: 'connected',
        trouble: null,
        retryAt: null,
        server: connection.server,
        notices: connection.notices,
      })
    } catch (error) {
      if (!this.stopped)
        this.lose(error instanceof Failure ? error.view() : { code: 'unreachable', message: 'The connection failed.' })
    }
  }

  private lose(trouble: FailureView): void {
    if (this.stopped) return
    const { connection } = this
    this.connection = undefined
    void connection?.close()
    const waitMs =
      trouble.code === 'auth' ? refusedRetryMs : Math.min(firstRetryMs * 2 ** this.failures, longestRetryMs)
    this.failures += 1
    const retryAt = this.options.clock.now() + waitMs
    const since = this.state.phase === 'lost' ? this.state.since : this.options.clock.now()
    this.enter({ phase: 'lost', trouble, retryAt, since })
    this.cancelRetry = this.options.clock.after(waitMs, () => void this.connect())
  }

  private enter(change: Partial<SessionState>): void {
    this.state = { ...this.state, since: this.options.clock.now(), ...change }
    this.changed()
  }
}
