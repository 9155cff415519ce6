import protobuf from 'protobufjs/minimal.js'

/** A process that works on asynq's tasks, as it writes itself down. Times are epoch milliseconds. */
export interface ServerInfo {
  readonly host: string
  readonly pid: number
  readonly concurrency: number
  readonly queues: readonly string[]
  readonly status: string
  readonly startedAt: number | null
  readonly activeCount: number
}

export interface WorkerInfo {
  readonly taskId: string
  readonly taskType: string
  readonly queue: string
  readonly startedAt: number | null
}

const { Reader } = protobuf

/** null: the bytes are no such message. Source: internal/proto/asynq.proto, ServerInfo. */
export function readServerInfo(bytes: Uint8Array): ServerInfo | null {
  const queues: string[] = []
  const info = { host: '', pid: 0, concurrency: 0, status: '', startedAt: null as number | null, activeCount: 0 }
  try {
    const reader = Reader.create(bytes)
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      switch (tag >>> 3) {
        case 1:
          info.host = reader.string()
          break
        case 2:
          info.pid = reader.int32()
          break
        case 4:
          info.concurrency = reader.int32()
          break
        case 5:
          queues.push(keyOfEntry(reader.bytes()))
          break
        case 7:
          info.status = reader.string()
          break
        case 8:
          info.startedAt = timeOf(reader.bytes())
          break
        case 9:
          info.activeCount = reader.int32()
          break
        default:
          reader.skipType(tag & 7)
      }
    }
  } catch {
    return null
  }
  return { ...info, queues }
}

/** null: the bytes are no such message. Source: internal/proto/asynq.proto, WorkerInfo. */
export function readWorkerInfo(bytes: Uint8Array): WorkerInfo | null {
  const info = { taskId: '', taskType: '', queue: '', startedAt: null as number | null }
  try {
    const reader = Reader.create(bytes)
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      switch (tag >>> 3) {
        case 4:
          info.taskId = reader.string()
          break
        case 5:
          info.taskType = reader.string()
          break
        case 7:
          info.queue = reader.string()
          break
        case 8:
          info.startedAt = timeOf(reader.bytes())
          break
        default:
          reader.skipType(tag & 7)
      }
    }
  } catch {
    return null
  }
  return info
}

function keyOfEntry(bytes: Uint8Array): string {
  const reader = Reader.create(bytes)
  let key = ''
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) key = reader.string()
    else reader.skipType(tag & 7)
  }
  return key
}

/** google.protobuf.Timestamp; whole seconds are enough here. */
function timeOf(bytes: Uint8Array): number | null {
  const reader = Reader.create(bytes)
  let seconds = 0
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) seconds = Number(String(reader.int64()))
    else reader.skipType(tag & 7)
  }
  return seconds > 0 ? seconds * 1_000 : null
}
