import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Failure } from '@shared/failure'
import { afterEach, describe, expect, it } from 'vitest'
import { inPath, RabbitmqManagement } from './rabbitmq-management'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function against(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/under/`
  const management = new RabbitmqManagement({ url, username: 'größe', password: 'a:b', tls: null })
  const troubles: Failure[] = []
  management.onTrouble = (failure) => troubles.push(failure)
  closing.push(async () => {
    management.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { management, troubles }
}

const act = { act: 'look' }

describe('the management client', () => {
  it('asks below the path that the plugin has, with names that stay whole', async () => {
    const asked: (string | undefined)[] = []
    const { management } = await against(({ url, headers }, response) => {
      asked.push(url, Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString('utf8'))
      response.end('{"name":"x"}')
    })
    expect(await management.get(`/queues/${inPath('/')}/${inPath('a/b ?#%')}`, act)).toEqual({ name: 'x' })
    expect(asked).toEqual(['/under/api/queues/%2F/a%2Fb%20%3F%23%25', 'größe:a:b'])
    for (const folder of ['.', '..']) expect(() => inPath(folder)).toThrow(/cannot be asked/)
  })

  it('asks again when a connection that was quiet closes at it, but never says a change twice', async () => {
    let asked = 0
    const { management, troubles } = await against((request, response) => {
      asked += 1
      // The second request on a connection finds it closed.
      if (asked % 2 === 0) request.socket.destroy()
      else response.end('{}')
    })
    await management.get('/first', act)
    expect(await management.get('/second', act)).toEqual({})
    expect(asked).toBe(3)
    await expect(management.send('PUT', '/third', act)).rejects.toMatchObject({ code: 'unreachable' })
    expect(asked).toBe(4)
    expect(troubles.map(({ code }) => code)).toEqual(['unreachable'])
  })

  it('hears of a login that is refused later on, and of no other refusal', async () => {
    const refusals = [
      [404, 'Not Found'],
      [401, 'Not monitor user'],
      [401, 'Login failed'],
    ] as const
    let asked = 0
    const { management, troubles } = await against((_request, response) => {
      const [status, reason] = refusals[asked]!
      asked += 1
      response.writeHead(status).end(JSON.stringify({ reason }))
    })
    for (const [status] of refusals) {
      await expect(management.get('/any', act), String(status)).rejects.toThrow()
    }
    expect(troubles.map(({ code }) => code)).toEqual(['auth'])
  })

  it('says that an answer which is no JSON comes from something else', async () => {
    const { management } = await against((_request, response) => response.end('<html>'))
    await expect(management.get('/any', act)).rejects.toMatchObject({ code: 'not-this-broker' })
  })
})
