import { connect } from 'node:net'
import { Failure, isFailure } from '@shared/failure'
import type { HostPort } from '@shared/model/environment'
import { type RedisTarget, redisClient } from './redis'
import { redisFailure } from './redis-failure'

/** Nodes that are tried, and how long for one, milliseconds. */
const mostTried = 6
const answerWithinMs = 1_000

/**
 * Why a cluster cannot be used although one of its nodes answers: it names addresses that cannot be reached from here, as a proxy, a
 * tunnel or a container does, or it is no cluster at all; or what the first one says where none answers. null: nothing of that. Asked
 * only after connecting failed, since ioredis itself tells no more than that it could not refresh its slots.
 */
export async function clusterTrouble(target: RedisTarget): Promise<Failure | null> {
  if (target.topology.kind !== 'cluster') return null
  let first: Failure | null = null
  for (const node of target.topology.nodes.slice(0, mostTried)) {
    const where = `${node.host}:${node.port}`
    const slots = await slotsAt(target, node)
    if (isFailure(slots)) {
      first ??= slots
      continue
    }
    if (slots === 'no cluster')
      return new Failure({
        code: 'bad-input',
        message: `${where} answers, and is no cluster.`,
        hint: 'Choose a single server in the environment’s form.',
      })
    const named = mastersIn(slots)
    const tried = named.slice(0, mostTried)
    const reached = await Promise.all(tried.map(isReached))
    const lost = tried.filter((_, index) => !reached[index]).map(({ host, port }) => `${host}:${port}`)
    if (lost.length === 0) return null
    const others = named.length - tried.length
    return new Failure({
      code: 'unreachable',
      message: `${where} answers, but its cluster names nodes that cannot be reached from here: ${lost.join(', ')}${others > 0 ? `, and ${others} more that were not tried` : ''}.`,
      hint: 'A proxy, a tunnel or a container’s network stands between. Connect from where those addresses lead to the nodes, or let the servers name others (cluster-announce-ip, cluster-announce-port).',
    })
  }
  return first
}

/** What the node tells of the slots; a Failure: it does not answer, or not to this user. */
async function slotsAt(target: RedisTarget, { host, port }: HostPort): Promise<unknown> {
  const client = redisClient(
    { ...target, topology: { kind: 'single', host, port }, database: 0 },
    { retryStrategy: () => null, connectTimeout: 2 * answerWithinMs, enableReadyCheck: false },
  )
  let told: unknown
  client.on('error', (error) => {
    told = error
  })
  try {
    await client.connect()
    return await client.call('CLUSTER', 'SLOTS')
  } catch (error) {
    if (error instanceof Error && /cluster support disabled/i.test(error.message)) return 'no cluster'
    return redisFailure(told ?? error, `${host}:${port}`)
  } finally {
    client.disconnect()
  }
}

/** Rows of CLUSTER SLOTS: from, to, and the nodes, the master first: its address, its port. */
function mastersIn(slots: unknown): readonly HostPort[] {
  const rows = Array.isArray(slots) ? slots : []
  const named = rows.flatMap((row) => {
    const master: unknown = Array.isArray(row) ? row[2] : null
    const [host, port] = Array.isArray(master) ? master : []
    // A server that does not know its own address names none: it is taken for the one that was asked.
    return typeof host === 'string' && host !== '' && host !== '?' ? [{ host, port: Number(port) }] : []
  })
  return [...new Map(named.map((each) => [`${each.host}:${each.port}`, each])).values()]
}

function isReached({ host, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerWithinMs })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
