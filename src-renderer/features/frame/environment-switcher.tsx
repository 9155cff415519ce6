import type { Environment, EnvironmentState } from '@shared/model/environment'
import { ChevronsUpDown, Lock, LockOpen, Plus } from 'lucide-react'
import { useStore } from 'zustand'
import { useActions } from '../../actions'
import { cx } from '../../design/cx'
import { Menu, type MenuEntry } from '../../design/menu'
import { useNow } from '../../design/now'
import { duration } from '../../design/time-format'
import { toneText, toneWash } from '../../design/tone'
import { useConsole, useEnvironment } from '../../stores/console'
import { go } from '../../stores/route'
import { askForUnlock } from '../../stores/unlock-request'
import { lookOf, TierMark } from '../tier-mark'

/** The head of the rail: where one is. Its colour is the tier's, so that production is seen from the corner of the eye. */
export function EnvironmentSwitcher({ environmentId }: { readonly environmentId: string | null }) {
  const { environments, preferences } = useConsole()
  const list = useStore(environments, (state) => state.list)
  const { environment, state } = useEnvironment(environmentId)
  const open = (id: string) => {
    preferences.set({ lastEnvironmentId: id })
    go({ at: 'overview', environmentId: id })
  }
  useActions(
    list.map((one) => ({
      id: `environment-${one.id}`,
      label: `Switch to ${one.name}`,
      group: 'Environment',
      perform: () => open(one.id),
    })),
  )
  const entries: MenuEntry[] = list.map((one) => ({
    id: one.id,
    label: (
      <span className="flex items-center gap-2">
        <span className="w-20 shrink-0">
          <TierMark look={lookOf(one)} />
        </span>
        <span className="clip">{one.name}</span>
      </span>
    ),
    onChoose: () => open(one.id),
  }))
  entries.push({
    id: 'new',
    label: 'New environment…',
    icon: <Plus size={14} aria-hidden />,
    apart: true,
    onChoose: () => go({ at: 'environments', environmentId, edit: 'new' }),
  })
  const look = environment && lookOf(environment)
  return (
    <header className={cx('border-line border-b', look && toneWash[look.tone])}>
      <Menu
        label="Environments"
        entries={entries}
        trigger={
          <button type="button" className="flex w-full flex-col items-stretch gap-0.5 px-3 pt-2.5 pb-2 text-left">
            <span className="flex items-center gap-2">
              <span className="sr-only">Switch environment, now</span>
              {look && <TierMark look={look} />}
              <span className="clip flex-1 font-semibold">{environment?.name ?? 'No environment'}</span>
              <ChevronsUpDown size={13} aria-hidden className="text-muted" />
            </span>
            <span className="clip text-12 text-muted">{lineOf(environment, state)}</span>
          </button>
        }
      />
      {environment && state && <LockLine environment={environment} state={state} />}
    </header>
  )
}

function lineOf(environment: Environment | undefined, state: EnvironmentState | undefined): string {
  if (!environment || !state) return 'Connecting…'
  switch (state.phase) {
    case 'idle':
      return 'Not opened yet'
    case 'connecting':
      return 'Connecting…'
    case 'lost':
      return state.trouble?.code === 'denied' ? 'Permission missing' : 'Not connected'
    case 'connected':
      return [state.server, state.latencyMs === null ? null : duration(state.latencyMs)].filter(Boolean).join(' · ')
  }
}

function LockLine({ environment, state }: { readonly environment: Environment; readonly state: EnvironmentState }) {
  const { client } = useConsole()
  const now = useNow()
  const environmentId = environment.id
  const unlocked = state.unlockedUntil !== null && state.unlockedUntil > now ? state.unlockedUntil - now : null
  const locked = state.readOnly
  useActions([
    {
      id: 'unlock',
      label: `Unlock ${environment.name} for 15 minutes…`,
      group: 'Environment',
      when: () => (locked ? null : 'It is not locked.'),
      perform: () => askForUnlock(environmentId),
    },
    {
      id: 'lock',
      label: `Lock ${environment.name} now`,
      group: 'Environment',
      when: () => (unlocked !== null ? null : 'It is not unlocked.'),
      perform: () => void client.environments.lock({ environmentId }).catch(() => {}),
    },
  ])
  if (!locked && unlocked === null) return null
  const press = 'h-6 rounded border border-line-strong bg-raised px-2 text-12 hover:bg-hover'
  return (
    <div className={cx('flex items-center gap-2 px-3 pb-2 text-12', toneText[lookOf(environment).tone])}>
      {locked ? <Lock size={12} aria-hidden /> : <LockOpen size={12} aria-hidden />}
      <span className="tabular flex-1">{locked ? 'Read-only' : `Unlocked ${countdown(unlocked ?? 0)}`}</span>
      {locked ? (
        <button type="button" className={press} onClick={() => askForUnlock(environmentId)}>
          Unlock…
        </button>
      ) : (
        <button
          type="button"
          className={press}
          onClick={() => void client.environments.lock({ environmentId }).catch(() => {})}
        >
          Lock
        </button>
      )}
    </div>
  )
}

const countdown = (ms: number) => {
  const seconds = Math.ceil(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
