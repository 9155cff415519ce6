import { layoutFacts } from '@shared/model/known-layouts'
import type { Layout, QueueAddress } from '@shared/model/queue'
import type { Worker } from '@shared/model/worker'
import { visible } from '@shared/payload/visible'
import { Dot, type Shape } from '../design/dot'
import { Figure, Unknown } from '../design/figure'
import { count } from '../design/number-format'
import type { Column } from '../design/table-props'
import { Time } from '../design/time'
import { type Tone, toneText } from '../design/tone'

export interface WorkerRow extends Worker {
  readonly key: string
  readonly layout: Layout
}

export const workerRow =
  (layout: Layout) =>
  (worker: Worker): WorkerRow => ({ ...worker, layout, key: `${layout} ${worker.id}` })

/** A worker that does not say to what it listens may listen to any. */
export const isListening = ({ queues, space }: Worker, { prefix, name }: QueueAddress): boolean =>
  queues === null || (queues.includes(name) && (space === undefined || space === prefix))

const looks: Readonly<Record<Worker['state'], { readonly word: string; readonly tone: Tone; readonly shape: Shape }>> =
  {
    idle: { word: 'Idle', tone: 'slate', shape: 'ring' },
    busy: { word: 'Busy', tone: 'violet', shape: 'half' },
    quiet: { word: 'Quiet', tone: 'amber', shape: 'ring' },
    lost: { word: 'Lost', tone: 'red', shape: 'cross' },
    unknown: { word: 'Listening', tone: 'slate', shape: 'disc' },
  }

export const workerColumns = ({ system }: { readonly system: boolean }): readonly Column<WorkerRow>[] => [
  {
    id: 'where',
    head: <span className="pl-2">Where</span>,
    width: 'minmax(180px, 2fr)',
    cell: ({ host, pid, id, note }) => (
      <span className="pl-2" title={[visible(id), note && visible(note)].filter(Boolean).join('\n')}>
        <span className="font-medium">{visible(host ?? id)}</span>
        {pid !== null && <span className="tabular text-muted"> · pid {pid}</span>}
      </span>
    ),
  },
  ...(system
    ? [
        {
          id: 'system',
          head: 'System',
          width: '112px',
          cell: ({ layout }: WorkerRow) => <span className="text-muted">{layoutFacts[layout].product}</span>,
        },
      ]
    : []),
  {
    id: 'state',
    head: 'State',
    width: '96px',
    cell: ({ state }) => {
      const { word, tone, shape } = looks[state]
      return (
        <span className={`inline-flex items-center gap-1.5 ${toneText[tone]}`}>
          <Dot shape={shape} tone={tone} />
          {word}
        </span>
      )
    },
  },
  {
    id: 'queues',
    head: 'Listens to',
    width: 'minmax(120px, 1.4fr)',
    cell: ({ queues, space }) =>
      queues === null ? (
        <Unknown />
      ) : (
        <span className="text-muted" title={visible(queues.join(', '))}>
          {visible(queues.join(', '))}
          {system && space !== undefined && <span className="text-faint"> {visible(space)}</span>}
        </span>
      ),
  },
  {
    id: 'holds',
    head: 'Holds',
    width: 'minmax(160px, 2fr)',
    cell: (row) => <Holds row={row} />,
  },
  {
    id: 'slots',
    head: 'At once',
    width: '72px',
    align: 'end',
    cell: ({ concurrency }) => <Figure text={count(concurrency)} />,
  },
  {
    id: 'since',
    head: 'Since',
    width: '104px',
    align: 'end',
    cell: ({ startedAt }) => <Time at={startedAt} as="age" />,
  },
  {
    id: 'beat',
    head: 'Heartbeat',
    width: '96px',
    align: 'end',
    cell: ({ heartbeatAt }) => <Time at={heartbeatAt} />,
  },
]

function Holds({ row }: { readonly row: WorkerRow }) {
  const [first] = row.holds
  if (!first) return row.holdsCount === null ? <Unknown /> : <Figure text={count(row.holdsCount)} quiet />
  const more = (row.holdsCount ?? row.holds.length) - 1
  return (
    <span
      title={row.holds.map(({ queue, name, id }) => visible(`${name ?? ''} ${id ?? ''} (${queue})`.trim())).join('\n')}
    >
      {visible(first.name ?? first.id ?? first.queue)}
      {first.since !== null && (
        <span className="text-muted">
          {' '}
          · <Time at={first.since} as="age" />
        </span>
      )}
      {more > 0 && <span className="tabular text-muted"> and {count(more)} more</span>}
    </span>
  )
}
