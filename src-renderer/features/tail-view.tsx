import type { TailedMessage } from '@shared/model/tail'
import { bytesOfBase64 } from '@shared/payload/base64'
import { visible } from '@shared/payload/visible'
import { Pause, Play } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { useActions } from '../actions'
import { Button } from '../design/button'
import { EmptyState } from '../design/empty-state'
import { bytes, count, plural } from '../design/number-format'
import { Time } from '../design/time'
import { linesKept, type OpenTail, TailKeeper } from './tail-keeper'
import { TroubleView } from './trouble-view'

/** What goes by, newest first. While it is held nothing moves; what arrives meanwhile is counted. `open` must stay the same. */
export function TailView({ open }: { readonly open: OpenTail }) {
  const [keeper] = useState(() => new TailKeeper())
  const { lines, held, behind, missed, trouble } = useStore(keeper.store)
  useEffect(() => {
    const ending = new AbortController()
    void keeper.follow(open, ending.signal)
    return () => ending.abort()
  }, [open, keeper])
  const hold = (next: boolean) => keeper.hold(next)
  useActions([
    {
      id: 'tail-hold',
      label: held ? 'Go on with the tail' : 'Hold the tail',
      group: 'Tail',
      keys: 'space',
      perform: () => hold(!held),
    },
  ])
  if (trouble) return <TroubleView trouble={trouble} />
  return (
    <>
      <div className="flex h-9 shrink-0 items-center gap-3 border-line border-b px-4 text-12 text-muted">
        <Button
          small
          icon={held ? <Play size={12} aria-hidden /> : <Pause size={12} aria-hidden />}
          onClick={() => hold(!held)}
        >
          {held ? 'Go on' : 'Hold'}
        </Button>
        <span className="tabular">
          {held ? `${plural(behind, 'message')} waiting` : `newest first, the last ${count(linesKept)} are kept here`}
        </span>
        {missed > 0 && (
          <span className="tabular text-amber">
            {plural(missed, 'message')} went by faster than they could be shown
          </span>
        )}
      </div>
      {lines.length === 0 ? (
        <EmptyState title="Nothing has gone by yet">
          What is added from now on shows here as it comes. Looking takes nothing away.
        </EmptyState>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section aria-label="Tail" tabIndex={0} className="min-h-0 flex-1 overflow-auto">
          <ul>
            {lines.map(({ number, message }) => (
              <TailLine key={number} message={message} />
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function TailLine({ message }: { readonly message: TailedMessage }) {
  const text = new TextDecoder().decode(bytesOfBase64(message.base64))
  return (
    <li className="flex h-7 items-center gap-3 border-line border-b px-4">
      <span className="w-20 shrink-0 text-muted">
        <Time at={message.at} as="clock" />
      </span>
      {message.channel !== undefined && (
        <span className="clip w-48 shrink-0 font-medium text-12" title={visible(message.channel)}>
          {visible(message.channel)}
        </span>
      )}
      {message.id && <span className="w-40 shrink-0 font-mono text-12 text-muted">{visible(message.id)}</span>}
      <span className="clip min-w-0 flex-1 select-text font-mono text-12" title={visible(text.slice(0, 4_000))}>
        {visible(text.slice(0, 1_000))}
      </span>
      <span className="tabular shrink-0 text-12 text-faint">{bytes(message.bytes)}</span>
    </li>
  )
}
