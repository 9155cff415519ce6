import type { Trouble } from '@shared/model/environment'
import type { MessageSummary } from '@shared/model/message'
import { useCallback, useEffect, useRef, useState } from 'react'
import { troubleOf } from '../stores/trouble'

/** Rows asked for at a time. */
export const pageSize = 100

export interface MessagePages<Item> {
  readonly items: readonly Item[]
  /** Of the moment the list was taken; null when nobody knows. */
  readonly total: number | null
  readonly phase: 'loading' | 'ready'
  readonly trouble: Trouble | null
  readonly takenAt: number
  readonly more: () => void
  /** Takes the list anew, from its top. */
  readonly reload: () => void
}

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
  readonly total: number | null
}

type AskPage<Item> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>

interface Identified {
  readonly id: string
}

interface Taken<Item> {
  readonly ask: AskPage<Item>
  readonly items: readonly Item[]
  readonly total: number | null
  readonly cursor: string | null
  readonly phase: 'loading' | 'ready'
  readonly trouble: Trouble | null
  readonly takenAt: number
}

const fresh = <Item>(ask: AskPage<Item>): Taken<Item> => ({
  ask,
  items: [],
  total: null,
  cursor: null,
  phase: 'loading',
  trouble: null,
  takenAt: Date.now(),
})

/**
 * A list as it stood when it was taken, page by page as it is scrolled: it never moves by itself. `ask` must be memoised;
 * another one is another list.
 */
export function useMessagePages<Item extends Identified = MessageSummary>(ask: AskPage<Item>): MessagePages<Item> {
  const [taken, setTaken] = useState(() => fresh(ask))
  const busy = useRef<AbortController | null>(null)

  const load = useCallback(
    (cursor: string | null) => {
      busy.current?.abort()
      const control = new AbortController()
      busy.current = control
      ask(cursor, control.signal)
        .then(
          (page) => !control.signal.aborted && setTaken((before) => joined(before, ask, cursor, page)),
          (error: unknown) =>
            !control.signal.aborted &&
            setTaken((before) => ({
              ...(before.ask === ask ? before : fresh(ask)),
              phase: 'ready',
              trouble: troubleOf(error),
            })),
        )
        .finally(() => {
          if (busy.current === control) busy.current = null
        })
    },
    [ask],
  )
  useEffect(() => {
    load(null)
    return () => {
      busy.current?.abort()
      busy.current = null
    }
  }, [load])

  const shown = taken.ask === ask ? taken : fresh(ask)
  const { cursor } = shown
  const more = useCallback(() => {
    if (cursor !== null && busy.current === null) load(cursor)
  }, [cursor, load])
  const reload = useCallback(() => load(null), [load])
  return { ...shown, more, reload }
}

/** The page behind what is there, or in place of it; a message that moved between two pages is shown once. */
export function joined<Item extends Identified>(
  before: Taken<Item>,
  ask: AskPage<Item>,
  cursor: string | null,
  page: Page<Item>,
): Taken<Item> {
  const first = cursor === null
  const kept = first ? [] : before.items
  const known = new Set(kept.map((item) => item.id))
  return {
    ask,
    items: [...kept, ...page.items.filter((item) => !known.has(item.id))],
    total: page.total ?? (first ? null : before.total),
    cursor: page.nextCursor,
    phase: 'ready',
    trouble: null,
    takenAt: first ? Date.now() : before.takenAt,
  }
}
