import type { EnvironmentState } from '@shared/model/environment'
import type { EnvironmentsView } from '@shared/rpc/environments-contract'
import type { Sessions } from '../brokers/sessions'
import type { Access } from '../safety/access'
import type { Environments } from '../storage/environments'
import type { Watch } from '../watch/watch'

export interface EnvironmentBoardOptions {
  readonly environments: Environments
  readonly sessions: Sessions
  readonly access: Access
  readonly watch: Watch
}

const sandboxNotice = 'The sandbox lives in memory: it ends with the console.'

/** Puts together what a screen shows of an environment: what is saved, how it is connected, what was sampled, who may write. */
export class EnvironmentBoard {
  constructor(private readonly parts: EnvironmentBoardOptions) {}

  read(): EnvironmentsView {
    const environments = [...this.parts.environments.list()]
    return { environments, states: environments.map(({ id }) => this.state(id)) }
  }

  /** Throws Failure 'not-found'. */
  state(id: string): EnvironmentState {
    const { sessions, watch, access, environments } = this.parts
    const environment = environments.get(id)
    const session = sessions.state(id)
    const status = watch.status(id)
    return {
      id,
      phase: session.phase,
      since: session.since,
      retryAt: session.retryAt,
      trouble: session.trouble,
      server: session.server,
      latencyMs: status?.latencyMs ?? null,
      sampledAt: status?.sampledAt ?? null,
      sampleEveryMs: status?.sampleEveryMs ?? 1_000,
      costShare: status?.costShare ?? null,
      bill: sessions.bill(id),
      keysWalked: status?.keysWalked ?? null,
      queueCount: status?.queueCount ?? 0,
      readOnly: access.isReadOnly(environment),
      unlockedUntil: access.unlockedUntil(environment),
      // What is said of persistence on a real server is the sandbox's nature.
      alarms: [...session.alarms],
      notices: environment.origin === 'sandbox' ? [sandboxNotice] : [...session.notices, ...(status?.notices ?? [])],
    }
  }

  onChange(listener: () => void): () => void {
    const ends = [
      this.parts.environments.onChange(listener),
      this.parts.sessions.onChange(listener),
      this.parts.access.onChange(listener),
      this.parts.watch.onStatus(listener),
    ]
    return () => {
      for (const end of ends) end()
    }
  }
}
