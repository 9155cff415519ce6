import type { BrokerKind } from '@shared/model/environment'
import { metricIndex } from '@shared/model/sample'
import { Activity, Boxes, Gauge, Radio, Send, Skull, Waypoints, Wrench } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import { useActions } from '../../actions'
import { cx } from '../../design/cx'
import { compact } from '../../design/number-format'
import { useEnvironment, useFeed, useRoute } from '../../stores/console'
import type { FeedState } from '../../stores/feed'
import { go, hrefOf, type Route } from '../../stores/route'
import { EnvironmentSwitcher } from './environment-switcher'
import { RailQueues } from './rail-queues'

export function Rail({ environmentId }: { readonly environmentId: string | null }) {
  return (
    <div className="flex w-[232px] shrink-0 flex-col border-line border-r bg-surface">
      <EnvironmentSwitcher environmentId={environmentId} />
      {environmentId === null ? (
        <div className="flex-1" />
      ) : (
        <>
          <Sections environmentId={environmentId} />
          <RailQueues environmentId={environmentId} />
        </>
      )}
    </div>
  )
}

interface Section {
  readonly label: string
  readonly keys: string
  readonly icon: ReactNode
  readonly route: Route
}

const icon = { size: 14, 'aria-hidden': true } as const

const sectionsOf = (environmentId: string, broker: BrokerKind | undefined): readonly Section[] => [
  { label: 'Overview', keys: 'g o', icon: <Gauge {...icon} />, route: { at: 'overview', environmentId } },
  {
    label: 'Dead letters',
    keys: 'g d',
    icon: <Skull {...icon} />,
    route: { at: 'dead-letters', environmentId, cause: null, queue: null, message: null },
  },
  { label: 'Workers', keys: 'g w', icon: <Wrench {...icon} />, route: { at: 'workers', environmentId } },
  ...(broker === 'rabbitmq'
    ? [
        {
          label: 'Exchanges',
          keys: 'g x',
          icon: <Waypoints {...icon} />,
          route: { at: 'routing', environmentId, node: null } as const,
        },
      ]
    : []),
  ...(broker === 'redis'
    ? [
        {
          label: 'Channels',
          keys: 'g c',
          icon: <Radio {...icon} />,
          route: { at: 'channels', environmentId, name: null, isPattern: false } as const,
        },
      ]
    : []),
  { label: 'Send', keys: 'g s', icon: <Send {...icon} />, route: { at: 'send', environmentId, queue: null } },
  { label: 'Activity', keys: 'g a', icon: <Activity {...icon} />, route: { at: 'activity', environmentId } },
  {
    label: 'Environments',
    keys: 'g e',
    icon: <Boxes {...icon} />,
    route: { at: 'environments', environmentId, edit: null },
  },
]

function Sections({ environmentId }: { readonly environmentId: string }) {
  const current = useRoute()
  const dead = useFeed(environmentId, totalDead)
  const broker = useEnvironment(environmentId).environment?.kind
  const sections = useMemo(() => sectionsOf(environmentId, broker), [environmentId, broker])
  useActions(
    sections.map(({ label, keys, route }) => ({
      id: `go-${route.at}`,
      label: `Go to ${label.toLowerCase()}`,
      group: 'Go to',
      keys,
      perform: () => go(route),
    })),
  )
  return (
    <nav aria-label="Sections" className="flex flex-col gap-px p-2">
      {sections.map((section) => (
        <a
          key={section.label}
          href={hrefOf(section.route)}
          aria-current={current.at === section.route.at ? 'page' : undefined}
          className={cx(
            'flex h-7 items-center gap-2 rounded px-2',
            current.at === section.route.at ? 'bg-picked font-medium' : 'text-muted hover:bg-hover hover:text-ink',
          )}
        >
          {section.icon}
          <span className="flex-1">{section.label}</span>
          {section.route.at === 'dead-letters' && dead !== null && dead > 0 && (
            <span className="tabular text-12 text-red">{compact(dead)}</span>
          )}
        </a>
      ))}
    </nav>
  )
}

/** null while no queue's count is known. */
function totalDead({ samples }: FeedState): number | null {
  let total: number | null = null
  for (const sample of samples.values()) {
    const dead = sample.values[deadAt]
    if (typeof dead === 'number') total = (total ?? 0) + dead
  }
  return total
}

const deadAt = metricIndex.dead
