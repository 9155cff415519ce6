import { isFailure } from '@shared/failure'
import type { WorkerReport } from '@shared/model/worker'
import type { Reader } from '../brokers/reader'
import type { Services } from './services'

/**
 * Workers of every layout that has queues here. One layout that cannot answer (a permission, a timeout) says so in its report and
 * keeps none of the others back.
 */
export async function workersOf({ sessions, watch }: Services, environmentId: string): Promise<WorkerReport[]> {
  const present = watch.layouts(environmentId)
  const readers = (sessions.readers(environmentId) ?? []).filter(({ layout }) => present.has(layout))
  return (await Promise.all(readers.map(reportOf))).flat()
}

async function reportOf(reader: Reader): Promise<readonly WorkerReport[]> {
  if (!reader.workers) return []
  try {
    return [await reader.workers()]
  } catch (error) {
    if (!isFailure(error)) throw error
    const incomplete = `${error.message} ${error.hint ?? ''}`.trim()
    return [{ layout: reader.layout, workers: [], incomplete, truncated: false }]
  }
}
