import { beeQueue } from './bee-queue'
import { bull } from './bull'
import { bullmq } from './bullmq'
import type { Contender } from './contender'
import { engine } from './engine'

/** By name, for processes that are told which one to be. */
export const contenders: Readonly<Record<string, Contender>> = Object.fromEntries(
  [engine, bullmq, bull, beeQueue].map((contender) => [contender.name, contender]),
)
