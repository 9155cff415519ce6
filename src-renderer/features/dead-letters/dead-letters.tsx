import type { Cause } from '@shared/model/message'
import { RotateCw } from 'lucide-react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { useActions } from '../../actions'
import { Bar } from '../../design/bar'
import { Button } from '../../design/button'
import { EmptyState } from '../../design/empty-state'
import { IconButton } from '../../design/icon-button'
import { count, plural } from '../../design/number-format'
import { SkeletonRows } from '../../design/skeleton'
import { useConsole } from '../../stores/console'
import { go } from '../../stores/route'
import { ScreenHead } from '../screen-head'
import { TroubleView } from '../trouble-view'
import { useAnswer } from '../use-answer'
import { useReloadAfterRuns } from '../use-reload-after-runs'
import { useWide } from '../use-wide'
import { CauseRows } from './cause-rows'
import { CauseTable } from './cause-table'
import { matchingCauses, queuesOf } from './causes'
import { LeftOut } from './left-out'
import { UnseenQueues } from './unseen-queues'
import { useUnseen } from './use-unseen'

export interface DeadLettersProps {
  readonly environmentId: string
  readonly cause: string | null
  readonly queue: string | null
  readonly message: string | null
}

/** Not 412 failures but 3 causes; below them the letters of one, selected as a query. */
export function DeadLetters({ environmentId, cause, queue, message }: DeadLettersProps) {
  const { client } = useConsole()
  const [filter, setFilter] = useState('')
  const wide = useWide()
  const search = useRef<HTMLInputElement>(null)
  const ask = useCallback(
    (signal: AbortSignal) => client.messages.causes({ environmentId, queue: null }, { signal }),
    [client, environmentId],
  )
  const { value: report, trouble, reload } = useAnswer(ask)
  useReloadAfterRuns({ environmentId, queue: null, reload })
  const unseen = useUnseen(environmentId)
  const causes = useMemo(() => matchingCauses(report?.causes ?? [], filter), [report, filter])
  const chosen = causes.find((one) => one.key === cause) ?? causes[0]
  const chosenQueue = chosen && (chosen.queues.find((one) => one.key === queue) ?? chosen.queues[0])
  const openCause = (next: Cause) =>
    go(
      { at: 'dead-letters', environmentId, cause: next.key, queue: next.queues[0]?.key ?? null, message: null },
      'replace',
    )
  useActions([
    { id: 'filter', label: 'Filter causes', group: 'Dead letters', keys: '/', perform: () => search.current?.select() },
    { id: 'refresh', label: 'Sort the dead letters anew', group: 'Dead letters', keys: 'r', perform: reload },
  ])
  const head = report && report.causes.length > 0 && (
    <>
      {plural(report.total ?? report.scanned, 'dead letter')} in {plural(report.causes.length, 'cause')} ·{' '}
      {plural(queuesOf(report.causes).length, 'queue')}
    </>
  )
  return (
    <>
      <ScreenHead title="Dead letters" detail={head}>
        <input
          ref={search}
          type="search"
          aria-label="Filter causes"
          placeholder="/ filter causes"
          value={filter}
          spellCheck={false}
          onChange={(event) => setFilter(event.target.value)}
          className="h-7 w-52 rounded border border-line-strong bg-canvas px-2"
        />
        <IconButton label="Sort anew" keys="r" onClick={reload}>
          <RotateCw size={13} aria-hidden />
        </IconButton>
      </ScreenHead>
      {report &&
        report.total !== null &&
        report.scanned < report.total &&
        (report.scanned > 0 || unseen.length === 0) && (
          <Bar tone="slate">
            {unseen.length > 0
              ? `${count(report.scanned)} of about ${count(report.total)} were looked at and are sorted by cause; the others are only counted.`
              : `The newest ${count(report.scanned)} of ${count(report.total)} are sorted by cause; older ones may have others.`}
          </Bar>
        )}
      {report && <LeftOut queues={report.unread} />}
      {!report && trouble && <TroubleView trouble={trouble} action={<Button onClick={reload}>Try again</Button>} />}
      {!report && !trouble && <SkeletonRows rows={12} />}
      {report && report.causes.length === 0 && unseen.length > 0 && (
        <UnseenQueues environmentId={environmentId} queues={unseen} />
      )}
      {report && report.causes.length === 0 && unseen.length === 0 && report.unread.length === 0 && (
        <EmptyState title="No dead letters">
          A message that fails for good comes here with its error, sorted by cause, until it is replayed or discarded.
        </EmptyState>
      )}
      {report && report.causes.length > 0 && (
        <>
          <CauseTable
            environmentId={environmentId}
            causes={causes}
            total={report.scanned}
            chosen={chosen?.key ?? null}
            onOpen={openCause}
            narrow={message !== null && !wide}
          />
          {chosen && chosenQueue && (
            <CauseRows
              key={`${chosen.key} ${chosenQueue.key}`}
              environmentId={environmentId}
              cause={chosen}
              queue={chosenQueue}
              message={message}
              onReloadCauses={reload}
            />
          )}
        </>
      )}
    </>
  )
}
