import { randomUUID } from 'node:crypto'
import type { Clock } from '../../runtime/clock'
import { SqsError } from './errors'
import type { Queue } from './queue'
import { contentOf } from './redrive'

export type MoveStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED'

export interface MoveTask {
  readonly id: string
  readonly sourceArn: string
  readonly destinationArn: string | undefined
  readonly perSecond: number | undefined
  readonly toMove: number
  readonly startedAt: number
  status: MoveStatus
  moved: number
  failure: string | undefined
}

/** What the service chooses when no rate is given is its own affair; here it is this. */
const ownRatePerSecond = 500
const stepMs = 100
const remembered = 10

/** Moves messages out of dead-letter queues, at a rate, one task per source at a time. */
export class MoveTasks {
  private readonly bySource = new Map<string, MoveTask[]>()

  constructor(
    private readonly clock: Clock,
    private readonly findQueue: (arn: string) => Queue | undefined,
  ) {}

  start(source: Queue, options: { readonly destinationArn?: string; readonly perSecond?: number }): MoveTask {
    const tasks = this.bySource.get(source.arn) ?? []
    if (tasks[0]?.status === 'RUNNING')
      throw new SqsError(
        'InvalidParameterValue',
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      )
    const task: MoveTask = {
      id: randomUUID(),
      sourceArn: source.arn,
      destinationArn: options.destinationArn,
      perSecond: options.perSecond,
      toMove: source.count('visible'),
      startedAt: this.clock.now(),
      status: 'RUNNING',
      moved: 0,
      failure: undefined,
    }
    this.bySource.set(source.arn, [task, ...tasks].slice(0, remembered))
    this.step(task, source, 0)
    return task
  }

  /** The latest first. */
  list(sourceArn: string): readonly MoveTask[] {
    return this.bySource.get(sourceArn) ?? []
  }

  cancel(sourceArn: string, id: string): MoveTask {
    const task = this.list(sourceArn).find((each) => each.id === id)
    if (!task) throw new SqsError('ResourceNotFoundException', 'Task does not exist.')
    if (task.status !== 'RUNNING')
      throw new SqsError('UnsupportedOperation', `A message move task of status ${task.status} cannot be cancelled.`)
    task.status = 'CANCELLED'
    return task
  }

  stop(): void {
    for (const task of [...this.bySource.values()].flat()) if (task.status === 'RUNNING') task.status = 'CANCELLED'
  }

  /** `due` is how many more may go by the rate, in fractions. */
  private step(task: MoveTask, source: Queue, due: number): void {
    const rate = task.perSecond ?? ownRatePerSecond
    const waitMs = Math.max(stepMs, 1_000 / rate)
    this.clock.after(waitMs, () => {
      let left = due + (rate * waitMs) / 1_000
      while (left >= 1 && task.status === 'RUNNING') {
        this.moveOne(task, source)
        left--
      }
      if (task.status === 'RUNNING') this.step(task, source, left)
    })
  }

  private moveOne(task: MoveTask, source: Queue): void {
    if (task.moved >= task.toMove) {
      task.status = 'COMPLETED'
      return
    }
    const outcome = source.moveNext((message) => {
      const arn = task.destinationArn ?? message.deadLetterSource
      const target = arn === undefined ? undefined : this.findQueue(arn)
      if (!target) {
        task.failure = arn === undefined ? 'CouldNotDetermineMessageSource' : 'AWS.SimpleQueueService.NonExistentQueue'
        return false
      }
      // A new message for its queue: another id, and retention from now.
      target.accept({ ...contentOf(message), dedupId: target.fifo ? randomUUID() : undefined }, {})
      return true
    })
    if (outcome === 'moved') task.moved++
    if (outcome === 'stays') task.status = 'FAILED'
    else if (outcome === 'empty' || task.moved === task.toMove) task.status = 'COMPLETED'
  }
}
