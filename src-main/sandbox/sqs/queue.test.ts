import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../runtime/manual-clock'
import { Deque } from './deque'
import { Heap } from './heap'
import type { SqsMessage } from './message'
import { Queue } from './queue'
import { receiptHandle } from './receipt-handles'

const visibilityMs = 30_000

function queueOf(fifo: boolean, clock: ManualClock = manualClock(), mostInFlight = 1_000_000): Queue {
  const name = fifo ? 'q.fifo' : 'q'
  return new Queue({ name, arn: `arn:aws:sqs:us-east-1:0:${name}`, fifo, clock, mostInFlight }, new Map())
}

const send = (queue: Queue, body: string, group?: string) =>
  queue.send({
    body,
    attributes: new Map(),
    traceHeader: undefined,
    group,
    dedupId: queue.fifo ? body : undefined,
    delayMs: undefined,
  })

const receive = (queue: Queue, count = 10, forMs = visibilityMs) =>
  queue.receive({ count, visibilityMs: forMs, redrive: () => false })

const handle = (queue: Queue, { id, receipt }: SqsMessage) =>
  receiptHandle({ queueArn: queue.arn, messageId: id, number: receipt })

describe('a deque and a heap', () => {
  /** A number comes in; null takes one out. */
  const commands = fc.array(fc.option(fc.integer()), { maxLength: 5_000 })

  it('give back what an array would, the first and the least', () => {
    fc.assert(
      fc.property(commands, (steps) => {
        const deque = new Deque<number>()
        const heap = new Heap<number>()
        const line: number[] = []
        const sorted: number[] = []
        for (const step of steps) {
          if (step === null) {
            expect(deque.shift()).toBe(line.shift())
            expect(heap.pop()).toBe(sorted.shift())
          } else {
            deque.push(step)
            heap.push(step, step)
            line.push(step)
            sorted.push(step)
            sorted.sort((a, b) => a - b)
          }
          expect([deque.size, heap.size, deque.at(0), heap.first?.item]).toEqual([
            line.length,
            sorted.length,
            line[0],
            sorted[0],
          ])
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('a queue of 50,000 messages', () => {
  it.each([
    ['standard', false],
    ['FIFO', true],
  ])('is worked off without slowing down: %s', (_, fifo) => {
    const queue = queueOf(fifo)
    const count = 50_000
    for (let n = 0; n < count; n++) send(queue, String(n), fifo ? `g${n % 5_000}` : undefined)
    let done = 0
    for (let messages = receive(queue); messages.length > 0; messages = receive(queue)) {
      expect(queue.count('in flight')).toBe(messages.length)
      for (const message of messages) queue.delete(handle(queue, message))
      done += messages.length
    }
    expect(done).toBe(count)
    expect(queue.count('visible')).toBe(0)
  })

  it('lets all of them expire at once', async () => {
    const clock = manualClock()
    const queue = queueOf(false, clock)
    for (let n = 0; n < 50_000; n++) send(queue, String(n))
    await clock.advance(4 * 86_400_000)
    expect(queue.count('visible')).toBe(0)
    expect(receive(queue)).toEqual([])
  })
})

type Step =
  | { readonly kind: 'send'; readonly group: number }
  | { readonly kind: 'receive'; readonly count: number }
  | { readonly kind: 'delete' | 'show'; readonly pick: number }
  | { readonly kind: 'wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), group: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ kind: fc.constant('receive' as const), count: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'show' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: visibilityMs + 10 }) }),
)

describe('a FIFO queue', () => {
  it('never gives out a message while an earlier one of its group is hidden, and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const clock = manualClock()
        const queue = queueOf(true, clock)
        /** Bodies that are there, by group, in the order sent. */
        const alive = new Map<string, string[]>()
        const held = new Map<string, { readonly message: SqsMessage; readonly until: number }>()
        const isHeld = (body: string) => (held.get(body)?.until ?? 0) > clock.now()
        let sent = 0
        for (const each of steps) {
          if (each.kind === 'send') {
            const group = `g${each.group}`
            send(queue, String(sent), group)
            alive.set(group, [...(alive.get(group) ?? []), String(sent++)])
          } else if (each.kind === 'wait') await clock.advance(each.ms)
          else if (each.kind === 'receive') {
            const expected = [...alive.values()].map((bodies) => {
              const firstHeld = bodies.findIndex(isHeld)
              return firstHeld < 0 ? bodies : bodies.slice(0, firstHeld)
            })
            const free = expected.flat().length
            const messages = receive(queue, each.count)
            expect(messages).toHaveLength(Math.min(free, each.count))
            for (const bodies of expected) {
              const got = messages.map(({ body }) => body).filter((body) => bodies.includes(body))
              expect(got).toEqual(bodies.slice(0, got.length))
            }
            for (const message of messages) held.set(message.body, { message, until: clock.now() + visibilityMs })
          } else {
            const inHand = [...held].filter(([body]) => isHeld(body))
            const picked = inHand[each.pick % Math.max(inHand.length, 1)]
            if (!picked) continue
            const [body, { message }] = picked
            if (each.kind === 'show') queue.changeVisibility(handle(queue, message), 0)
            else {
              queue.delete(handle(queue, message))
              const group = message.group ?? ''
              alive.set(
                group,
                (alive.get(group) ?? []).filter((other) => other !== body),
              )
            }
            held.delete(body)
          }
          const total = [...alive.values()].flat()
          const hidden = total.filter(isHeld).length
          expect([queue.count('visible'), queue.count('in flight')]).toEqual([total.length - hidden, hidden])
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('what is in flight', () => {
  it('has a limit, which a standard queue tells and a FIFO queue does not', () => {
    const standard = queueOf(false, manualClock(), 3)
    const fifo = queueOf(true, manualClock(), 3)
    for (let n = 0; n < 5; n++) {
      send(standard, String(n))
      send(fifo, String(n), `g${n}`)
    }
    expect([receive(standard).length, receive(fifo).length]).toEqual([3, 3])
    expect(() => receive(standard)).toThrow(expect.objectContaining({ errorName: 'OverLimit' }))
    expect(receive(fifo)).toEqual([])
  })
})
