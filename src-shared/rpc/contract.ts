import type { ContractRouterClient } from '@orpc/contract'
import { actsContract } from './acts-contract'
import { environmentsContract } from './environments-contract'
import { messagesContract } from './messages-contract'
import { peeksContract } from './peeks-contract'
import { activityContract, plansContract } from './plans-contract'
import { queuesContract } from './queues-contract'
import { systemContract } from './system-contract'

/** Everything the two sides say to one another, once. The carriers know nothing of it. */
export const contract = {
  system: systemContract,
  environments: environmentsContract,
  queues: queuesContract,
  messages: messagesContract,
  peeks: peeksContract,
  plans: plansContract,
  acts: actsContract,
  activity: activityContract,
}

export type Contract = typeof contract
export type Client = ContractRouterClient<Contract>
