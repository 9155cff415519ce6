import { Queue, Worker } from 'node-resque'
import { aboutMs, again, next } from './story'

/** Statements on Resque, one worker; a statement for a closed account fails. */
export async function playResque(port: number): Promise<void> {
  const connection = { pkg: 'ioredis', host: '127.0.0.1', port, database: 0, namespace: 'resque', options: {} }
  const jobs = {
    MonthlyStatement: {
      perform: async (account: number) => {
        await aboutMs(900)
        if (account % 9 === 0) throw new Error(`account ${account} is closed`)
      },
    },
  }
  const queue = new Queue({ connection }, jobs)
  queue.on('error', () => {})
  await queue.connect()
  const worker = new Worker({ connection, queues: ['statements'] }, jobs)
  worker.on('error', () => {})
  await worker.connect()
  void worker.start()
  await again(0.5, () => queue.enqueue('statements', 'MonthlyStatement', [next()]))
}
