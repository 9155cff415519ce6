import { Failure } from '@shared/failure'
import type { ActOffer, ActReport } from '@shared/model/act'
import type { Environment } from '@shared/model/environment'
import { parseQueueKey, type QueueAddress } from '@shared/model/queue'
import type { PreparedAct } from '@shared/rpc/acts-contract'
import type { ActRequest } from '../brokers/acts'
import type { Sessions } from '../brokers/sessions'
import type { Clock } from '../runtime/clock'
import type { Environments } from '../storage/environments'
import type { Access } from './access'
import type { Audit } from './audit'
import { Tickets } from './tickets'

export interface SpecialActsOptions {
  readonly clock: Clock
  readonly environments: Environments
  readonly sessions: Sessions
  readonly access: Access
  readonly audit: Audit
}

export interface ActAddress {
  readonly environmentId: string
  readonly queue: string
}

interface Prepared {
  readonly environmentId: string
  readonly queue: QueueAddress
  readonly identity: string
  readonly request: ActRequest
}

/**
 * The gate for what a system does by its own means and what no archive can bring back: described by the system, shown first,
 * committed by a ticket, with the name typed where it destroys on production, and written down before and after.
 */
export class SpecialActs {
  private readonly tickets: Tickets<Prepared>

  constructor(private readonly options: SpecialActsOptions) {
    this.tickets = new Tickets(options.clock)
  }

  /** Looks only. Empty where a layout offers nothing besides plans. */
  async list(address: ActAddress): Promise<readonly ActOffer[]> {
    const { queue } = this.resolve(address)
    return (await this.options.sessions.layout(address.environmentId, queue.layout).acts?.offers(queue)) ?? []
  }

  /** Describes one act and changes nothing. Throws Failure 'not-found' when it is not offered. */
  async prepare(address: ActAddress & ActRequest): Promise<PreparedAct> {
    const { environment, queue } = this.resolve(address)
    const offer = await this.offered(address, address.id)
    const { id, values } = address
    return {
      ...this.tickets.issue({
        environmentId: environment.id,
        queue,
        identity: this.options.sessions.identity(environment.id),
        request: { id, values },
      }),
      offer,
      typedName: offer.destructive && environment.effectiveTier === 'production' ? queue.name : null,
      refusal: this.options.access.isReadOnly(environment)
        ? `${environment.name} is production and read-only. Unlock it for 15 minutes first.`
        : offer.refusal,
    }
  }

  /** Spends the ticket. Throws a Failure, with nothing done, when anything stands in the way. */
  async commit({
    ticket,
    typedName,
  }: {
    readonly ticket: string
    readonly typedName: string | null
  }): Promise<ActReport> {
    const { environments, sessions, access } = this.options
    const { environmentId, queue, identity, request } = this.tickets.look(ticket)
    const environment = environments.get(environmentId)
    access.assertWritable(environment)
    if (sessions.identity(environmentId) !== identity) {
      throw new Failure({
        code: 'ticket',
        message: 'The broker restarted or failed over since this was shown.',
        hint: 'Look at it again.',
      })
    }
    const acts = sessions.layout(environmentId, queue.layout).acts
    const offer = (await acts?.offers(queue))?.find(({ id }) => id === request.id)
    if (!acts || !offer) throw notOffered(request.id, queue)
    if (offer.refusal !== null) throw new Failure({ code: 'unsupported', message: offer.refusal, subject: queue.name })
    if (offer.destructive && environment.effectiveTier === 'production' && typedName !== queue.name) {
      throw new Failure({ code: 'confirmation', message: `Type ${queue.name} to go on.`, subject: 'typedName' })
    }
    this.tickets.spend(ticket)
    await this.record(environment, queue, `${offer.label}: ${queue.name}`, {})
    const report = await acts.act(queue, request)
    await this.record(environment, queue, `${offer.label}: ${report.words}`, {
      done: report.done,
      failed: report.failed,
    })
    return report
  }

  private async offered(address: ActAddress, id: string): Promise<ActOffer> {
    const offer = (await this.list(address)).find((candidate) => candidate.id === id)
    if (offer) return offer
    throw notOffered(id, this.resolve(address).queue)
  }

  private async record(
    environment: Environment,
    queue: QueueAddress,
    summary: string,
    detail: Readonly<Record<string, number | null>>,
  ): Promise<void> {
    await this.options.audit.record({
      event: 'act',
      environment: environment.name,
      queue: queue.name,
      summary,
      runId: null,
      detail,
    })
  }

  private resolve({ environmentId, queue: key }: ActAddress) {
    const environment = this.options.environments.get(environmentId)
    const queue = parseQueueKey(key)
    if (!queue) throw new Failure({ code: 'bad-input', message: 'This is not a queue’s key.', subject: 'queue' })
    return { environment, queue }
  }
}

const notOffered = (id: string, queue: QueueAddress): Failure =>
  new Failure({ code: 'not-found', message: `${queue.name} offers no ${id} now.`, hint: 'Look again.', subject: id })
