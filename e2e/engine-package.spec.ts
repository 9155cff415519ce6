import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from './shell'

test('queuescope/engine works in plain Node, without Electron and React', async ({ redis }) => {
  const program = `
    import { Engine } from 'queuescope/engine'
    const engine = await Engine.open({ redis: { port: ${redis.port} } })
    const queue = engine.queue('mails')
    const done = new Promise((resolve) => engine.worker(queue, ({ data }) => resolve(data)))
    await queue.enqueue({ to: 'a@example.org' })
    console.log(JSON.stringify(await done))
    await engine.close()
    const { Module } = await import('node:module')
    const loaded = Object.keys(Module._cache).filter((path) => /node_modules.(electron|react)/.test(path))
    console.log(JSON.stringify(loaded))
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: resolve(import.meta.dirname, '..'),
  })
  expect(stdout.trim().split('\n')).toEqual(['{"to":"a@example.org"}', '[]'])
})
