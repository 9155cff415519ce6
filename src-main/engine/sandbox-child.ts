import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { errorOf } from './error-record'
import { isUnrecoverable, UnrecoverableError } from './outcome'
import type { FromSandbox, SandboxedFields, SandboxedMessage, ToSandbox } from './sandbox-wire'

/**
 * The entry of a sandbox, in a thread or a process: loads the handler's module and runs one message at a time. Arguments:
 * the module's address, as workerData.module or the last of argv.
 */
const port = parentPort
const send = (answer: FromSandbox): void => {
  if (port) port.postMessage(answer)
  else process.send?.(answer)
}

const address: string = port ? workerData.module : process.argv.at(-1)
const loading = load(address)
// Told with the first message: nobody waits for it yet.
loading.catch(() => {})

let running: AbortController | undefined
let notes = 0
const waiting = new Map<number, (stands: boolean) => void>()

if (port) port.on('message', hear)
else {
  process.on('message', hear)
  // A worker that died wants no answer.
  process.once('disconnect', () => process.exit())
}

function hear(told: ToSandbox): void {
  switch (told.kind) {
    case 'run':
      run(told.fields).then(send, (error: unknown) =>
        send({ kind: 'failed', error: errorOf(error), unrecoverable: isUnrecoverable(error) }),
      )
      return
    case 'abort': {
      const reason = new Error(told.reason.message)
      reason.name = told.reason.name
      running?.abort(reason)
      return
    }
    case 'noted':
      waiting.get(told.note)?.(told.stands)
      waiting.delete(told.note)
      return
  }
}

async function run(fields: SandboxedFields): Promise<FromSandbox> {
  const handler = await loading
  running = new AbortController()
  const result = await handler(messageOf(fields, running.signal))
  return { kind: 'done', result: JSON.stringify(result) }
}

function messageOf({ checked, ...fields }: SandboxedFields, signal: AbortSignal): SandboxedMessage {
  let parsed = checked
  return {
    ...fields,
    signal,
    get data() {
      parsed ??= { data: parse(fields) }
      return parsed.data
    },
    progress: (value) => note('progress', JSON.stringify(value) ?? 'null'),
    log: (line) => note('log', JSON.stringify(String(line))),
  }
}

function parse({ id, body }: Pick<SandboxedFields, 'id' | 'body'>): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch (cause) {
    throw new UnrecoverableError(`The body of message ${id} is not JSON.`, { cause })
  }
}

function note(what: 'progress' | 'log', value: string): Promise<boolean> {
  return new Promise((resolve) => {
    notes++
    waiting.set(notes, resolve)
    send({ kind: 'note', note: notes, what, value })
  })
}

async function load(url: string): Promise<(message: SandboxedMessage) => unknown> {
  const module: Record<string, unknown> = await import(
    /* @vite-ignore */ url.includes('://') ? url : pathToFileURL(url).href
  )
  for (const found of [module.default, module.handler]) {
    if (isHandler(found)) return found
    // A CommonJS module's exports are its default.
    if (typeof found === 'object' && found !== null)
      for (const inner of [(found as Record<string, unknown>).default, (found as Record<string, unknown>).handler])
        if (isHandler(inner)) return inner
  }
  throw new Error(`${url} exports no handler: neither as default nor as "handler".`)
}

const isHandler = (value: unknown): value is (message: SandboxedMessage) => unknown => typeof value === 'function'
