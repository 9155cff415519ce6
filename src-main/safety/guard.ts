import { join } from 'node:path'
import { Failure } from '@shared/failure'
import type { Ability, Capability } from '@shared/model/capability'
import type { Environment } from '@shared/model/environment'
import type { CommitRequest, Plan, PlanAction, PlanRequest, Run } from '@shared/model/plan'
import { parseQueueKey, type QueueAddress } from '@shared/model/queue'
import { replayOfferOf } from '@shared/model/replay-offer'
import type { Mark } from '@shared/model/sample'
import type { Sessions } from '../brokers/sessions'
import type { Clock } from '../runtime/clock'
import type { Log } from '../runtime/log'
import type { Environments } from '../storage/environments'
import type { Access } from './access'
import { Archive } from './archive'
import type { Audit } from './audit'
import { markOf, newRun } from './new-run'
import { describePlan, digestOf, keepMs, type Survey, samplesOf, surveySelection, titleOf } from './plan'
import { RunStore, type StoredRun } from './run-store'
import { RunTask } from './run-task'
import { Tickets } from './tickets'

export interface GuardOptions {
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  readonly environments: Environments
  readonly sessions: Sessions
  readonly access: Access
  readonly audit: Audit
  readonly mark: (environmentId: string, queue: string, mark: Mark) => void
}

interface Prepared {
  readonly request: PlanRequest
  readonly identity: string
  readonly digest: string
  readonly survey: Survey
  readonly verb: string
}

/** A selection may grow or shrink by this share between plan and commit; more, and the plan is void. */
const drift = 0.1

/**
 * The one gate before anything is taken away: plan (looks only), ticket, archive, bounded batches, audit, undo. Handlers and
 * screens hold none of these steps, so none can forget one.
 */
export class Guard {
  private readonly tickets: Tickets<Prepared>
  private readonly tasks = new Map<string, RunTask>()
  private readonly finishing = new Set<Promise<void>>()
  private readonly listeners = new Set<() => void>()
  private readonly ending = new AbortController()
  private runs: readonly StoredRun[] = []

  private constructor(
    private readonly options: GuardOptions,
    private readonly archive: Archive,
    private readonly store: RunStore,
  ) {
    this.tickets = new Tickets(options.clock)
  }

  static async open(options: GuardOptions): Promise<Guard> {
    const folder = join(options.folder, 'archive')
    const archive = new Archive(folder)
    await archive.expire(options.clock.now(), keepMs)
    const guard = new Guard(options, archive, new RunStore(folder))
    guard.runs = await guard.store.load()
    return guard
  }

  /** Running ones and the last 200, newest first. */
  list(): readonly Run[] {
    return this.runs.map(({ editedDigest: _editedDigest, ...run }) => run)
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Looks, counts and describes; changes nothing. */
  async prepare(request: PlanRequest): Promise<Plan> {
    const { environment, queue } = this.resolve(request)
    const remedies = this.options.sessions.layout(environment.id, queue.layout)
    const undoing = this.undoneBy(request)
    const survey = await this.survey(request, queue, undoing)
    const samples = await samplesOf(remedies, queue, request, survey)
    const identity = this.options.sessions.identity(environment.id)
    const digest = digestOf(identity, request, survey)
    const capability = await this.capability(request.action, queue, environment)
    const { verb } = replayOfferOf(queue.layout, request.action.kind === 'replay' ? capability : undefined)
    const readOnly = this.options.access.isReadOnly(environment)
    const described = describePlan(
      { request, environment, queue, survey, samples, digest, capability, verb, readOnly, undoing },
      this.options.clock.now(),
    )
    return { ...described, ...this.tickets.issue({ request, identity, digest, survey, verb }) }
  }

  /** Spends the ticket and starts the run. Throws a Failure, with nothing done, when anything stands in the way. */
  async commit(commit: CommitRequest): Promise<Run> {
    const prepared = this.tickets.look(commit.ticket)
    const { request } = prepared
    const { environment, queue } = this.resolve(request)
    this.options.access.assertWritable(environment)
    if (environment.effectiveTier === 'production' && commit.typedName !== queue.name) {
      throw new Failure({ code: 'confirmation', message: `Type ${queue.name} to go on.`, subject: 'typedName' })
    }
    await this.assertUnchanged(prepared, queue, environment)
    this.tickets.spend(commit.ticket)
    return await this.start(prepared, commit, environment, queue)
  }

  pause(runId: string): Run {
    return this.withTask(runId, (task) => task.pause())
  }

  resume(runId: string): Run {
    return this.withTask(runId, (task) => task.resume())
  }

  stop(runId: string): Run {
    return this.withTask(runId, (task) => task.stop())
  }

  /** Stops what runs after its batch, and resolves when what came of it is written down. */
  async close(): Promise<void> {
    this.ending.abort()
    for (const task of this.tasks.values()) task.stop()
    await Promise.all(this.finishing)
  }

  private async start(
    prepared: Prepared,
    commit: CommitRequest,
    environment: Environment,
    queue: QueueAddress,
  ): Promise<Run> {
    const { request, survey, digest, verb } = prepared
    const { clock, audit, sessions } = this.options
    const undoing = this.undoneBy(request)
    const title = titleOf({ kind: request.action.kind, count: survey.count, queue, verb, undoing })
    const run = newRun(
      { request, environment, queue, title, planned: survey.count, reason: commit.reason },
      clock.now(),
    )
    await audit.record({
      event: 'commit',
      environment: environment.name,
      queue: queue.name,
      summary: run.title,
      runId: run.id,
      detail: { planned: survey.count, digest, reason: commit.reason, tier: environment.effectiveTier },
    })
    await this.store.save(run)
    const task = new RunTask({
      run,
      action: request.action,
      selection: request.selection,
      commit,
      queue,
      undoing,
      archive: this.archive,
      clock,
      remedies: () => sessions.layout(environment.id, queue.layout),
      onChange: (changed) => this.put(changed),
      onBatch: (changed) => this.store.save(changed),
    })
    this.tasks.set(run.id, task)
    this.put(run)
    this.options.mark(environment.id, request.queue, markOf(run))
    const finishing = this.finish(task, undoing).finally(() => this.finishing.delete(finishing))
    this.finishing.add(finishing)
    return run
  }

  /** Runs to the end in the background, then writes down what came of it. */
  private async finish(task: RunTask, undoing: StoredRun | undefined): Promise<void> {
    await task.execute().catch((error: unknown) => this.options.log.error('a run ended by a bug', error))
    const run = task.state
    if (undoing && run.done > 0) await this.markUndone(undoing, run)
    await this.options.audit
      .record({
        event: 'finish',
        environment: run.environmentName,
        queue: run.queueName,
        summary: `${run.title}: ${run.phase}`,
        runId: run.id,
        detail: {
          archived: run.archived,
          done: run.done,
          skipped: run.skipped,
          failed: run.failed,
          unknown: run.unknown,
          note: run.note,
        },
      })
      .catch((error: unknown) => this.options.log.error('the audit could not be written', error))
    task.conclude()
    const save = () =>
      this.store.save(task.state).catch((error: unknown) => this.options.log.error('a run could not be saved', error))
    await save()
    await task.follow(this.ending.signal)
    this.tasks.delete(run.id)
    if (task.state !== run) await save()
  }

  private async markUndone(undone: StoredRun, by: StoredRun): Promise<void> {
    const marked = { ...undone, undoneBy: by.id }
    this.put(marked)
    await this.store.save(marked).catch((error: unknown) => this.options.log.error('a run could not be saved', error))
  }

  private async survey(request: PlanRequest, queue: QueueAddress, undoing: StoredRun | undefined): Promise<Survey> {
    if (undoing)
      return { count: undoing.done + undoing.unknown, bytes: (await this.archive.verify(undoing.id)).bytes, rows: [] }
    if (!request.selection)
      throw new Failure({ code: 'bad-input', message: 'Say which messages.', subject: 'selection' })
    return await surveySelection(
      this.options.sessions.layout(request.environmentId, queue.layout),
      queue,
      request.selection,
    )
  }

  private async assertUnchanged(prepared: Prepared, queue: QueueAddress, environment: Environment): Promise<void> {
    const { request } = prepared
    if (this.options.sessions.identity(environment.id) !== prepared.identity) {
      throw new Failure({
        code: 'ticket',
        message: 'The broker restarted or failed over since this plan.',
        hint: 'Look at a fresh plan.',
      })
    }
    const undoing = this.undoneBy(request)
    const now = await this.survey(request, queue, undoing)
    if (now.count === 0 || Math.abs(now.count - prepared.survey.count) > prepared.survey.count * drift) {
      throw new Failure({
        code: 'changed',
        message: `The selection changed since the preview: ${prepared.survey.count} then, ${now.count} now.`,
        hint: 'Look at a fresh plan.',
      })
    }
    const capability = await this.capability(request.action, queue, environment)
    if (capability.answer === 'no' || capability.answer === 'unknown')
      throw new Failure({ code: 'unsupported', message: capability.reason })
    if (undoing?.undoneBy) throw new Failure({ code: 'conflict', message: 'This run was undone already.' })
  }

  private async capability(action: PlanAction, queue: QueueAddress, environment: Environment): Promise<Capability> {
    const capabilities = await this.options.sessions.layout(environment.id, queue.layout).capabilities(queue)
    return capabilities[abilityOf(action)]
  }

  private undoneBy(request: PlanRequest): StoredRun | undefined {
    const { action } = request
    if (action.kind !== 'undo') return undefined
    const run = this.runs.find(({ id }) => id === action.runId)
    if (!run)
      throw new Failure({ code: 'not-found', message: 'This run is not known here any more.', subject: action.runId })
    if (run.environmentId !== request.environmentId || run.queue !== request.queue) {
      throw new Failure({ code: 'bad-input', message: 'This run belongs to another queue.', subject: 'queue' })
    }
    return run
  }

  private resolve(request: PlanRequest): { environment: Environment; queue: QueueAddress } {
    const environment = this.options.environments.get(request.environmentId)
    const queue = parseQueueKey(request.queue)
    if (!queue) throw new Failure({ code: 'bad-input', message: 'This is not a queue’s key.', subject: 'queue' })
    return { environment, queue }
  }

  private withTask(runId: string, act: (task: RunTask) => void): Run {
    const task = this.tasks.get(runId)
    if (!task || task.isOver) throw new Failure({ code: 'gone', message: 'This run has ended.', subject: runId })
    act(task)
    return task.state
  }

  private put(run: StoredRun): void {
    const others = this.runs.filter(({ id }) => id !== run.id)
    this.runs = [run, ...others].sort((a, b) => b.startedAt - a.startedAt).slice(0, 200)
    for (const listener of this.listeners) listener()
  }
}

function abilityOf(action: PlanAction): Ability {
  switch (action.kind) {
    case 'replay':
    case 'edit':
    case 'discard':
    case 'purge':
      return action.kind
    case 'undo':
      return 'restore'
  }
}
