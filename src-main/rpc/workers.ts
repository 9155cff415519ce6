import { isFailure } from '@shared/failure'
import type { WorkerReport } from '@shared/model/worker'
import type { Reader } from '../brokers/reader'
import type { Services } from './services'

/**
 * Workers of every layout that has queues here. One layout that cannot answer (a permission, a timeout) says so in its report and
 * keeps none of the others back. Throws while there is no connection: that is not the same as nobody.
 */
export async function workersOf({ sessions, watch }: Services, environmentId: string): Promise<WorkerReport[]> {
  const present = watch.layouts(environmentId)
  const readers = sessions.layouts(environmentId).filter(({ layout }) => present.has(layout))
  return await Promise.all(readers.map(reportOf))
}

async function reportOf(reader: Reader): Promise<WorkerReport> {
  const unseen = (incomplete: string) => ({ layout: reader.layout, workers: [], incomplete, truncated: false })
  if (!reader.workers) return unseen('Workers do not show themselves.')
  try {
    return await reader.workers()
  } catch (error) {
    if (!isFailure(error)) throw error
    return unseen(error.words)
  }
}
