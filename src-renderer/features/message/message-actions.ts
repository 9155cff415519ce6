import type { MessageDetail } from '@shared/model/message'
import type { QueueKey } from '@shared/model/queue'
import { phraseOf } from '@shared/model/replay-offer'
import { bytesOfBase64 } from '@shared/payload/base64'
import { strictUtf8 } from '@shared/payload/detect'
import { type Action, useActions } from '../../actions'
import { showNotice } from '../../design/toast'
import { askForPlan } from '../../stores/plan-request'
import { useAbilities } from '../use-abilities'

interface MessageActionsOptions {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly detail: MessageDetail
  readonly onEdit: () => void
}

/** What can be done to one message; everything that takes something away goes through the plan dialog. */
export function useMessageActions({ environmentId, queue, detail, onEdit }: MessageActionsOptions): readonly Action[] {
  const { may, replay: offer } = useAbilities({ environmentId, queue })
  const { summary, body } = detail
  const dead = summary.state === 'dead'
  const isOffered = offer.from.includes(summary.state)
  const text = body.kind === 'whole' ? strictUtf8(bytesOfBase64(body.base64)) : null
  const plan = (kind: 'replay' | 'discard') =>
    askForPlan({
      heading: phraseOf(kind === 'replay' ? offer.verb : 'Discard', summary.id),
      request: {
        environmentId,
        queue,
        selection: { kind: 'ids', state: summary.state, ids: [summary.id] },
        action: { kind },
      },
    })
  const replay: Action = {
    id: 'message-replay',
    label: `${offer.verb}…`,
    group: 'Message',
    keys: 'x',
    when: () => (isOffered ? may('replay') : 'Only a dead letter can be brought back.'),
    perform: () => plan('replay'),
  }
  const edit: Action = {
    id: 'message-edit',
    label: dead ? `Edit and ${offer.verb.toLowerCase()}…` : 'Edit…',
    group: 'Message',
    keys: 'e',
    when: () => editRefusal(detail, text) ?? may('edit'),
    perform: onEdit,
  }
  const discard: Action = {
    id: 'message-discard',
    label: 'Discard…',
    group: 'Message',
    when: () => (summary.state === 'leased' ? 'A worker holds it.' : may('discard')),
    perform: () => plan('discard'),
  }
  const copy: Action = {
    id: 'message-copy',
    label: 'Copy payload',
    group: 'Message',
    keys: 'y',
    when: () => (text === null ? 'Its payload is no text.' : null),
    perform: () => {
      void navigator.clipboard.writeText(text ?? '').then(
        () => showNotice({ title: 'Copied the payload, byte for byte' }),
        () => showNotice({ title: 'The clipboard refused it', tone: 'red' }),
      )
    },
  }
  const all = isOffered ? [replay, edit, discard, copy] : [edit, discard, copy]
  useActions(all)
  return all
}

function editRefusal({ summary, body }: MessageDetail, text: string | null): string | null {
  if (summary.state === 'leased') return 'A worker holds it.'
  if (summary.state === 'done') return 'It is done.'
  if (body.kind === 'withheld') return body.reason
  if (body.kind === 'missing') return body.reason
  return text === null ? 'Its bytes are not text: saving text would change them.' : null
}
