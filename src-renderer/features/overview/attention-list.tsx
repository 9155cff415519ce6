import { useMemo, useRef } from 'react'
import { plural } from '../../design/number-format'
import { useConsole, useFeed } from '../../stores/console'
import { hrefOf } from '../../stores/route'
import { type Attention, attentionOf } from './attention'

const shownAtMost = 3

/** Sentences about what is wrong; not there when nothing is. While the table is touched it neither grows nor shrinks. */
export function AttentionList({ environmentId, held }: { readonly environmentId: string; readonly held: boolean }) {
  const { feeds } = useConsole()
  // Sentences need no more than one look in two seconds.
  const beat = useFeed(environmentId, (feed) => Math.floor((feed.at ?? 0) / 2000))
  // biome-ignore lint/correctness/useExhaustiveDependencies: the beat says when to look again
  const fresh = useMemo(() => attentionOf(feeds.of(environmentId).getState()), [feeds, environmentId, beat])
  const kept = useRef(fresh)
  if (!held) kept.current = fresh
  const shown = kept.current
  if (shown.length === 0) return null
  return (
    <section aria-label="What needs you" className="shrink-0 border-line border-b px-4 pt-2 pb-2.5">
      <h2 className="text-12 text-muted">{plural(shown.length, 'thing needs', 'things need')} you</h2>
      <ul>
        {shown.slice(0, shownAtMost).map((one) => (
          <Sentence key={one.queue} environmentId={environmentId} one={one} />
        ))}
      </ul>
      {shown.length > shownAtMost && (
        <p className="pl-5 text-12 text-faint">
          and {shown.length - shownAtMost} more, sort by Dead or Oldest to see them
        </p>
      )}
    </section>
  )
}

function Sentence({ environmentId, one }: { readonly environmentId: string; readonly one: Attention }) {
  const wrong = one.severity === 'wrong'
  const href =
    one.next === 'dead-letters'
      ? hrefOf({ at: 'queue', environmentId, queue: one.queue, state: 'dead', message: null })
      : hrefOf({ at: 'queue', environmentId, queue: one.queue, state: 'ready', message: null })
  return (
    <li className="flex h-6 items-center gap-2">
      <span className={`w-3 shrink-0 text-center font-bold ${wrong ? 'text-red' : 'text-amber'}`}>
        <span aria-hidden>{wrong ? '!' : '~'}</span>
        <span className="sr-only">{wrong ? 'Wrong: ' : 'Watch: '}</span>
      </span>
      <a href={href} className="clip max-w-64 shrink-0 font-medium hover:underline">
        {one.name}
      </a>
      <span className="clip tabular text-muted">{one.words}</span>
      <a href={href} aria-label={`Open ${one.name}`} className="ml-auto shrink-0 text-accent hover:underline">
        Open
      </a>
    </li>
  )
}
