import type { Capability } from '@shared/model/capability'
import type { Environment, EnvironmentState } from '@shared/model/environment'

export interface Standing {
  readonly environment: Environment | undefined
  readonly state: EnvironmentState | undefined
}

/** Why nothing can be changed here now, or null. The core decides in the end; this only says it before the click. */
export function writeRefusal({ environment, state }: Standing): string | null {
  if (!environment || !state) return 'The environment is not known yet.'
  if (state.readOnly) return `${environment.name} is production and read-only. Unlock it to change anything.`
  if (state.phase !== 'connected') return `${environment.name} is not connected.`
  return null
}

/** Why this cannot be done to this queue, or null; what nobody knows may be tried. */
export function abilityRefusal(capability: Capability | undefined): string | null {
  return capability?.answer === 'no' ? capability.reason : null
}
