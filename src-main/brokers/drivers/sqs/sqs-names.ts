import { Failure } from '@shared/failure'

/** What an engine's queue is called at SQS, and where its dead letters go unless a redrive policy says otherwise. */
export interface SqsNames {
  readonly name: string
  readonly deadName: string
  readonly fifo: boolean
}

/** Source: CreateQueue. */
const longestName = 80
const suffix = '.fifo'
const deadMark = '-dead'

export const isFifoName = (queue: string): boolean => queue.endsWith(suffix)

/** Throws for a name that SQS would not take. */
export function sqsNames(queue: string, prefix: string): SqsNames {
  const fifo = isFifoName(queue)
  const stem = prefix + (fifo ? queue.slice(0, -suffix.length) : queue)
  const end = fifo ? suffix : ''
  const deadName = `${stem}${deadMark}${end}`
  if (!/^[A-Za-z0-9_-]+$/.test(stem))
    throw wrongName(queue, 'has letters, digits, hyphens and underscores, and may end with .fifo')
  if (stem.endsWith(deadMark)) throw wrongName(queue, `ends in "${deadMark}" for dead letters alone`)
  if (deadName.length > longestName)
    throw wrongName(queue, `has at most ${longestName} characters, with the room for "${deadMark}" behind it`)
  return { name: `${stem}${end}`, deadName, fifo }
}

const wrongName = (queue: string, rule: string) =>
  new Failure({
    code: 'bad-input',
    message: `"${queue.slice(0, 100)}" is no name for a queue on SQS: a name ${rule}.`,
    subject: queue.slice(0, 100),
  })
