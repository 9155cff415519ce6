import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { DeclarationPreview } from '../model/declaration-preview'
import { ConnectionReport, Environment, EnvironmentInput, EnvironmentState } from '../model/environment'
import { RoutingGraph } from '../model/routing'
import { ChannelName, TailPiece } from '../model/tail'
import { WorkerReport } from '../model/worker'
import { EnvironmentRef, read, write } from './procedure'

/** The whole list each time: it is short. */
export const EnvironmentsView = z.object({ environments: z.array(Environment), states: z.array(EnvironmentState) })
export type EnvironmentsView = z.infer<typeof EnvironmentsView>

export const environmentsContract = {
  watch: read.output(eventIterator(EnvironmentsView)),
  /** Creates without `id`, replaces with it. */
  save: write.input(z.object({ id: z.string().nullable(), environment: EnvironmentInput })).output(Environment),
  /** Forgets a saved connection; the broker is not touched. */
  remove: write.input(EnvironmentRef).output(z.object({})),
  /** `id` lets the test use a secret that is already set. */
  test: read.input(z.object({ id: z.string().nullable(), environment: EnvironmentInput })).output(ConnectionReport),
  /** Looks for queues again now, as fast as the broker bears. */
  lookAgain: read.input(EnvironmentRef).output(z.object({})),
  /** One report per layout that reveals its workers; what a layout cannot say stands in its report. */
  workers: read.input(EnvironmentRef).output(z.array(WorkerReport)),
  /** null: this broker does not route. */
  routing: read.input(EnvironmentRef).output(RoutingGraph.nullable()),
  /** What is published on a pub/sub channel from now on. Refused where the broker has none. */
  tailChannel: read.input(EnvironmentRef.extend({ channel: ChannelName })).output(eventIterator(TailPiece)),
  /** The code of an MFA device that a role asks for; used for the next connect and kept nowhere. */
  giveMfaCode: write
    .input(EnvironmentRef.extend({ code: z.string().regex(/^\d{6}$/, 'six digits') }))
    .output(z.object({})),
  /** What a layout as it is being written would find on an open environment now. `text` is its JSON, right or not. */
  previewLayout: read
    .input(EnvironmentRef.extend({ text: z.string().max(100_000), name: z.string().max(4096).nullable() }))
    .output(DeclarationPreview),
  /** Lifts production's read-only for 15 minutes. */
  unlock: write.input(EnvironmentRef.extend({ typedName: z.string().max(200) })).output(EnvironmentState),
  lock: write.input(EnvironmentRef).output(EnvironmentState),
}
