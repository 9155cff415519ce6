import { Failure, isFailure } from '@shared/failure'
import type { EnqueueOutcome, NewMessage } from '../../driver-messages'
import { mostBatchBytes } from './batches'
import { textOfBody } from './body-text'
import { firstHop } from './delays'
import { groupSent, printable } from './groups'
import type { KnownQueue } from './known-queues'
import { lay, sortAttributes } from './layout'
import { delayOf, type EnqueueTerms, nameOf, refusalOf } from './refusals'
import { isOfWholeCall, type Outgoing, sendAll } from './sending'
import type { SentBefore } from './sent-before'
import type { SqsContext } from './sqs-context'

/** One by one: what is refused here is not sent, and the rest is. Thrown only when nothing at all could be done. */
export async function enqueueAll(
  { line }: SqsContext,
  before: SentBefore,
  known: KnownQueue,
  messages: readonly NewMessage[],
  terms: EnqueueTerms,
): Promise<readonly EnqueueOutcome[]> {
  const checked = messages.map((message, place) => outgoingOf(message, place, known, terms))
  const outgoing = checked.flatMap((each) => (isFailure(each) ? [] : [each]))
  const sent = await sendAll(line, known, outgoing)
  const [first] = sent
  if (first && 'failure' in first && sent.length === messages.length && sent.every(isOfWholeCall)) throw first.failure
  let next = 0
  return checked.map((each): EnqueueOutcome => {
    if (isFailure(each)) return { outcome: 'failed', failure: each }
    const outcome = sent[next++]!
    return 'failure' in outcome
      ? { outcome: 'failed', failure: outcome.failure }
      : before.outcomeOf(terms.queue, each.dedupId, outcome.messageId, terms.now)
  })
}

/** Checks a message by what the engine's seam and SQS say, and lays it out. */
function outgoingOf(message: NewMessage, place: number, known: KnownQueue, terms: EnqueueTerms): Outgoing | Failure {
  const refusal = refusalOf(message, place, terms)
  if (refusal) return refusal
  const { text, encoding } = textOfBody(message.body)
  const { native, more } = sortAttributes(message.attributes ?? {})
  const { delaySeconds, due } = firstHop(delayOf(message, terms), terms.now, known.retentionMs)
  const group = groupSent(message.group, known.fifo)
  const laid = lay(text, native, {
    ...(encoding === undefined ? {} : { enc: encoding }),
    ...(message.maxAttempts === undefined ? {} : { max: message.maxAttempts }),
    ...(due === undefined ? {} : { due }),
    more,
    ...(group.written === undefined ? {} : { group: group.written }),
  })
  const mostBytes = Math.min(known.mostBytes, mostBatchBytes)
  if (laid.bytes > mostBytes)
    return new Failure({
      code: 'too-large',
      message: `${nameOf(place, terms)} has ${laid.bytes} bytes with its attributes; this queue takes ${mostBytes}.`,
      hint: 'Keep large payloads elsewhere, and send where they are.',
      subject: terms.queue,
    })
  return {
    laid,
    delaySeconds,
    groupId: group.id,
    ...(message.dedup === undefined ? {} : { dedupId: printable(message.dedup.key, 'd-') }),
  }
}
