import type { Ability } from '@shared/model/capability'
import type { MessageState, Selection } from '@shared/model/message'
import { parseQueueKey, type QueueKey } from '@shared/model/queue'
import { phraseOf } from '@shared/model/replay-offer'
import { figureOf } from '@shared/model/sample'
import { type Action, useActions } from '../../actions'
import { count } from '../../design/number-format'
import { showNotice } from '../../design/toast'
import { useConsole, useEnvironment, useFeed } from '../../stores/console'
import { askForPlan } from '../../stores/plan-request'
import { go } from '../../stores/route'
import { troubleOf } from '../../stores/trouble'
import { askForUnlock } from '../../stores/unlock-request'
import { itemWord, stateWord } from '../layout-words'
import { useAbilities } from '../use-abilities'
import { writeRefusal } from '../write-refusal'

interface QueueRef {
  readonly environmentId: string
  readonly queue: QueueKey
}

/** What can be done to a queue as a whole, each with why not when it cannot. Buttons, palette and keys read the same records. */
export function useQueueActions({ environmentId, queue, state }: QueueRef & { readonly state: MessageState }) {
  const { client, preferences } = useConsole()
  const standing = useEnvironment(environmentId)
  const name = useFeed(environmentId, (feed) => feed.queues.get(queue)?.name ?? queue)
  const paused = useFeed(environmentId, (feed) => feed.queues.get(queue)?.paused ?? null)
  const inState = useFeed(environmentId, (feed) => figureOf(feed.samples.get(queue), state))
  const { may, replay: offer } = useAbilities({ environmentId, queue })
  const from = offer.from.find((each) => each === state) ?? offer.from[0] ?? 'dead'
  const there = useFeed(environmentId, (feed) => figureOf(feed.samples.get(queue), from))
  const locked = standing.state?.readOnly ?? false
  const refused = locked ? null : writeRefusal(standing)
  const why = (ability: Ability) => refused ?? may(ability)
  const change = async (verb: 'pause' | 'resume') => {
    try {
      await client.queues[verb]({ environmentId, queue })
      showNotice({ title: verb === 'pause' ? `Paused ${name}` : `Resumed ${name}` })
    } catch (error) {
      const { message, hint } = troubleOf(error)
      showNotice({ title: message, detail: hint, tone: 'red' })
    }
  }
  const none = (figure: number | null, words: string) => (figure === 0 ? words : null)
  const all = (of: MessageState): Selection => ({ kind: 'all', state: of, cause: null, except: [] })
  const layout = parseQueueKey(queue)?.layout
  const word = stateWord(layout, state).toLowerCase()
  const pause: Action = {
    id: 'queue-pause',
    label: paused ? 'Resume' : 'Pause',
    group: 'Queue',
    keys: 'shift+p',
    when: () => why('pause'),
    perform: () => {
      const go = () => void change(paused ? 'resume' : 'pause')
      if (locked) askForUnlock(environmentId, go)
      else go()
    },
  }
  const send: Action = {
    id: 'queue-send',
    label: 'Send…',
    group: 'Queue',
    keys: 'shift+s',
    when: () => may('send'),
    perform: () => go({ at: 'send', environmentId, queue }),
  }
  const replay: Action = {
    id: 'queue-replay',
    label: `${there ? phraseOf(offer.verb, count(there)) : offer.verb}…`,
    group: 'Queue',
    keys: 'shift+r',
    when: () => may('replay') ?? none(there, `None is ${stateWord(layout, from).toLowerCase()}.`),
    perform: () =>
      askForPlan({
        heading: phraseOf(offer.verb, `all ${stateWord(layout, from).toLowerCase()} ${itemWord(layout, 2)} of ${name}`),
        request: { environmentId, queue, selection: all(from), action: { kind: 'replay' } },
      }),
  }
  const purge: Action = {
    id: 'queue-purge',
    label: `Purge ${word}…`,
    group: 'Queue',
    when: () => may('purge') ?? none(inState, `Nothing is ${word} here.`),
    perform: () =>
      askForPlan({
        heading: `Purge what is ${word} in ${name}`,
        request: { environmentId, queue, selection: all(state), action: { kind: 'purge' } },
      }),
  }
  const pin: Action = {
    id: 'queue-pin',
    label: 'Pin or unpin this queue',
    group: 'Queue',
    keys: 'p',
    perform: () => preferences.togglePin(environmentId, queue),
  }
  useActions([pause, send, replay, purge, pin])
  return { pause, send, replay, purge }
}
