import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startRedis } from '../src-main/brokers/testing/redis-server'
import { tcpProxy } from '../src-main/brokers/testing/tcp-proxy'
import type { OpenPeer, Peer } from './peer'
import { peers } from './peers'
import { root } from './process-group'

/** One trial of one peer. Both promise at-least-once: a message that ran twice after a kill is within their word; a lost one is not. */
export interface Comparison {
  readonly trial: string
  readonly peer: string
  readonly messages: number
  /** Confirmed, never run, and not in the queue. */
  readonly lost: number
  /** Ran twice, or stood twice in the queue for one send. */
  readonly doubled: number
  /** In the queue still after the wait, or given up by the engine without a failure of the handler. */
  readonly neverFinished: number
}

export const comparisonHead = ['trial', 'engine', 'messages', 'lost', 'doubled', 'never finished'] as const

export const comparisonRows = (comparisons: readonly Comparison[]) =>
  comparisons.map((each) => [each.trial, each.peer, each.messages, each.lost, each.doubled, each.neverFinished])

const lockMs = 1_000
/** What is not done so long after the last fault is called never finished. */
const patienceMs = 10_000

export async function compare(say: (comparison: Comparison) => void = () => {}): Promise<readonly Comparison[]> {
  const done: Comparison[] = []
  for (const trial of [workersKilled, serverKilled, replyCut, replyCutWithId, workerStopped])
    for (const peer of peers) {
      const comparison = await trial(peer)
      done.push(comparison)
      say(comparison)
    }
  return done
}

async function workersKilled(peer: Peer): Promise<Comparison> {
  const messages = 2_000
  const kills = 20
  const server = await startRedis()
  const redis = new Redis(server.port, '127.0.0.1')
  const open = await peer.open(server.port, 'killed')
  await Promise.all(Array.from({ length: messages }, (_, n) => open.add(n)))
  let killed = 0
  const lane = async () => {
    while (killed < kills) {
      const child = worker(peer, server.port, 'killed', 20)
      const fatal = 20 + ((killed * 7) % 40)
      let ran = 0
      child.stdout?.on('data', (chunk: Buffer) => {
        ran += chunk.toString().split('.').length - 1
        if (ran >= fatal) child.kill('SIGKILL')
      })
      await once(child, 'exit')
      killed++
    }
  }
  await Promise.all([lane(), lane()])
  open.work(async (n) => void (await redis.hincrby('ran:killed', String(n), 1)), { concurrency: 50, lockMs })
  const { waiting, givenUp } = await settled(open)
  const ran = await redis.hgetall('ran:killed')
  const missing = messages - Object.keys(ran).length
  await open.close()
  redis.disconnect()
  await server.stop()
  return {
    trial: `${kills} workers killed (-9)`,
    peer: peer.name,
    messages,
    lost: Math.max(missing - waiting - givenUp, 0),
    doubled: Object.values(ran).filter((times) => Number(times) > 1).length,
    neverFinished: waiting + givenUp,
  }
}

async function serverKilled(peer: Peer): Promise<Comparison> {
  const kills = 5
  const server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
  const open = await peer.open(server.port, 'mortal')
  const confirmed = new Set<number>()
  const ran = new Map<number, number>()
  let sent = 0
  let over = false
  open.work(async (n) => void ran.set(n, (ran.get(n) ?? 0) + 1), { concurrency: 20, lockMs })
  const sending = Promise.all(
    Array.from({ length: 10 }, async () => {
      while (!over) {
        const n = sent++
        await open.add(n).then(
          () => confirmed.add(n),
          () => wait(20),
        )
      }
    }),
  )
  for (let kill = 0; kill < kills; kill++) {
    await wait(300)
    await server.kill()
    await wait(100)
    await server.start()
    await wait(1_000)
  }
  over = true
  await sending
  const { waiting, givenUp } = await settled(open)
  await open.close()
  await server.stop()
  const missing = [...confirmed].filter((n) => !ran.has(n)).length
  return {
    trial: `${kills} redis-server kills (-9), appendfsync always`,
    peer: peer.name,
    messages: confirmed.size,
    lost: Math.max(missing - waiting - givenUp, 0),
    doubled: [...ran.values()].filter((times) => times > 1).length,
    neverFinished: waiting + givenUp,
  }
}

const replyCut = (peer: Peer) => cutReplies(peer, false)
const replyCutWithId = (peer: Peer) => cutReplies(peer, true)

/** The connection breaks after the server added a message and before it said so; then whatever the client does by itself. */
async function cutReplies(peer: Peer, ownIds: boolean): Promise<Comparison> {
  const messages = 20
  const server = await startRedis()
  const proxy = await tcpProxy(server.port)
  const open = await peer.open(proxy.port, 'cut')
  // The server knows each peer's scripts already: a cut must not fall on the answer that it does not.
  await open.add(0)
  let unsure = 0
  const confirmed: number[] = []
  for (let n = 0; n < messages; n++) {
    const marker = `"n":${1_000_000 + n}`
    const id = ownIds ? `own-${n}` : undefined
    // Connected anew after the cut before.
    await again(() => open.left())
    const sprung = proxy.cutAt(marker, 'before-reply')
    const sending = open.add(1_000_000 + n, id).then(
      () => confirmed.push(1_000_000 + n),
      async () => {
        unsure++
        if (id === undefined) return
        // With an id of its own the sender may safely say it again.
        await again(() => open.add(1_000_000 + n, id))
        confirmed.push(1_000_000 + n)
      },
    )
    await sprung
    await sending
  }
  const direct = await peer.open(server.port, 'cut')
  const ran = new Map<number, number>()
  direct.work(async (n) => void ran.set(n, (ran.get(n) ?? 0) + 1), { concurrency: 20, lockMs })
  const { waiting } = await settled(direct)
  await direct.close()
  await open.close()
  await proxy.close()
  await server.stop()
  return {
    trial: ownIds ? 'reply of add cut, ids by the sender, sent again' : `reply of add cut (told unknown: ${unsure})`,
    peer: peer.name,
    messages,
    lost: confirmed.filter((n) => !ran.has(n)).length,
    doubled: [...ran.values()].filter((times) => times > 1).length,
    neverFinished: waiting,
  }
}

async function again(act: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await act()
      return
    } catch (error) {
      if (tries === 50) throw error
      await wait(100)
    }
  }
}

async function workerStopped(peer: Peer): Promise<Comparison> {
  const server = await startRedis()
  const redis = new Redis(server.port, '127.0.0.1')
  const open = await peer.open(server.port, 'stopped')
  await open.add(1)
  const stopped = worker(peer, server.port, 'stopped', 500)
  await once(stopped.stdout!, 'data')
  stopped.kill('SIGSTOP')
  open.work(async (n) => void (await redis.hincrby('ran:stopped', String(n), 1)), { concurrency: 1, lockMs })
  await wait(3 * lockMs)
  const { waiting, givenUp } = await settled(open)
  stopped.kill('SIGCONT')
  await wait(1_500)
  const ran = Number(await redis.hget('ran:stopped', '1'))
  const exited = once(stopped, 'exit')
  stopped.kill('SIGKILL')
  await exited
  await open.close()
  redis.disconnect()
  await server.stop()
  return {
    trial: 'a worker stopped for three locks, then going on',
    peer: peer.name,
    messages: 1,
    lost: ran === 0 ? 1 : 0,
    doubled: ran > 1 ? 1 : 0,
    neverFinished: waiting + givenUp,
  }
}

const worker = (peer: Peer, port: number, queue: string, takesMs: number): ChildProcess =>
  spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      join(root, 'torture/peer-worker.ts'),
      peer.name,
      String(port),
      queue,
      String(lockMs),
      String(takesMs),
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] },
  )

/** When nothing waits any more, or patience has run out. */
async function settled(open: OpenPeer) {
  const until = performance.now() + patienceMs
  for (;;) {
    const left = await open.left()
    if (left.waiting === 0 || performance.now() > until) return left
    await wait(100)
  }
}
