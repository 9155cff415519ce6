// The handler of sandbox.broker.test.ts: does what its message says.
import { threadId } from 'node:worker_threads'

export default async function handle(message) {
  const { act, value } = message.data
  switch (act) {
    case 'answer':
      return { value, attempt: message.attempt, attributes: message.attributes, thread: threadId, pid: process.pid }
    case 'throw':
      throw new RangeError(`no ${value}`)
    case 'unrecoverable': {
      const error = new Error('never')
      error[Symbol.for('queuescope.unrecoverable')] = true
      throw error
    }
    case 'exit':
      return process.exit(value)
    case 'spin':
      for (;;);
    case 'note':
      return [await message.progress({ at: value }), await message.log(`at ${value}`)]
    case 'wait':
      return new Promise((_, reject) => message.signal.addEventListener('abort', () => reject(message.signal.reason)))
  }
}
