import type { PeekPrice, PeekState } from '@shared/model/peek'
import type { QueueKey } from '@shared/model/queue'
import { Eye } from 'lucide-react'
import { useCallback, useState } from 'react'
import { useActions } from '../../actions'
import { Button } from '../../design/button'
import { Dialog } from '../../design/dialog'
import { Field } from '../../design/field'
import { NumberField } from '../../design/number-field'
import { count, plural } from '../../design/number-format'
import { Time } from '../../design/time'
import { showNotice } from '../../design/toast'
import { useConsole, useEnvironment } from '../../stores/console'
import { troubleOf } from '../../stores/trouble'
import { askForUnlock } from '../../stores/unlock-request'
import { useAnswer } from '../use-answer'

interface PeekBarProps {
  readonly environmentId: string
  readonly queue: QueueKey
  /** Something else was seen, or given back. */
  readonly onChange: () => void
}

const mostAtOnce = 1_000

/** Where looking costs something: what was seen and when, and the one way to see more, with its price first. */
export function PeekBar({ environmentId, queue, onChange }: PeekBarProps) {
  const { client } = useConsole()
  const { state: environment } = useEnvironment(environmentId)
  const ask = useCallback(
    (signal: AbortSignal) => client.peeks.price({ environmentId, queue }, { signal }),
    [client, environmentId, queue],
  )
  const { value, reload } = useAnswer(ask)
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const act = async (perform: () => Promise<unknown>) => {
    setBusy(true)
    try {
      await perform()
    } catch (error) {
      const { message, hint } = troubleOf(error)
      showNotice({ title: message, detail: hint, tone: 'red' })
    }
    setBusy(false)
    reload()
    onChange()
  }
  const open = () => {
    reload()
    if (environment?.readOnly && !free) askForUnlock(environmentId, () => setAsking(true))
    else setAsking(true)
  }
  const price = value?.price
  const free = price?.answer === 'priced' && price.free === true
  const refused = price?.answer === 'refused' ? `${price.reason} ${price.hint}` : null
  const why = busy ? 'It is on its way.' : refused
  useActions([
    {
      id: 'peek',
      label: free ? 'Look at messages…' : 'Look at messages, at their price…',
      group: 'Messages',
      keys: 'shift+l',
      when: () => (price ? why : 'Looking is free here.'),
      perform: open,
    },
  ])
  if (!value || !price) return null
  const { state } = value
  return (
    <div className="flex min-h-9 shrink-0 items-center gap-3 border-line border-b bg-surface px-4 py-1 text-12">
      <Eye size={13} aria-hidden className="shrink-0 text-muted" />
      <span role="status" className="min-w-0 flex-1 text-muted">
        {busy ? 'Looking…' : state ? <Seen state={state} /> : notSeen(refused, free)}
      </span>
      {state && state.held > 0 && (
        <Button
          small
          why={busy ? 'It is on its way.' : null}
          onClick={() => void act(() => client.peeks.release({ environmentId, queue }))}
        >
          Give back {count(state.held)}
        </Button>
      )}
      <Button small why={why} onClick={open}>
        {state ? 'Look again…' : 'Look at messages…'}
      </Button>
      {price.answer === 'priced' && (
        <PeekDialog
          open={asking}
          price={price}
          onClose={() => setAsking(false)}
          onPeek={(wanted) => {
            setAsking(false)
            void act(() => client.peeks.take({ environmentId, queue, count: wanted }))
          }}
        />
      )}
    </div>
  )
}

const notSeen = (why: string | null, free: boolean): string =>
  why ??
  (free
    ? 'Its latest messages can be read at no price: nothing is taken out.'
    : 'Here, to look at messages is to receive them. Nothing is looked at until you say so.')

function Seen({ state }: { readonly state: PeekState }) {
  return (
    <>
      {plural(state.seen, 'message')} as seen <Time at={state.takenAt} />
      {state.held > 0 && state.heldUntil !== null && (
        <>
          , hidden from consumers until <Time at={state.heldUntil} as="clock" />
        </>
      )}
      {state.note && ` · ${state.note}`}
    </>
  )
}

interface PeekDialogProps {
  readonly open: boolean
  readonly price: Extract<PeekPrice, { answer: 'priced' }>
  readonly onClose: () => void
  readonly onPeek: (count: number) => void
}

function PeekDialog({ open, price, onClose, onPeek }: PeekDialogProps) {
  const [wanted, setWanted] = useState<number | null>(10)
  const bound = Math.max(1, Math.min(mostAtOnce, price.available ?? mostAtOnce))
  const why = wanted === null || wanted < 1 || wanted > mostAtOnce ? `Between 1 and ${count(mostAtOnce)}.` : null
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Look at messages"
      description={price.free ? 'The latest ones. What it costs:' : 'To look is to receive here. What it costs:'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" why={why} onClick={() => onPeek(wanted ?? 1)}>
            Look at {count(wanted ?? 0)}
          </Button>
        </>
      }
    >
      <ul className="mb-3 list-disc pl-5">
        {price.price.map((words) => (
          <li key={words}>{words}</li>
        ))}
        {price.remainingReceives !== null && (
          <li>{plural(price.remainingReceives, 'receive')} left before a message goes to the dead letters.</li>
        )}
      </ul>
      <Field
        label="How many at most"
        hint={
          price.available === null
            ? 'How many are there is not known.'
            : `about ${count(price.available)} ${price.available === 1 ? 'is' : 'are'} there`
        }
      >
        <NumberField value={wanted} min={1} max={bound} onChange={setWanted} />
      </Field>
    </Dialog>
  )
}
