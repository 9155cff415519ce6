import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Layout } from '@shared/model/queue'
import { z } from 'zod'
import { jsonFile } from './json-file'

const Address = z.object({ layout: Layout, prefix: z.string(), name: z.string() })
const FoundQueues = z.object({
  version: z.literal(1),
  queues: z.array(z.object({ address: Address, product: z.string() })),
})
type Queues = z.infer<typeof FoundQueues>['queues']

/** Queues of one environment that are remembered at most: what shows at once at the next start. */
const mostRemembered = 20_000

/** The queues that an environment had when it was open last: a file of its own in the data folder, names only. */
export function foundQueues(dataFolder: string, environmentId: string, notice: (message: string) => void) {
  const name = createHash('sha256').update(environmentId).digest('hex').slice(0, 16)
  const file = jsonFile({
    path: join(dataFolder, 'found', `${name}.json`),
    schema: FoundQueues,
    empty: { version: 1 as const, queues: [] },
    notice,
  })
  let kept = ''
  return {
    recall: async (): Promise<Queues> => (await file.read()).queues,
    /** Written only when there is news. */
    async keep(found: Queues): Promise<void> {
      const queues = found.slice(0, mostRemembered).map(({ address, product }) => ({ address, product }))
      const text = JSON.stringify(queues)
      if (text === kept) return
      await file.write({ version: 1, queues })
      kept = text
    },
  }
}
