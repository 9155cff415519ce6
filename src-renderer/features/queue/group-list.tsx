import type { MessageGroup } from '@shared/model/group'
import type { QueueKey } from '@shared/model/queue'
import { visible } from '@shared/payload/visible'
import { useCallback, useMemo } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { DataTable } from '../../design/data-table'
import { EmptyState } from '../../design/empty-state'
import { useNow } from '../../design/now'
import { count, plural, unknown } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import type { Column } from '../../design/table-props'
import { Time } from '../../design/time'
import { useConsole } from '../../stores/console'
import { go } from '../../stores/route'
import { StateMark } from '../state-mark'
import { TroubleView } from '../trouble-view'
import { pageSize, useMessagePages } from '../use-message-pages'
import { useWide } from '../use-wide'
import { ListBar } from './list-bar'

interface GroupRow extends MessageGroup {
  readonly id: string
}

interface GroupListProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly message: string | null
}

/** The groups as they stood when the list was taken; Enter opens the message that holds one back. */
export function GroupList({ environmentId, queue, message }: GroupListProps) {
  const { client } = useConsole()
  const ask = useCallback(
    async (cursor: string | null, signal: AbortSignal) => {
      const page = await client.queues.groups({ environmentId, queue, cursor, limit: pageSize }, { signal })
      const items = page?.items.map((group): GroupRow => ({ ...group, id: group.name })) ?? []
      return { items, nextCursor: page?.nextCursor ?? null, total: page?.total ?? null }
    },
    [client, environmentId, queue],
  )
  const pages = useMessagePages<GroupRow>(ask)
  const narrow = !useWide() && message !== null
  const limited = pages.items.some(({ heldUntil }) => heldUntil !== null && heldUntil > pages.takenAt)
  const columns = useMemo(
    () => (narrow ? [group, ready, holder] : [group, ready, oldest, holder, ...(limited ? [limit] : [])]),
    [narrow, limited],
  )
  const open = (id: string | null) =>
    go({ at: 'queue', environmentId, queue, state: 'groups', message: id }, message === null ? 'push' : 'replace')
  useActions([
    { id: 'refresh', label: 'Take the list anew', group: 'Messages', keys: 'r', perform: pages.reload },
    {
      id: 'close-message',
      label: 'Close the message',
      group: 'Messages',
      keys: 'escape',
      when: () => (message === null ? 'None is open.' : null),
      perform: () => open(null),
    },
  ])
  if (pages.trouble && pages.items.length === 0)
    return <TroubleView trouble={pages.trouble} action={<Button onClick={pages.reload}>Try again</Button>} />
  if (pages.phase === 'loading') return <SkeletonRows rows={14} />
  const total = pages.total === null ? `more than ${count(pages.items.length)} groups` : plural(pages.total, 'group')
  return (
    <>
      <ListBar takenAt={pages.takenAt} onRefresh={pages.reload}>
        {total} · one message of each at a time, in order
      </ListBar>
      <DataTable<GroupRow>
        label="Groups"
        columns={columns}
        rows={pages.items}
        total={pages.total}
        keyOf={keyOf}
        openKey={message === null ? null : (pages.items.find((row) => row.holder?.id === message)?.id ?? null)}
        onOpen={(row) => row.holder && open(row.holder.id)}
        onEndReached={pages.more}
        empty={
          <EmptyState title="No group has messages">
            A group stands here while it has messages ready or one in flight.
          </EmptyState>
        }
      />
    </>
  )
}

const keyOf = (row: GroupRow) => row.id

type GroupColumn = Column<GroupRow>

const group: GroupColumn = {
  id: 'group',
  head: <span className="pl-2">Group</span>,
  width: 'minmax(120px, 1.4fr)',
  cell: ({ name }) => (
    <span className="pl-2 font-medium" title={visible(name)}>
      {visible(name)}
    </span>
  ),
}

const ready: GroupColumn = {
  id: 'ready',
  head: 'Ready',
  width: '72px',
  align: 'end',
  cell: (row) => <span className={`tabular ${row.ready === 0 ? 'text-faint' : ''}`}>{count(row.ready)}</span>,
}

const oldest: GroupColumn = {
  id: 'oldest',
  head: 'Oldest ready',
  width: '104px',
  align: 'end',
  cell: ({ oldestReadyAt }) => <Time at={oldestReadyAt} as="age" />,
}

const holder: GroupColumn = {
  id: 'holder',
  head: 'In flight, or waiting for its retry',
  width: 'minmax(200px, 2fr)',
  cell: ({ holder: held }) =>
    held === null ? (
      <span className="text-faint">{unknown}</span>
    ) : (
      <span className="flex items-center gap-2">
        <StateMark state={held.state} />
        {held.dueAt !== null && (
          <span className="text-muted">
            retry <Time at={held.dueAt} />
          </span>
        )}
        <span className="clip font-mono text-12 text-muted" title={visible(held.id)}>
          {visible(held.id)}
        </span>
      </span>
    ),
}

const limit: GroupColumn = {
  id: 'limit',
  head: 'Limit ends',
  width: '104px',
  align: 'end',
  cell: ({ heldUntil }) => <HeldUntil at={heldUntil} />,
}

/** A limit that is over by now holds nothing back. */
function HeldUntil({ at }: { readonly at: number | null }) {
  const now = useNow()
  return <Time at={at !== null && at > now ? at : null} />
}
