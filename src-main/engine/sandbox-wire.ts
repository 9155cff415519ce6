import type { MessageError } from '@shared/model/message'

/** What crosses between a worker and the thread or process that runs its handler. */
export interface SandboxedFields {
  readonly id: string
  readonly queue: string
  readonly body: Uint8Array
  /** What the queue's schema made of the body, where it has one. */
  readonly checked: { readonly data: unknown } | undefined
  readonly attempt: number
  readonly maxAttempts: number
  readonly enqueuedAt: number
  readonly attributes: Readonly<Record<string, string>>
  readonly group: string | null
  readonly ownId: string | null
  readonly replays: number
}

export type ToSandbox =
  | { readonly kind: 'run'; readonly fields: SandboxedFields }
  | { readonly kind: 'abort'; readonly reason: MessageError }
  | { readonly kind: 'noted'; readonly note: number; readonly stands: boolean }

export type FromSandbox =
  | { readonly kind: 'done' /** JSON. */; readonly result: string | undefined }
  | { readonly kind: 'failed'; readonly error: MessageError; readonly unrecoverable: boolean }
  | {
      readonly kind: 'note'
      readonly note: number
      readonly what: 'progress' | 'log' /** JSON. */
      readonly value: string
    }

/** As a module's default export (or its export named "handler") takes it. */
export interface SandboxedMessage<Data = unknown> extends Omit<SandboxedFields, 'checked'> {
  readonly data: Data
  /** Aborts shortly before the sandbox is ended. */
  readonly signal: AbortSignal
  progress(value: unknown): Promise<boolean>
  log(line: string): Promise<boolean>
}
