import type { BrokerKind } from '@shared/model/environment'
import { useStore } from 'zustand'
import { Kbd } from '../../design/kbd'
import { useNow } from '../../design/now'
import { compact, plural, share } from '../../design/number-format'
import { duration } from '../../design/time-format'
import { Tooltip } from '../../design/tooltip'
import { connectionStore, useEnvironment, useFeed } from '../../stores/console'
import { openPanel } from '../../stores/panel'

export function StatusBar({ environmentId }: { readonly environmentId: string | null }) {
  return (
    <footer className="flex h-6 shrink-0 items-center gap-3 border-line border-t bg-surface px-3 text-12 text-muted">
      {environmentId === null ? <span className="flex-1" /> : <Facts environmentId={environmentId} />}
      <Wire />
      <button type="button" className="rounded px-1 hover:text-ink" onClick={() => openPanel('palette')}>
        <Kbd keys="mod+k" /> commands
      </button>
      <button type="button" className="rounded px-1 hover:text-ink" onClick={() => openPanel('shortcuts')}>
        <Kbd keys="?" /> shortcuts
      </button>
    </footer>
  )
}

function Facts({ environmentId }: { readonly environmentId: string }) {
  const { environment, state } = useEnvironment(environmentId)
  const queues = useFeed(environmentId, (feed) => (feed.phase === 'live' ? feed.keys.length : null))
  const now = useNow()
  if (!environment || !state) return <span className="flex-1" />
  const facts = [
    queues === null ? null : plural(queues, 'queue'),
    state.sampledAt === null
      ? null
      : `sampled ${duration(Math.max(0, Math.round((now - state.sampledAt) / 100) * 100))} ago, every ${duration(state.sampleEveryMs)}`,
    state.costShare === null || state.bill !== null
      ? null
      : `${share(state.costShare)} of this ${brokerWords[environment.kind]}`,
    state.bill === null
      ? null
      : `${plural(state.bill.requests, 'request')}, about ${compact(state.bill.perDay)} a day, $${state.bill.dollarsPerMonth.toFixed(2)} a month at this pace`,
    state.keysWalked === null ? null : `looking for queues, ${compact(state.keysWalked)} keys so far`,
  ].filter(Boolean)
  return (
    <div className="tabular flex min-w-0 flex-1 items-center gap-3">
      <span className="clip">{facts.join(' · ')}</span>
      {state.notices.length > 0 && (
        <Tooltip text={state.notices.join('\n')} side="top">
          <button
            type="button"
            className={`clip rounded px-1 ${environment.origin === 'sandbox' ? 'text-muted' : 'text-amber'}`}
          >
            {environment.origin === 'sandbox' ? '' : '! '}
            {state.notices.length === 1 ? state.notices[0] : plural(state.notices.length, 'notice')}
          </button>
        </Tooltip>
      )}
    </div>
  )
}

const brokerWords: Readonly<Record<BrokerKind, string>> = { redis: 'Redis', sqs: 'SQS', rabbitmq: 'RabbitMQ' }

function Wire() {
  const status = useStore(connectionStore, (state) => state.status)
  if (status === 'open') return null
  return (
    <span className="text-amber">
      {status === 'connecting' ? 'connecting to the console' : 'console not connected'}
    </span>
  )
}
