import { Failure, isFailure } from '@shared/failure'
import type { DeadLetterBox } from '../../driver'
import type { PageRequest, ReplayStep, StoredMessage, StoredPage } from '../../driver-messages'
import { bodyOfText } from './body-text'
import { copyToReplay } from './copies'
import { DeadPages } from './dead-pages'
import { groupTold } from './groups'
import { deleteAll } from './hiding'
import type { DeadQueue, KnownQueue } from './known-queues'
import { textAttributes } from './layout'
import { type MoveOutcome, moveAll } from './moving'
import { enqueuedAtOf, type Received } from './received'
import { scan } from './scanning'
import type { SqsContext } from './sqs-context'

interface Boxes {
  readonly queue: KnownQueue
  readonly dead: DeadQueue
}

/** The dead letters of a queue: what the engine buried, and what a redrive policy of the queue moved there. */
export class DeadLetters implements DeadLetterBox {
  private readonly pages: DeadPages

  constructor(private readonly context: SqsContext) {
    this.pages = new DeadPages(context)
  }

  async replayDead(
    queue: string,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep> {
    const boxes = await this.boxesOf(queue)
    if (!boxes) return { moved: 0, before: null }
    const stamp = before ?? String(this.context.leases.nextStamp())
    const { taken, whole } = await scan(this.context, {
      queue: boxes.dead,
      limit,
      wanted: (received) => isOf(boxes, received) && diedBy(received, stamp),
      take: (found) => this.replay(boxes, found),
    })
    return { moved: taken, before: whole ? null : stamp }
  }

  async replayIds(queue: string, ids: readonly string[]): Promise<readonly boolean[]> {
    const boxes = ids.length === 0 ? undefined : await this.boxesOf(queue)
    if (!boxes) return ids.map(() => false)
    const missing = new Set(ids)
    const replayed = new Set<string>()
    await scan(this.context, {
      queue: boxes.dead,
      limit: Number.MAX_SAFE_INTEGER,
      wanted: (received) => isOf(boxes, received) && missing.has(received.id),
      take: async (found) => {
        const gone = await this.replay(boxes, found)
        found.forEach(({ id }, index) => {
          if (!gone[index]) return
          missing.delete(id)
          replayed.add(id)
        })
        return gone
      },
      enough: () => missing.size === 0,
    })
    return ids.map((id) => replayed.delete(id))
  }

  async purge(
    queue: string,
    { before, limit }: { readonly before: string | null; readonly limit: number },
  ): Promise<ReplayStep> {
    const boxes = await this.boxesOf(queue)
    if (!boxes) return { moved: 0, before: null }
    const { dead } = boxes
    const stamp = before ?? String(this.context.leases.nextStamp())
    const { taken, whole } = await scan(this.context, {
      queue: dead,
      limit,
      wanted: (received) => isOf(boxes, received) && diedBy(received, stamp),
      take: async (found) =>
        (
          await deleteAll(
            this.context.line,
            dead,
            found.map(({ receipt }) => receipt),
          )
        ).map((outcome) => outcome === 'done'),
    })
    return { moved: taken, before: whole ? null : stamp }
  }

  /**
   * A page of dead letters. Each look is a receive: the page is hidden from everybody else until the last page is read, half a
   * minute passes or the driver closes. A dead-letter queue that has a redrive policy itself is not looked into.
   */
  async browse(queue: string, request: PageRequest): Promise<StoredPage> {
    if (request.state !== 'dead')
      throw new Failure({
        code: 'unsupported',
        message: `Of ${queue}, only dead letters can be looked at: to look at others is to receive them, and that is an attempt.`,
        subject: queue,
      })
    const boxes = await this.boxesOf(queue)
    if (!boxes) return { items: [], nextCursor: null }
    return this.pages.page(boxes.dead, request, {
      wanted: (received) => isOf(boxes, received),
      tell: (received) => storedOf(received, boxes.queue),
    })
  }

  close(): Promise<void> {
    return this.pages.close()
  }

  /** Undefined: there is no dead-letter queue, so nothing is in it. */
  private async boxesOf(queue: string): Promise<Boxes | undefined> {
    const { queues } = this.context
    const [own, dead] = await Promise.all([queues.get(queue), queues.deadIfThere(queue)])
    if (!dead) return undefined
    if (dead.redrive)
      throw new Failure({
        code: 'unsupported',
        message: `The dead letters of ${queue} are in ${dead.name}, which has a redrive policy of its own: to look at them could move them on.`,
        hint: 'Take the redrive policy off the dead-letter queue.',
        subject: queue,
      })
    return { queue: own, dead }
  }

  private async replay({ queue, dead }: Boxes, found: readonly Received[]): Promise<readonly boolean[]> {
    const now = this.context.clock.now()
    const outcomes: readonly MoveOutcome[] = await moveAll(
      this.context.line,
      { from: dead, to: queue },
      found.map((received) => ({ received, copy: copyToReplay(received, { queue, now }) })),
    )
    const failed = outcomes.find(isFailure)
    // Some may be on their way: those are told as moved, and the trouble comes again with the next step.
    if (failed && outcomes.every(isFailure)) throw failed
    return outcomes.map((outcome) => outcome === true)
  }
}

/** A dead-letter queue may serve several queues. */
const isOf = ({ queue, dead }: Boxes, { note, sourceArn }: Received): boolean => {
  if (note.from !== undefined) return note.from === queue.name
  return sourceArn === undefined ? dead.own : sourceArn === queue.arn
}

/** What a redrive policy moved here bears no stamp; it cannot have died again under the same copy, so it is old enough. */
const diedBy = ({ note }: Received, stamp: string): boolean => (note.died ?? 0) <= Number(stamp)

function storedOf(received: Received, { fifo }: KnownQueue): StoredMessage {
  const { note } = received
  return {
    id: received.id,
    ownId: null,
    group: groupTold(received.groupId, note.group, fifo),
    state: 'dead',
    body: bodyOfText({ text: received.text, encoding: note.enc }),
    attributes: textAttributes(received.native, note),
    priority: null,
    // Of what a redrive policy moved, all receives but this look; earlier looks cannot be told from attempts.
    attempts: note.attempts ?? Math.max((note.spent ?? 0) + received.receiveCount - 1, 0),
    maxAttempts: note.max ?? null,
    replays: note.replays ?? 0,
    enqueuedAt: enqueuedAtOf(received),
    dueAt: null,
    finishedAt:
      note.history?.findLast(({ event }) => event === 'died')?.at ?? (note.died === undefined ? null : received.sentAt),
    error: note.error ?? null,
    history: note.history ?? [],
    result: null,
    progress: null,
    logs: [],
    pendingChildren: 0,
  }
}
