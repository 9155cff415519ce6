import type { QueueKey } from '@shared/model/queue'
import { ChevronDown } from 'lucide-react'
import { useCallback } from 'react'
import { Button } from '../../design/button'
import { Menu } from '../../design/menu'
import { askForAct } from '../../stores/act-request'
import { useConsole } from '../../stores/console'
import { useAnswer } from '../use-answer'

interface ActsMenuProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly queueName: string
  readonly onDone: () => void
}

/** What this system offers beyond replay, discard and purge; absent where it offers nothing. */
export function ActsMenu({ environmentId, queue, queueName, onDone }: ActsMenuProps) {
  const { client } = useConsole()
  const ask = useCallback(
    (signal: AbortSignal) => client.acts.list({ environmentId, queue }, { signal }),
    [client, environmentId, queue],
  )
  const { value, reload } = useAnswer(ask)
  if (!value || value.length === 0) return null
  return (
    <Menu
      align="end"
      label="More that this system offers"
      trigger={<Button icon={<ChevronDown size={13} aria-hidden />}>More</Button>}
      entries={value.map((offer) => ({
        id: offer.id,
        label: `${offer.label}…`,
        why: offer.refusal,
        danger: offer.destructive,
        onChoose: () =>
          askForAct({
            environmentId,
            queue,
            queueName,
            offer,
            onDone: () => {
              reload()
              onDone()
            },
          }),
      }))}
    />
  )
}
