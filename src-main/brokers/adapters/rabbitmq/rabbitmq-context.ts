import type { RabbitmqConnection } from '../../clients/rabbitmq'
import type { Looks } from './looks'
import type { TopologyKeeper } from './topology'
import type { Turns } from './turns'

/** What every part of the adapter works with. */
export interface RabbitmqContext {
  readonly connection: RabbitmqConnection
  readonly topology: TopologyKeeper
  readonly looks: Looks
  readonly turns: Turns
  /** Gives back what a look still holds; by the queue's key. */
  readonly held: Map<string, () => Promise<void>>
}
