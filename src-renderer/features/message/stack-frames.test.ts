import { describe, expect, it } from 'vitest'
import { sortStack } from './stack-frames'

describe('a stack', () => {
  it('shows own frames first and folds those of libraries', () => {
    const stack = [
      'Error: boom',
      '    at connect (node:net:1555:16)',
      '    at send (/app/src/send.ts:88:21)',
      '    at run (/app/node_modules/bullmq/worker.js:1:1)',
      '    at async handle (/app/src/worker.ts:31:5)',
    ].join('\n')
    expect(sortStack(stack)).toEqual({
      own: ['at send (/app/src/send.ts:88:21)', 'at async handle (/app/src/worker.ts:31:5)'],
      library: ['at connect (node:net:1555:16)', 'at run (/app/node_modules/bullmq/worker.js:1:1)'],
    })
  })
})
