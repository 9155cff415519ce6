import type { Environment, EnvironmentState } from '@shared/model/environment'
import { placeOf } from '@shared/model/tier'
import { Plus } from 'lucide-react'
import { useStore } from 'zustand'
import { Button } from '../../design/button'
import { cx } from '../../design/cx'
import { EmptyState } from '../../design/empty-state'
import { plural } from '../../design/number-format'
import { Segmented } from '../../design/segmented'
import { useConsole } from '../../stores/console'
import { go, hrefOf, routeStore } from '../../stores/route'
import { ScreenHead } from '../screen-head'
import { lookOf, TierMark } from '../tier-mark'
import { EnvironmentEditor } from './environment-editor'
import { EnvironmentFacts } from './environment-facts'

export interface EnvironmentsScreenProps {
  readonly environmentId: string | null
  /** The one in the form: an id, or 'new'. */
  readonly edit: string | null
}

const themes = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

/** A list like a contacts app, the form at its right. */
export function EnvironmentsScreen({ environmentId, edit }: EnvironmentsScreenProps) {
  const { environments, preferences, system } = useConsole()
  const list = useStore(environments, (state) => state.list)
  const states = useStore(environments, (state) => state.states)
  const theme = useStore(preferences.store, (state) => state.theme)
  const info = useStore(system, (state) => state.info)
  const shown = edit ?? environmentId
  const chosen = list.find((one) => one.id === shown)
  const open = (id: string | null) => go({ at: 'environments', environmentId, edit: id }, 'replace')
  // Whoever went elsewhere while it was being saved is not called back.
  const stay = (id: string) => {
    if (routeStore.getState().at === 'environments') open(id)
  }
  return (
    <>
      <ScreenHead title="Environments" detail="saved connections, each with its tier">
        <Button icon={<Plus size={13} aria-hidden />} onClick={() => open('new')}>
          New environment
        </Button>
      </ScreenHead>
      <div className="grid min-h-0 flex-1 grid-cols-[300px_minmax(0,1fr)]">
        <div className="flex min-h-0 flex-col border-line border-r">
          <nav aria-label="Saved environments" className="min-h-0 flex-1 overflow-y-auto">
            {list.map((one) => (
              <a
                key={one.id}
                href={hrefOf({ at: 'environments', environmentId, edit: one.id })}
                aria-current={one.id === shown ? 'true' : undefined}
                className={cx(
                  'flex flex-col gap-0.5 border-line border-b px-4 py-2',
                  one.id === shown ? 'bg-picked' : 'hover:bg-hover',
                )}
              >
                <span className="flex items-center gap-2">
                  <TierMark look={lookOf(one)} />
                  <span className="clip font-medium">{one.name}</span>
                </span>
                <span className="clip text-12 text-muted">{whereWords(one)}</span>
                <span className="clip text-12 text-muted">{stateWords(states.get(one.id))}</span>
              </a>
            ))}
          </nav>
          <section aria-label="Preferences" className="shrink-0 border-line border-t px-4 py-3">
            <h2 className="mb-1.5 font-medium text-12 text-muted">Theme</h2>
            <Segmented
              label="Theme"
              value={theme}
              options={themes}
              onChange={(next) => preferences.set({ theme: next })}
            />
            {info && (
              <p className="mt-3 break-all text-12 text-faint">
                Queuescope {info.version}, {info.shell === 'desktop' ? 'desktop' : 'browser'} shell. Its data:{' '}
                {info.dataFolder}
              </p>
            )}
          </section>
        </div>
        {shown === 'new' ? (
          <EnvironmentEditor
            key="new"
            environment={null}
            onSaved={(saved) => stay(saved.id)}
            onGone={() => open(null)}
          />
        ) : chosen === undefined ? (
          <EmptyState title="Choose an environment" />
        ) : chosen.origin === 'saved' ? (
          <EnvironmentEditor
            key={chosen.id}
            environment={chosen}
            onSaved={(saved) => stay(saved.id)}
            onGone={() => open(null)}
          />
        ) : (
          <EnvironmentFacts environment={chosen} state={states.get(chosen.id)} />
        )}
      </div>
    </>
  )
}

export function whereWords(environment: Environment): string {
  if (environment.kind !== 'redis') return placeOf(environment)
  const { topology, tls, database } = environment
  const suffix = `${database === 0 ? '' : `/${database}`}${tls.enabled ? ' · TLS' : ''}`
  switch (topology.kind) {
    case 'single':
      return `${topology.host}:${topology.port}${suffix}`
    case 'sentinel':
      return `Sentinel ${topology.masterName}${suffix}`
    case 'cluster':
      return `Cluster of ${topology.nodes.length} named nodes${suffix}`
  }
}

export function stateWords(state: EnvironmentState | undefined): string {
  switch (state?.phase) {
    case undefined:
    case 'idle':
      return 'not opened'
    case 'connecting':
      return 'connecting'
    case 'connected':
      return `${state.server ?? 'connected'}, ${plural(state.queueCount, 'queue')}`
    case 'lost':
      return state.trouble?.message ?? 'not connected'
  }
}
