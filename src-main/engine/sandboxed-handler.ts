import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure } from '@shared/failure'
import type { MessageError } from '@shared/model/message'
import { type Clock, pause } from '../runtime/clock'
import { errorOf } from './error-record'
import type { Message } from './message'
import { UnrecoverableError } from './outcome'
import { type Sandbox, type SandboxKind, startSandbox } from './sandbox'
import type { FromSandbox, SandboxedFields } from './sandbox-wire'

/** A handler that runs apart from the worker, so that it can neither block nor crash it. */
export interface HandlerFile {
  /** A module whose default export, or export named "handler", is the handler. */
  readonly file: string | URL
  /** 'thread' (default): starts in milliseconds. 'process': also survives what takes a whole process down, like a native crash. */
  readonly kind?: SandboxKind
}

/** The thread or process ended in the middle of the attempt. */
export class SandboxCrashError extends Error {
  override readonly name = 'SandboxCrashError'
}

/** How long a handler whose signal was aborted may take to end by itself. */
const graceMs = 1_000

/** A sandbox, and who is to hear of it now. */
interface Seat {
  readonly sandbox: Sandbox
  alive: boolean
  hear: (answer: FromSandbox) => void
  crashed: (how: string) => void
}

/**
 * Runs each message in a sandbox of its own, one at a time in each; sandboxes are kept for the next message. One that
 * crashes fails its attempt and is replaced; one whose message was taken away is ended.
 */
export class SandboxedHandler {
  private readonly free: Seat[] = []
  private readonly all = new Set<Seat>()
  private readonly module: string
  private readonly kind: SandboxKind
  private closed = false

  constructor(
    { file, kind = 'thread' }: HandlerFile,
    private readonly clock: Clock,
    /** The worker has checked the payload: what the schema made of it goes along. */
    private readonly sendsData: boolean,
  ) {
    this.module = addressOf(file)
    this.kind = kind
  }

  readonly run = (message: Message): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { signal } = message
      if (this.closed || signal.aborted) {
        reject(signal.reason ?? new SandboxCrashError('The sandbox is closed.'))
        return
      }
      const seat = this.free.pop() ?? this.start()
      const abort = () => {
        this.takeAway(seat, errorOf(signal.reason))
        reject(signal.reason)
      }
      const done = () => {
        signal.removeEventListener('abort', abort)
        if (seat.alive) this.free.push(seat)
      }
      seat.hear = (answer) => {
        switch (answer.kind) {
          case 'note':
            this.note(seat, message, answer)
            return
          case 'done':
            done()
            resolve(answer.result === undefined ? undefined : JSON.parse(answer.result))
            return
          case 'failed':
            done()
            reject(errorFrom(answer.error, answer.unrecoverable))
            return
        }
      }
      seat.crashed = (how) => {
        done()
        reject(new SandboxCrashError(`The ${this.kind} of this handler ${how}.`))
      }
      signal.addEventListener('abort', abort, { once: true })
      try {
        seat.sandbox.send({ kind: 'run', fields: fieldsOf(message, this.sendsData) })
      } catch (error) {
        done()
        reject(error)
      }
    })

  async close(): Promise<void> {
    this.closed = true
    await Promise.all([...this.all].map(({ sandbox }) => sandbox.end()))
  }

  private start(): Seat {
    const seat: Seat = {
      sandbox: startSandbox(this.kind, this.module, (answer) => seat.hear(answer)),
      alive: true,
      hear: () => {},
      crashed: () => {},
    }
    this.all.add(seat)
    const gone = seat.sandbox.ended.then((how) => {
      seat.alive = false
      this.all.delete(seat)
      const at = this.free.indexOf(seat)
      if (at >= 0) this.free.splice(at, 1)
      seat.crashed(how)
    })
    gone.catch(() => {})
    return seat
  }

  /** Its handler hears of it first; a sandbox that was at work on something else is never used again. */
  private takeAway(seat: Seat, reason: MessageError): void {
    const ended = new AbortController()
    seat.crashed = () => ended.abort()
    seat.hear = (answer) => {
      if (answer.kind === 'note') seat.sandbox.send({ kind: 'noted', note: answer.note, stands: false })
      else ended.abort()
    }
    seat.sandbox.send({ kind: 'abort', reason })
    const gone = pause(this.clock, graceMs, ended.signal).then(() => seat.sandbox.end())
    gone.catch(() => {})
  }

  private note({ sandbox }: Seat, message: Message, { note, what, value }: FromSandbox & { kind: 'note' }): void {
    const told = what === 'progress' ? message.progress(JSON.parse(value)) : message.log(JSON.parse(value))
    const answered = told.catch(() => false).then((stands) => sandbox.send({ kind: 'noted', note, stands }))
    answered.catch(() => {})
  }
}

function addressOf(file: string | URL): string {
  if (file instanceof URL || file.startsWith('file:')) return String(file)
  if (file === '') throw new Failure({ code: 'bad-input', message: 'A handler file has a path or a file: URL.' })
  return pathToFileURL(isAbsolute(file) ? file : resolve(file)).href
}

function fieldsOf(message: Message, sendsData: boolean): SandboxedFields {
  const { id, queue, body, attempt, maxAttempts, enqueuedAt, attributes, group, ownId, replays } = message
  return {
    id,
    queue,
    // A copy: the bytes may stand in a larger buffer, which would travel as a whole.
    body: new Uint8Array(body),
    checked: sendsData ? { data: message.data } : undefined,
    attempt,
    maxAttempts,
    enqueuedAt,
    attributes: { ...attributes },
    group,
    ownId,
    replays,
  }
}

function errorFrom({ name, message, stack }: MessageError, unrecoverable: boolean): Error {
  const error = unrecoverable ? new UnrecoverableError(message) : new Error(message)
  Object.defineProperty(error, 'name', { value: name })
  if (stack !== null) error.stack = stack
  return error
}
