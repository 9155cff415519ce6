import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readDeclaredEnvironments } from './declared-environments'

describe('declared environments', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queuescope-declared-'))
    path = join(folder, 'environments.json')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('reads a URL with a reference to its password', async () => {
    await writeFile(
      path,
      '[{"name": "billing", "kind": "redis", "tier": "staging", "url": "rediss://ops@10.0.0.5:6380/2", "password": "env:REDIS_PASSWORD"}]',
    )
    expect(await readDeclaredEnvironments(path)).toEqual([
      {
        id: 'declared-billing',
        environment: {
          name: 'billing',
          kind: 'redis',
          tier: 'staging',
          topology: { kind: 'single', host: '10.0.0.5', port: 6380 },
          database: 2,
          username: 'ops',
          tls: { enabled: true, caFile: null, verify: true },
        },
        password: { kind: 'env', name: 'REDIS_PASSWORD' },
      },
    ])
  })

  it('reads Sentinels and Cluster nodes', async () => {
    await writeFile(
      path,
      JSON.stringify([
        { name: 's', kind: 'redis', sentinel: { nodes: ['a:26380', 'b'], masterName: 'main' } },
        { name: 'c', kind: 'redis', cluster: { nodes: ['[::1]:7000'] } },
      ]),
    )
    const [sentinel, cluster] = await readDeclaredEnvironments(path)
    expect(sentinel?.environment).toMatchObject({
      topology: {
        kind: 'sentinel',
        sentinels: [
          { host: 'a', port: 26380 },
          { host: 'b', port: 26379 },
        ],
        masterName: 'main',
      },
    })
    expect(cluster?.environment).toMatchObject({ topology: { kind: 'cluster', nodes: [{ host: '::1', port: 7000 }] } })
  })

  it('reads SQS and RabbitMQ', async () => {
    await writeFile(
      path,
      JSON.stringify([
        { name: 'q', kind: 'sqs', region: 'eu-central-1', accessKeyId: 'AKIA1', password: 'env:AWS_SECRET' },
        {
          name: 'r',
          kind: 'rabbitmq',
          host: 'rabbit.internal',
          username: 'ops',
          password: 'file:/run/secrets/r',
          tls: {},
        },
      ]),
    )
    const [sqs, rabbitmq] = await readDeclaredEnvironments(path)
    expect(sqs).toMatchObject({
      environment: { region: 'eu-central-1', credentials: { kind: 'keys', accessKeyId: 'AKIA1' }, role: null },
      password: { kind: 'env', name: 'AWS_SECRET' },
    })
    expect(rabbitmq).toMatchObject({
      environment: { port: 5671, managementUrl: 'https://rabbit.internal:15671', tls: { enabled: true, verify: true } },
      password: { kind: 'file', path: '/run/secrets/r' },
    })
  })

  it.each([
    ['{', /environments\.json: not JSON/],
    ['{}', /expected a list/],
    ['[{}]', /entry 1: kind/],
    ['[{"name":"a","kind":"kafka","url":"redis://h"}]', /entry 1: kind/],
    ['[{"name":"a","kind":"redis"}]', /entry 1: name one of url, sentinel or cluster/],
    ['[{"name":"a","kind":"redis","url":"redis://h","colour":1}]', /entry 1.*colour/],
    ['[{"name":"a","kind":"redis","url":"redis://:s3cret@h"}]', /entry 1: url: holds a password/],
    ['[{"name":"a","kind":"redis","url":"redis://h","password":"s3cret"}]', /entry 1: password: expected a reference/],
    ['[{"name":"a","kind":"redis","url":"http://h"}]', /starts with redis:/],
    ['[{"name":"a","kind":"redis","url":"redis://h"},{"name":"A","kind":"redis","url":"redis://h"}]', /named alike/],
    ['[{"name":"a","kind":"redis","url":"rediss://db.example","tls":{"verify":false}}]', /must verify/],
    ['[{"name":"a","kind":"redis","cluster":{"nodes":["h:99999"]}}]', /not host:port/],
  ])('refuses %s and names the place', async (text, message) => {
    await writeFile(path, text)
    const refusal = await readDeclaredEnvironments(path).catch((error: Error) => error)
    expect(refusal).toMatchObject({ code: 'bad-input' })
    expect(String(refusal)).toMatch(message)
    expect(String(refusal)).not.toContain('s3cret')
  })

  it('names a file that is not there', async () => {
    await expect(readDeclaredEnvironments(join(folder, 'none.json'))).rejects.toThrow(/cannot be read/)
  })
})
