import type { RabbitmqProfile } from '@shared/model/environment'
import { placeOf } from '@shared/model/tier'
import { RabbitmqAdapter } from './adapters/rabbitmq/adapter'
import { connectRabbitmq } from './clients/rabbitmq'
import type { Connection } from './connection'
import { listingFinder } from './finder'
import { readAuthority, withinDeadline } from './opening'

/** Asks the management plugin who is there, or throws a Failure that says what a person can do. AMQP is opened when first needed. */
export async function openRabbitmq(profile: RabbitmqProfile, password: string | null): Promise<Connection> {
  const { host, port, managementUrl, username, tls, vhosts } = profile
  const where = placeOf(profile)
  const connection = await withinDeadline(
    connectRabbitmq({
      host,
      amqpPort: port,
      managementUrl,
      // RabbitMQ's own first user, good from the same machine only.
      username: username ?? 'guest',
      password: password ?? 'guest',
      tls: tls.enabled ? { ca: await readAuthority(tls.caFile), verify: tls.verify } : null,
      vhosts: vhosts.length === 0 ? null : vhosts,
    }),
    where,
  )
  const adapter = new RabbitmqAdapter(connection)
  return {
    server: connection.server,
    identity: `${where} ${connection.cluster} ${connection.runId}`,
    get notices() {
      return connection.notices
    },
    get alarms() {
      return connection.alarms
    },
    layouts: [adapter],
    finder: listingFinder([adapter]),
    onLost: (listener) => connection.onLost(listener),
    async close() {
      await adapter.close?.()
      await connection.close()
    },
  }
}
