import type { Environment, EnvironmentState } from '@shared/model/environment'
import { useStore } from 'zustand'
import { Bar } from '../../design/bar'
import { useNow } from '../../design/now'
import { connectionStore, useEnvironment } from '../../stores/console'
import { MfaCode } from './mfa-code'

/** One slim line when what is shown is not live, first our own wire, then the broker's; else what stops the broker. */
export function ConnectionBar({ environmentId }: { readonly environmentId: string | null }) {
  const connection = useStore(connectionStore)
  const { environment, state } = useEnvironment(environmentId)
  const now = useNow()
  if (connection.status === 'ended') {
    return <Bar tone="red">The console has ended. Start it again, then open the address that it prints.</Bar>
  }
  if (connection.status === 'lost') {
    return (
      <Bar tone="amber">
        Lost the console {ago(connection.since, now)}, trying again. What is shown is as old as that.
      </Bar>
    )
  }
  const words = environment && state && lostWords(environment, state, now)
  if (!words) return <Alarms alarms={state?.alarms ?? []} />
  const wantsCode = state.trouble?.subject === 'mfa'
  return (
    <Bar tone="amber" action={wantsCode ? <MfaCode environmentId={environment.id} /> : undefined}>
      {words}
    </Bar>
  )
}

/** The broker is there and takes nothing in: whoever publishes waits, so it stands above every screen. */
function Alarms({ alarms }: { readonly alarms: readonly string[] }) {
  return alarms.length === 0 ? null : <Bar tone="red">{alarms.join(' ')}</Bar>
}

export function lostWords(environment: Environment, state: EnvironmentState, now: number): string | null {
  if (state.phase !== 'lost') return null
  const wait = state.retryAt === null ? null : Math.max(0, Math.ceil((state.retryAt - now) / 1000))
  const again = wait === null ? '' : wait === 0 ? ' Trying again now.' : ` Trying again in ${wait} s.`
  const why = state.trouble ? ` ${[state.trouble.message, state.trouble.hint].filter(Boolean).join(' ')}` : ''
  return state.sampledAt === null
    ? `${environment.name} is not connected.${why}${again}`
    : `Lost ${environment.name} ${ago(state.sampledAt, now)}.${why}${again}`
}

const ago = (at: number, now: number) => `${Math.max(1, Math.round((now - at) / 1000))} s ago`
