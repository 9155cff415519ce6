import type { Trouble } from '@shared/model/environment'
import { layoutFacts } from '@shared/model/known-layouts'
import { layoutParts } from '@shared/model/layout-facts'
import type { Layout, QueueKey } from '@shared/model/queue'
import type { QueueSchedule } from '@shared/model/schedule'
import { useCallback, useEffect, useRef } from 'react'
import { useConsole } from '../../stores/console'
import { type QueuePart, queueParts } from '../../stores/route'
import { useAnswer } from '../use-answer'

/** What a queue has besides messages. Groups and schedules are null where it has none, or its layout cannot say. */
export interface QueueParts {
  /** `count` null: more than were counted. */
  readonly groups: { readonly count: number | null } | null
  readonly schedules: { readonly list: readonly QueueSchedule[]; readonly takenAt: number } | null
  /** The parts that have something to show, in the order of their tabs. */
  readonly here: readonly QueuePart[]
  readonly isKnown: boolean
  readonly trouble: Trouble | null
  readonly reload: () => void
}

interface QueuePartsOptions {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly layout: Layout | undefined
  /** The part in sight, which is asked for more often. */
  readonly shown: QueuePart | null
}

const shownEveryMs = 3_000
const hiddenEveryMs = 15_000

/** Asks while the queue is open. What it had once stays, so that no tab goes away under the pointer. */
export function useQueueParts({ environmentId, queue, layout, shown }: QueuePartsOptions): QueueParts {
  const { client } = useConsole()
  const ask = useCallback(
    async (signal: AbortSignal) => {
      const mayBeRead = layout && layoutFacts[layout].sometimes?.includes('consumer-groups')
      const [schedules, groups, readers] = await Promise.all([
        client.queues.schedules({ environmentId, queue }, { signal }),
        client.queues.groups({ environmentId, queue, cursor: null, limit: 1 }, { signal }),
        mayBeRead ? client.queues.consumerGroups({ environmentId, queue }, { signal }) : null,
      ])
      return { schedules, groups, readers, takenAt: Date.now() }
    },
    [client, environmentId, queue, layout],
  )
  const { value, trouble, reload } = useAnswer(ask)
  useEffect(() => {
    const timer = setInterval(reload, shown === 'schedules' ? shownEveryMs : hiddenEveryMs)
    return () => clearInterval(timer)
  }, [reload, shown])
  const seen = useRef({ groups: false, schedules: false, readers: false })
  if ((value?.groups?.items.length ?? 0) > 0) seen.current.groups = true
  if ((value?.schedules?.length ?? 0) > 0) seen.current.schedules = true
  if ((value?.readers?.length ?? 0) > 0) seen.current.readers = true
  const groups = value?.groups && seen.current.groups ? { count: value.groups.total } : null
  const schedules =
    value?.schedules && seen.current.schedules ? { list: value.schedules, takenAt: value.takenAt } : null
  const always = [
    ...(layout ? layoutFacts[layout].parts : []),
    ...(seen.current.readers ? (['consumer-groups'] as const) : []),
  ]
  const has = (part: QueuePart): boolean =>
    part === 'groups'
      ? groups !== null
      : part === 'schedules'
        ? schedules !== null
        : layoutParts.some((each) => each === part && always.includes(each))
  return {
    groups,
    schedules,
    here: queueParts.filter((part) => part === shown || has(part)),
    isKnown: value !== undefined,
    trouble,
    reload,
  }
}
