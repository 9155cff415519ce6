import type { SendRequest } from '@shared/rpc/messages-contract'
import { useCallback, useEffect, useState } from 'react'
import { useConsole } from '../../stores/console'
import { followMs, isSettled, type SentBatch } from './send-batch'

/** Between two looks at where messages stand, milliseconds. */
const lookEveryMs = 1_000
const batchesAtMost = 20

/** What was sent from this screen, newest first, each followed until it is settled. */
export function useBatches(environmentId: string) {
  const { client } = useConsole()
  const [batches, setBatches] = useState<readonly SentBatch[]>([])
  const following = batches.some((batch) => !isSettled(batch) && Date.now() - batch.sentAt < followMs)

  const look = useCallback(
    async (batch: SentBatch) => {
      const states = await client.messages.states({ environmentId, queue: batch.queue, ids: [...batch.ids] })
      setBatches((all) => all.map((one) => (one.number === batch.number ? { ...one, states } : one)))
    },
    [client, environmentId],
  )
  useEffect(() => {
    if (!following) return
    const timer = setInterval(() => {
      for (const batch of batches) {
        if (isSettled(batch) || Date.now() - batch.sentAt >= followMs) continue
        look(batch).catch(() => {})
      }
    }, lookEveryMs)
    return () => clearInterval(timer)
  }, [following, batches, look])

  const send = useCallback(
    async (request: SendRequest, queueName: string): Promise<SentBatch> => {
      const { ids } = await client.messages.send(request)
      const batch: SentBatch = {
        number: Date.now(),
        queue: request.queue,
        queueName,
        sentAt: Date.now(),
        ids,
        states: ids.map(() => undefined),
      }
      setBatches((all) => [batch, ...all].slice(0, batchesAtMost))
      look(batch).catch(() => {})
      return batch
    },
    [client, look],
  )
  return { batches, send }
}
