import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Trouble } from '../model/environment'

/**
 * What a method may do. read: looks. write: changes something that can be changed back or only adds.
 * destructive: may take something away; only the gate's commits are such, and each wants a ticket. A method without a class fails a test.
 */
export type MethodClass = 'read' | 'write' | 'destructive'

export interface MethodMeta {
  readonly class?: MethodClass
}

/** The only error that is declared: a Failure's view. Everything else reaches the other side masked. */
const base = oc.$meta<MethodMeta>({}).errors({ FAILURE: { status: 400, data: Trouble } })

export const read = base.meta({ class: 'read' })
export const write = base.meta({ class: 'write' })
export const destructive = base.meta({ class: 'destructive' })

export const EnvironmentRef = z.object({ environmentId: z.string().min(1).max(200) })
export const QueueRef = EnvironmentRef.extend({ queue: z.string().min(1).max(4096) })
export const MessageRef = QueueRef.extend({ id: z.string().min(1).max(1024) })
