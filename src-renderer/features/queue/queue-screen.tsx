import { layoutFacts, precisionOf } from '@shared/model/known-layouts'
import { type MessageState, messageStates } from '@shared/model/message'
import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { figureOf } from '@shared/model/sample'
import { ChevronDown, ChevronRight, Pause, Play } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Action, useActions } from '../../actions'
import { Badge } from '../../design/badge'
import { Button } from '../../design/button'
import { Dot } from '../../design/dot'
import { Figure } from '../../design/figure'
import { Menu } from '../../design/menu'
import { count } from '../../design/number-format'
import { Segmented } from '../../design/segmented'
import { Tabs } from '../../design/tabs'
import { useEnvironment, useFeed } from '../../stores/console'
import { go, type QueueView, queueParts } from '../../stores/route'
import { spaceWord, statesOf, stateWord } from '../layout-words'
import { ScreenHead } from '../screen-head'
import { useSpace } from '../space'
import { stateLook } from '../state-mark'
import { lookOf } from '../tier-mark'
import { useStale } from '../use-stale'
import { useWide } from '../use-wide'
import { ActsMenu } from './acts-menu'
import { ConsumerGroupsTab } from './consumer-groups-tab'
import { DetailsTab } from './details-tab'
import { GroupList } from './group-list'
import { MessageList } from './message-list'
import { PartTab, partWords } from './part-tab'
import { PeekBar } from './peek-bar'
import { useQueueActions } from './queue-actions'
import { QueueCharts } from './queue-charts'
import { DeadLetterLinks, RoutesLink } from './queue-links'
import { type Range, ranges } from './queue-series'
import { ScheduleList } from './schedule-list'
import { TailTab } from './tail-tab'
import { UnwatchedBar } from './unwatched-bar'
import { type QueueParts, useQueueParts } from './use-queue-parts'
import { WorkersTab } from './workers-tab'

export interface QueueScreenProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly state: QueueView
  readonly message: string | null
}

export function QueueScreen({ environmentId, queue, state: view, message }: QueueScreenProps) {
  const part = queueParts.find((candidate) => candidate === view) ?? null
  const state = messageStates.find((candidate) => candidate === view) ?? 'ready'
  const { environment } = useEnvironment(environmentId)
  const info = useFeed(environmentId, (feed) => feed.queues.get(queue))
  const [range, setRange] = useState<Range>('5m')
  const [folded, setFolded] = useState<boolean | null>(null)
  const space = useSpace(environmentId, queue)
  const actions = useQueueActions({ environmentId, queue, state })
  const layout = info?.layout ?? parseQueueKey(queue)?.layout
  const parts = useQueueParts({ environmentId, queue, layout, shown: part })
  const partsHere = parts.here
  const states = statesOf(layout)
  // Another turn takes the list of messages anew.
  const [turn, setTurn] = useState(0)
  const changed = () => setTurn((count) => count + 1)
  // An open message needs the room more than the charts do, unless somebody said otherwise.
  const wide = useWide()
  const narrow = message !== null && !wide
  const chartsFolded = folded ?? narrow
  const openState = (next: QueueView) => go({ at: 'queue', environmentId, queue, state: next, message: null })
  useActions([
    ...messageStates.map((candidate, index) => ({
      id: `state-${candidate}`,
      label: `Show ${stateWord(layout, candidate).toLowerCase()}`,
      group: 'Queue',
      keys: `shift+${index + 1}`,
      when: () => (states.includes(candidate) ? null : 'This system has no such state.'),
      perform: () => openState(candidate),
    })),
    ...queueParts.map((candidate, index) => ({
      id: `part-${candidate}`,
      label: `Show ${partWords[candidate].toLowerCase()}`,
      group: 'Queue',
      ...(messageStates.length + index < 9 && { keys: `shift+${messageStates.length + index + 1}` }),
      when: () => (partsHere.includes(candidate) ? null : `This queue has no ${partWords[candidate].toLowerCase()}.`),
      perform: () => openState(candidate),
    })),
    {
      id: 'charts',
      label: 'Fold or unfold the charts',
      group: 'Queue',
      keys: 'c',
      perform: () => setFolded(!chartsFolded),
    },
  ])
  return (
    <>
      <ScreenHead
        title={info?.name ?? parseQueueKey(queue)?.name ?? queue}
        detail={
          <span className="flex items-center gap-2">
            <span className="clip">
              {info?.product ?? (layout && layoutFacts[layout].product)} ·{' '}
              {space !== null && `${spaceWord(layout)} ${space} · `}
              {environment && lookOf(environment).word.toLowerCase()} {environment?.name}
            </span>
            {info?.paused && <Badge tone="amber">paused</Badge>}
            {info && !narrow && <DeadLetterLinks environmentId={environmentId} info={info} />}
            {layout === 'rabbitmq' && !narrow && <RoutesLink environmentId={environmentId} queue={queue} />}
          </span>
        }
      >
        {narrow ? (
          <>
            <ActionButton action={actions.replay} />
            <Menu
              align="end"
              label="Actions of the queue"
              trigger={<Button icon={<ChevronDown size={13} aria-hidden />}>Queue</Button>}
              entries={[actions.pause, actions.send, actions.purge].map((action) => ({
                id: action.id,
                label: action.label,
                keys: action.keys,
                why: action.when?.(),
                onChoose: action.perform,
              }))}
            />
          </>
        ) : (
          <>
            <ActionButton
              action={actions.pause}
              icon={info?.paused ? <Play size={13} aria-hidden /> : <Pause size={13} aria-hidden />}
            />
            <ActionButton action={actions.send} />
            <ActionButton action={actions.replay} />
            <ActionButton action={actions.purge} />
            <ActsMenu environmentId={environmentId} queue={queue} queueName={info?.name ?? queue} onDone={changed} />
          </>
        )}
      </ScreenHead>
      <UnwatchedBar environmentId={environmentId} queue={queue} />
      <div className="flex h-9 shrink-0 items-center gap-3 border-line border-b px-4">
        <button
          type="button"
          aria-expanded={!chartsFolded}
          onClick={() => setFolded(!chartsFolded)}
          className="-ml-1 flex items-center gap-1 rounded px-1 text-12 text-muted hover:text-ink"
        >
          {chartsFolded ? <ChevronRight size={13} aria-hidden /> : <ChevronDown size={13} aria-hidden />} Charts
        </button>
        {!chartsFolded && <Segmented label="Range" value={range} options={ranges} onChange={setRange} />}
        {info?.trouble && (
          <span className="clip text-12 text-red" title={info.trouble}>
            {info.trouble}
          </span>
        )}
      </div>
      {!chartsFolded && <QueueCharts environmentId={environmentId} queue={queue} range={range} />}
      <Tabs<QueueView>
        label="Messages by state"
        value={view}
        onChange={openState}
        tabs={[
          ...states.map((candidate) => ({
            value: candidate,
            label: (
              <StateTab
                environmentId={environmentId}
                queue={queue}
                state={candidate}
                narrow={narrow && partsHere.length > 0}
              />
            ),
          })),
          ...partsHere.map((candidate) => ({
            value: candidate,
            label: <PartTab part={candidate} parts={parts} narrow={narrow} />,
          })),
        ]}
      >
        {part !== null ? (
          <Part {...{ environmentId, queue, message, part, parts, range }} />
        ) : (
          <>
            <PeekBar environmentId={environmentId} queue={queue} onChange={changed} />
            <MessageList
              key={`${environmentId} ${queue} ${state} ${turn}`}
              environmentId={environmentId}
              queue={queue}
              state={state}
              message={message}
            />
          </>
        )}
      </Tabs>
    </>
  )
}

interface PartProps extends Pick<QueueScreenProps, 'environmentId' | 'queue' | 'message'> {
  readonly part: (typeof queueParts)[number]
  readonly parts: QueueParts
  readonly range: Range
}

function Part({ environmentId, queue, message, part, parts, range }: PartProps) {
  switch (part) {
    case 'groups':
      return <GroupList environmentId={environmentId} queue={queue} message={message} />
    case 'schedules':
      return <ScheduleList parts={parts} />
    case 'consumer-groups':
      return <ConsumerGroupsTab environmentId={environmentId} queue={queue} range={range} />
    case 'workers':
      return <WorkersTab environmentId={environmentId} queue={queue} />
    case 'details':
      return <DetailsTab environmentId={environmentId} queue={queue} />
    case 'tail':
      return <TailTab environmentId={environmentId} queue={queue} />
  }
}

function ActionButton({ action, icon }: { readonly action: Action; readonly icon?: ReactNode }) {
  return (
    <Button icon={icon} why={action.when?.()} onClick={action.perform}>
      {action.label}
    </Button>
  )
}

function StateTab({
  environmentId,
  queue,
  state,
  narrow,
}: Pick<QueueScreenProps, 'environmentId' | 'queue'> & { readonly state: MessageState; readonly narrow: boolean }) {
  const figure = useFeed(environmentId, (feed) => figureOf(feed.samples.get(queue), state))
  const layout = parseQueueKey(queue)?.layout
  const stale = useStale({ environmentId, queue })
  const { tone, shape } = stateLook[state]
  return (
    <>
      {!narrow && <Dot shape={shape} tone={tone} className="size-2" />}
      {stateWord(layout, state)}{' '}
      <Figure
        text={count(figure)}
        precision={layout ? precisionOf(layout, state) : 'unknown'}
        quiet={figure === 0}
        stale={stale !== null}
      />
    </>
  )
}
