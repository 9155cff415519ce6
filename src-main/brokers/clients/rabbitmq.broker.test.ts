import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '@shared/failure'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRabbitmq } from '../testing/rabbitmq-server'
import { type RabbitmqStage, startRabbitmqStage } from '../testing/rabbitmq-stage'
import { freePort } from '../testing/redis-server'
import { connectRabbitmq, type RabbitmqTarget } from './rabbitmq'
import { writeProperties } from './rabbitmq-properties'
import { RabbitmqPublisher } from './rabbitmq-publisher'

let stage: RabbitmqStage
let folder: string
let tlsPorts: { readonly amqp: number; readonly management: number }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'queuescope-tls-'))
  selfSigned(folder)
  tlsPorts = { amqp: await freePort(), management: await freePort() }
  stage = await startRabbitmqStage({
    config: [
      `listeners.ssl.1 = 127.0.0.1:${tlsPorts.amqp}`,
      `ssl_options.certfile = ${folder}/cert.pem`,
      `ssl_options.keyfile = ${folder}/key.pem`,
      'management.ssl.ip = 127.0.0.1',
      `management.ssl.port = ${tlsPorts.management}`,
      `management.ssl.certfile = ${folder}/cert.pem`,
      `management.ssl.keyfile = ${folder}/key.pem`,
    ],
  })
}, 60_000)

afterAll(async () => {
  await stage.stop()
  rmSync(folder, { recursive: true })
})

describe('connecting to RabbitMQ', () => {
  it('tells version, cluster and user, and nothing to worry about', async () => {
    const connection = await stage.open()
    expect(connection.server).toBe('RabbitMQ 3.10.8')
    expect(connection.cluster).toMatch(/^queuescope@/)
    expect(connection.user).toEqual({ name: 'guest', tags: ['administrator'] })
    expect(connection.statisticsMs).toBe(5_000)
    expect(connection.shovel).toEqual({ able: true })
    await expect.poll(() => connection.refresh().then(() => connection.notices), { timeout: 10_000 }).toEqual([])
  })

  it('says a wrong password, and never the password', async () => {
    const failure = await failureOf({ password: 'not-the-one' })
    expect(failure).toMatchObject({
      code: 'auth',
      message: expect.stringContaining('refuses this user name or password'),
    })
    expect(JSON.stringify(failure.view()) + failure.stack + String(failure.cause)).not.toContain('not-the-one')
  })

  it('says which tag a user lacks', async () => {
    const failure = await failureOf(await stage.user('nobody', { tags: '' }))
    expect(failure).toMatchObject({ code: 'denied', message: expect.stringContaining('no tag management') })
    expect(failure.hint).toContain('set_user_tags')
  })

  it('tells a user with few tags what they hide', async () => {
    const connection = await stage.open(await stage.user('modest', { tags: 'management', read: '.*' }))
    expect(connection.notices.join(' ')).toMatch(/modest has the tags management.*monitoring shows them/)
    expect(connection.shovel).toMatchObject({ able: false, reason: expect.stringContaining('policymaker') })
    expect(connection.runId).toBe('')
  })

  it('says when nothing listens for the management plugin, and how to switch it on', async () => {
    const failure = await failureOf({ managementUrl: `http://127.0.0.1:${await freePort()}` })
    expect(failure.code).toBe('unreachable')
    expect(failure.hint).toContain('rabbitmq-plugins enable rabbitmq_management')
  })

  it('says when the port is the broker’s other one', async () => {
    const failure = await failureOf({ managementUrl: `http://127.0.0.1:${stage.server.amqpPort}` })
    expect(failure).toMatchObject({ code: 'not-this-broker', hint: expect.stringContaining('rabbitmq-plugins enable') })
  })

  it.each([
    ['knows no such page', 404, '<h1>Not here</h1>'],
    ['answers something else', 200, '<h1>Hello</h1>'],
  ])('says when what listens there %s', async (_, status, body) => {
    const other = createServer((_request, response) => response.writeHead(status).end(body))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const failure = await failureOf({ managementUrl: `http://127.0.0.1:${(other.address() as AddressInfo).port}` })
      expect(failure).toMatchObject({ code: 'not-this-broker', hint: expect.stringContaining('rabbitmq_management') })
    } finally {
      other.closeAllConnections()
      await new Promise((resolve) => other.close(resolve))
    }
  })

  it('says which virtual host a user may not enter, on either way', async () => {
    await stage.management.send('PUT', '/vhosts/other', { act: 'prepare a test' })
    const connection = await stage.open(await stage.user('outside', { tags: 'management', read: '.*' }))
    const asked = { act: 'list queues', vhost: 'other' }
    await expect(connection.management.get('/queues/other', asked)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('virtual host other'),
      hint: expect.stringContaining('set_permissions -p other'),
    })
    await expect(connection.amqp.publishing('other')).rejects.toMatchObject({ code: 'denied', subject: 'other' })
  })

  it('says when nothing listens for AMQP', async () => {
    const connection = await stage.open({ amqpPort: await freePort() })
    await expect(connection.amqp.publishing('/')).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('speaks TLS on both ways to an authority that was named, and to no other', async () => {
    const secure: Partial<RabbitmqTarget> = {
      host: 'localhost',
      amqpPort: tlsPorts.amqp,
      managementUrl: `https://localhost:${tlsPorts.management}`,
    }
    const ca = readFileSync(join(folder, 'cert.pem'), 'utf8')
    const trusted = await stage.open({ ...secure, tls: { ca, verify: true } })
    expect((await trusted.amqp.publishing('/')).blocked).toBeNull()
    const blind = await stage.open({ ...secure, tls: { ca: null, verify: false } })
    expect((await blind.amqp.publishing('/')).blocked).toBeNull()

    const untrusted = await failureOf({ ...secure, tls: { ca: null, verify: true } })
    expect(untrusted).toMatchObject({ code: 'tls', message: expect.stringContaining('not trusted') })
    const plain = await failureOf({ managementUrl: `https://127.0.0.1:${new URL(stage.target.managementUrl).port}` })
    expect(plain).toMatchObject({ code: 'tls', message: expect.stringContaining('does not speak TLS') })
    const half = await stage.open({ tls: { ca, verify: true } })
    await expect(half.amqp.publishing('/')).rejects.toMatchObject({ code: 'tls' })
  })

  it('shows a memory alarm, and a disk alarm, while they last', async () => {
    const connection = await stage.open()
    const alarms = async () => {
      await connection.refresh()
      return connection.alarms.join(' ')
    }
    await stage.server.ctl('set_vm_memory_high_watermark', '0')
    await stage.server.ctl('set_disk_free_limit', '900GB')
    await expect.poll(alarms, { timeout: 15_000 }).toMatch(/memory alarm.*vm_memory_high_watermark/)
    await expect.poll(alarms, { timeout: 15_000 }).toMatch(/disk alarm.*disk_free_limit/)
    await stage.server.ctl('set_vm_memory_high_watermark', '0.4')
    await stage.server.ctl('set_disk_free_limit', '50MB')
    await expect.poll(alarms, { timeout: 15_000 }).toBe('')
  })
})

describe('publishing while an alarm is on', () => {
  const message = (body: string) => ({
    exchange: '',
    routingKey: 'blocked',
    properties: writeProperties({ properties: {}, headers: {} }),
    body: Buffer.from(body),
  })

  it('says within a bound that the broker takes nothing in, and goes on when it does', async () => {
    await stage.admin.assertQueue('blocked')
    const connection = await stage.open()
    const publisher = new RabbitmqPublisher(connection.amqp, '/')
    expect(await publisher.publish(message('before'))).toEqual({ outcome: 'taken' })
    await stage.server.ctl('set_vm_memory_high_watermark', '0')
    // RabbitMQ tells a connection of the alarm when it publishes, and keeps what it had sent until then.
    expect(await publisher.publish(message('at it'))).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringMatching(/takes nothing in.*low on memory.*may take this one/),
    })
    expect(await publisher.publish(message('while'))).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('low on memory'),
    })
    await stage.server.ctl('set_vm_memory_high_watermark', '0.4')
    await expect.poll(() => publisher.publish(message('after')), { timeout: 15_000 }).toEqual({ outcome: 'taken' })
    await publisher.close()
    const bodies: string[] = []
    for (let got = await stage.admin.get('blocked'); got; got = await stage.admin.get('blocked')) {
      bodies.push(got.content.toString('utf8'))
    }
    expect(bodies).toEqual(['before', 'at it', 'after'])
  })
})

describe('a broker of another kind', () => {
  it('without the management plugin is told apart from one that is down', async () => {
    const bare = await startRabbitmq({ plugins: [] })
    try {
      const target = { ...stage.target, amqpPort: bare.amqpPort, managementUrl: bare.managementUrl }
      await expect(connectRabbitmq(target)).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('management plugin cannot be reached'),
        hint: expect.stringContaining('rabbitmq-plugins enable rabbitmq_management'),
      })
    } finally {
      await bare.stop()
    }
  })

  it('is lost when it dies: once, in words', async () => {
    const mortal = await startRabbitmqStage()
    try {
      const connection = await mortal.open()
      const losses: Failure[] = []
      connection.onLost((trouble) => losses.push(trouble))
      await mortal.server.kill()
      const ask = () => connection.management.get('/overview', { act: 'look' })
      await expect(ask()).rejects.toMatchObject({ code: 'unreachable' })
      await expect(ask()).rejects.toMatchObject({ code: 'unreachable' })
      expect(losses.map(({ code }) => code)).toEqual(['unreachable'])
    } finally {
      await mortal.stop()
    }
  })
})

async function failureOf(change: Partial<RabbitmqTarget>): Promise<Failure> {
  const outcome = await stage.open(change).catch((error: unknown) => error)
  if (!(outcome instanceof Failure)) throw new Error('it should have failed', { cause: outcome })
  return outcome
}

function selfSigned(into: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', join(into, 'key.pem'), '-out', join(into, 'cert.pem')],
    ],
    { stdio: 'ignore' },
  )
}
