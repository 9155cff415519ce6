import protobuf from 'protobufjs/minimal.js'

/** What asynq keeps of a task, from its published protobuf schema. Times are epoch milliseconds, durations seconds. */
export interface TaskMessage {
  readonly type: string
  readonly payload: Uint8Array
  readonly id: string
  readonly queue: string
  readonly retry: number
  readonly retried: number
  readonly error: string
  readonly timeoutSeconds: number
  readonly deadlineAt: number | null
  readonly uniqueKey: string
  readonly lastFailedAt: number | null
  readonly retentionSeconds: number
  readonly completedAt: number | null
  readonly group: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

const { Reader, Writer } = protobuf

const payloadField = 2

/** null: the bytes are no message of that schema. Fields of later versions are passed over. */
export function readTaskMessage(bytes: Uint8Array): TaskMessage | null {
  const fields = new Map<number, unknown>()
  const headers: { name: string; value: string }[] = []
  try {
    const reader = Reader.create(bytes)
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      const field = tag >>> 3
      if (texts.has(field)) fields.set(field, reader.string())
      else if (field === payloadField) fields.set(field, Uint8Array.from(reader.bytes()))
      else if (numbers.has(field)) fields.set(field, Number(String(reader.int64())))
      else if (field === 15) headers.push(pairOf(reader.bytes()))
      else reader.skipType(tag & 7)
    }
  } catch {
    return null
  }
  const text = (field: number) => String(fields.get(field) ?? '')
  const number = (field: number) => Number(fields.get(field) ?? 0)
  const time = (field: number) => (number(field) > 0 ? number(field) * 1_000 : null)
  if (text(3) === '') return null
  return {
    type: text(1),
    payload: (fields.get(payloadField) as Uint8Array | undefined) ?? new Uint8Array(),
    id: text(3),
    queue: text(4),
    retry: number(5),
    retried: number(6),
    error: text(7),
    timeoutSeconds: number(8),
    deadlineAt: time(9),
    uniqueKey: text(10),
    lastFailedAt: time(11),
    retentionSeconds: number(12),
    completedAt: time(13),
    group: text(14),
    headers,
  }
}

/** The same message with another payload; every other byte is kept as it is, fields of later versions among them. */
export function withPayload(bytes: Uint8Array, payload: Uint8Array): Uint8Array {
  const reader = Reader.create(bytes)
  const parts: Uint8Array[] = []
  let isWritten = false
  while (reader.pos < reader.len) {
    const from = reader.pos
    const tag = reader.uint32()
    reader.skipType(tag & 7)
    if (tag >>> 3 !== payloadField) {
      parts.push(bytes.subarray(from, reader.pos))
    } else if (!isWritten) {
      parts.push(payloadPart(payload))
      isWritten = true
    }
  }
  if (!isWritten) parts.push(payloadPart(payload))
  return Buffer.concat(parts)
}

/** A new task as asynq's client writes it. */
export const writeTaskMessage = (task: {
  readonly type: string
  readonly payload: Uint8Array
  readonly id: string
  readonly queue: string
  readonly retry: number
  readonly timeoutSeconds: number
}): Uint8Array =>
  Writer.create()
    .uint32((1 << 3) | 2)
    .string(task.type)
    .uint32((payloadField << 3) | 2)
    .bytes(task.payload)
    .uint32((3 << 3) | 2)
    .string(task.id)
    .uint32((4 << 3) | 2)
    .string(task.queue)
    .uint32(5 << 3)
    .int32(task.retry)
    .uint32(8 << 3)
    .int64(task.timeoutSeconds)
    .finish()

const payloadPart = (payload: Uint8Array): Uint8Array =>
  Writer.create()
    .uint32((payloadField << 3) | 2)
    .bytes(payload)
    .finish()

/** Source: internal/proto/asynq.proto, TaskMessage. */
const texts = new Set([1, 3, 4, 7, 10, 14])
const numbers = new Set([5, 6, 8, 9, 11, 12, 13])

function pairOf(bytes: Uint8Array): { name: string; value: string } {
  const reader = Reader.create(bytes)
  const pair = { name: '', value: '' }
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) pair.name = reader.string()
    else if (tag >>> 3 === 2) pair.value = reader.string()
    else reader.skipType(tag & 7)
  }
  return pair
}
