import type { SystemInfo } from '@shared/rpc/system-contract'
import type { Sessions } from '../brokers/sessions'
import type { Clock } from '../runtime/clock'
import type { Log } from '../runtime/log'
import type { Access } from '../safety/access'
import type { Audit } from '../safety/audit'
import type { Guard } from '../safety/guard'
import type { SpecialActs } from '../safety/special-acts'
import type { Environments } from '../storage/environments'
import type { PreferencesStore } from '../storage/preferences'
import type { Watch } from '../watch/watch'
import type { EnvironmentBoard } from './environment-board'

/** Everything a handler may call; the composition root fills it in. */
export interface Services {
  readonly info: () => Promise<SystemInfo>
  readonly clock: Clock
  readonly log: Log
  readonly preferences: PreferencesStore
  readonly environments: Environments
  readonly sessions: Sessions
  readonly access: Access
  readonly audit: Audit
  readonly guard: Guard
  readonly specialActs: SpecialActs
  readonly watch: Watch
  readonly board: EnvironmentBoard
  /** Connects and watches an environment from now on; harmless twice. */
  readonly attend: (environmentId: string) => void
  /** For the next connect of an environment whose role asks for it. */
  readonly giveMfaCode: (environmentId: string, code: string) => void
  /** Ends what attend began. */
  readonly leave: (environmentId: string) => Promise<void>
}
