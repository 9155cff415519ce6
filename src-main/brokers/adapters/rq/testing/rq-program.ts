import { join } from 'node:path'
import { LineProgram, TestProgram } from '../../../testing/line-program'

/** Debian's own, where python3-rq stands. */
const python = '/usr/bin/python3'

/** RQ's own producer, worker and counts in one process. */
export const startRq = (port: number): LineProgram =>
  new LineProgram({ command: python, args: [join(import.meta.dirname, 'rq_program.py')], env: environmentOf(port) })

/** The command as operators run it, which forks a work-horse for each job. */
export const startWorker = (port: number, queues: readonly string[], options: readonly string[] = []): TestProgram =>
  new TestProgram({
    command: python,
    args: ['/usr/bin/rq', 'worker', '--url', urlOf(port), ...options, ...queues],
    env: environmentOf(port),
  })

const urlOf = (port: number): string => `redis://127.0.0.1:${port}/0`

const environmentOf = (port: number) => ({
  QUEUESCOPE_TEST_REDIS: urlOf(port),
  PYTHONPATH: import.meta.dirname,
  PYTHONDONTWRITEBYTECODE: '1',
})
