import { z } from 'zod'
import { CauseReport, MessageDetail, MessagePage, MessageState } from '../model/message'
import { EnvironmentRef, MessageRef, QueueRef, read, write } from './procedure'

export const SendRequest = QueueRef.extend({
  /** Job name, where the layout has one. */
  name: z.string().max(512).nullable(),
  /** One body per message. */
  bodies: z.array(z.string().max(4_000_000)).min(1).max(1000),
  delayMs: z
    .number()
    .int()
    .min(0)
    .max(365 * 86_400_000),
  /** Lower is sooner; null for the layout's default. */
  priority: z.number().int().min(0).max(2_097_151).nullable(),
  attributes: z.record(z.string().max(256), z.string().max(65_536)),
  /** What only some systems take: group, dedupId, exchange, routingKey. */
  options: z.record(z.string().max(64), z.string().max(4096)).optional(),
})
export type SendRequest = z.infer<typeof SendRequest>

export const messagesContract = {
  browse: read
    .input(
      QueueRef.extend({
        state: MessageState,
        cursor: z.string().max(2048).nullable(),
        limit: z.number().int().min(1).max(200),
      }),
    )
    .output(MessagePage),
  inspect: read.input(MessageRef).output(MessageDetail),
  /** Dead letters sorted by cause; of one queue, or of the whole environment with `queue: null`. */
  causes: read.input(EnvironmentRef.extend({ queue: z.string().max(4096).nullable() })).output(CauseReport),
  /** Of the newest dead letters, those of one cause; ids and a page's worth of rows. */
  ofCause: read
    .input(
      QueueRef.extend({
        cause: z.string().max(512),
        cursor: z.string().max(2048).nullable(),
        limit: z.number().int().min(1).max(200),
      }),
    )
    .output(MessagePage),
  send: write.input(SendRequest).output(z.object({ ids: z.array(z.string()) })),
  /** Where messages stand now, for the live outcome of a test send; null: not there any more (done and not kept, or removed). */
  states: read
    .input(QueueRef.extend({ ids: z.array(z.string().max(1024)).min(1).max(1000) }))
    .output(z.array(MessageState.nullable())),
}
