import { join } from 'node:path'
import { LineProgram } from '../../../testing/line-program'

/** Debian's own, where python3-rq stands. */
const python = '/usr/bin/python3'

/** RQ's own producer, worker and counts in one process. */
export const startRq = (port: number): LineProgram =>
  new LineProgram({
    command: python,
    args: [join(import.meta.dirname, 'rq_program.py')],
    env: {
      QUEUESCOPE_TEST_REDIS: `redis://127.0.0.1:${port}/0`,
      PYTHONPATH: import.meta.dirname,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  })
