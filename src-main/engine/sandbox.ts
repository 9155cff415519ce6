import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { startThread } from '../runtime/thread'
import type { FromSandbox, ToSandbox } from './sandbox-wire'

export type SandboxKind = 'thread' | 'process'

/** One thread or process that runs a handler's module. */
export interface Sandbox {
  send(told: ToSandbox): void
  /** Ended, by itself or by end(): with these words. */
  readonly ended: Promise<string>
  end(): Promise<void>
}

const entry = 'sandbox-child'

/** Starts one; `hear` is told what it says. `module` is a file: URL. */
export function startSandbox(kind: SandboxKind, module: string, hear: (answer: FromSandbox) => void): Sandbox {
  return kind === 'thread' ? inThread(module, hear) : inProcess(module, hear)
}

function inThread(module: string, hear: (answer: FromSandbox) => void): Sandbox {
  const thread: Worker = startThread({ caller: import.meta.url, name: entry, data: { module } })
  let thrown: unknown
  thread.on('message', hear)
  thread.on('error', (error) => {
    thrown = error
  })
  const ended = new Promise<string>((resolve) => {
    thread.once('exit', (code) =>
      resolve(thrown instanceof Error ? `threw ${thrown.name}: ${thrown.message}` : `exited with code ${code}`),
    )
  })
  return {
    send: (told) => thread.postMessage(told),
    ended,
    end: async () => {
      await thread.terminate()
    },
  }
}

function inProcess(module: string, hear: (answer: FromSandbox) => void): Sandbox {
  const { path, execArgv } = childEntry()
  const child: ChildProcess = fork(path, [module], {
    serialization: 'advanced',
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.on('message', (answer) => hear(answer as FromSandbox))
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `exited with code ${code}`))
  })
  return {
    // One that has ended already says so by itself.
    send: (told) => void child.send(told, () => {}),
    ended,
    end: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Built, the entry stands beside this module or above its chunk; run from source, Node needs a loader for it. */
function childEntry(): { readonly path: string; readonly execArgv: string[] } {
  const built = [`./${entry}.js`, `../${entry}.js`]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path))
  if (built) return { path: built, execArgv: [] }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'))
  return {
    path: fileURLToPath(new URL(`./${entry}.ts`, import.meta.url)),
    execArgv: ['--import', new URL('dist/loader.mjs', tsx).href],
  }
}
