import type { ContractRouterClient } from '@orpc/contract'
import { environmentsContract } from './environments-contract'
import { messagesContract } from './messages-contract'
import { activityContract, plansContract } from './plans-contract'
import { queuesContract } from './queues-contract'
import { systemContract } from './system-contract'

/** Everything the two sides say to one another, once. The carriers know nothing of it. */
export const contract = {
  system: systemContract,
  environments: environmentsContract,
  queues: queuesContract,
  messages: messagesContract,
  plans: plansContract,
  activity: activityContract,
}

export type Contract = typeof contract
export type Client = ContractRouterClient<Contract>
