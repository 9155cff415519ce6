import { readFile } from 'node:fs/promises'
import { Failure } from '@shared/failure'
import {
  type HostPort,
  type Profile,
  RabbitmqProfile,
  RedisProfile,
  type RedisTopology,
  SqsProfile,
} from '@shared/model/environment'
import { parseRedisUrl } from '@shared/model/redis-url'
import { effectiveTier, tlsOf } from '@shared/model/tier'
import { z } from 'zod'
import type { SecretReference } from './secrets'

/** An environment that a file declares; its id is made of its name, so that links and pins survive a restart. */
export interface DeclaredEnvironment {
  readonly id: string
  readonly environment: Profile
  readonly password: SecretReference
}

const DeclaredTls = z.strictObject({ caFile: z.string().optional(), verify: z.boolean().optional() })

const DeclaredRedis = z.strictObject({
  name: RedisProfile.shape.name,
  kind: z.literal('redis'),
  tier: RedisProfile.shape.tier.optional(),
  url: z.string().optional(),
  sentinel: z.strictObject({ nodes: z.array(z.string()).min(1), masterName: z.string().min(1) }).optional(),
  cluster: z.strictObject({ nodes: z.array(z.string()).min(1) }).optional(),
  database: RedisProfile.shape.database.optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  tls: DeclaredTls.optional(),
  prefixes: RedisProfile.shape.prefixes,
})
type DeclaredRedis = z.infer<typeof DeclaredRedis>

const DeclaredSqs = z.strictObject({
  name: SqsProfile.shape.name,
  kind: z.literal('sqs'),
  tier: SqsProfile.shape.tier.optional(),
  region: SqsProfile.shape.region.optional(),
  endpoint: SqsProfile.shape.endpoint.optional(),
  profile: z.string().min(1).optional(),
  accessKeyId: z.string().min(1).optional(),
  /** The secret access key. */
  password: z.string().optional(),
  role: z.strictObject({ arn: z.string(), externalId: z.string().optional() }).optional(),
  namePrefix: SqsProfile.shape.namePrefix.optional(),
  queues: SqsProfile.shape.queues.optional(),
  cloudWatch: z.boolean().optional(),
})
type DeclaredSqs = z.infer<typeof DeclaredSqs>

const DeclaredRabbitmq = z.strictObject({
  name: RabbitmqProfile.shape.name,
  kind: z.literal('rabbitmq'),
  tier: RabbitmqProfile.shape.tier.optional(),
  host: RabbitmqProfile.shape.host,
  port: RabbitmqProfile.shape.port.optional(),
  managementUrl: RabbitmqProfile.shape.managementUrl.optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  tls: DeclaredTls.optional(),
  vhosts: RabbitmqProfile.shape.vhosts.optional(),
})
type DeclaredRabbitmq = z.infer<typeof DeclaredRabbitmq>

const Declared = z.discriminatedUnion('kind', [DeclaredRedis, DeclaredSqs, DeclaredRabbitmq])

/**
 * Reads the file named by $QUEUESCOPE_ENVIRONMENTS: a JSON list like
 * `[{"name": "billing", "kind": "redis", "tier": "staging", "url": "rediss://10.0.0.5:6379/0", "password": "env:REDIS_PASSWORD"}]`.
 * Throws a Failure that names the file, the entry and the field.
 */
export async function readDeclaredEnvironments(path: string): Promise<readonly DeclaredEnvironment[]> {
  const refuse = (message: string, hint = 'Mend the file and start again.') =>
    new Failure({ code: 'bad-input', message: `${path}: ${message}`, hint, subject: path })
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    throw refuse('the environments file cannot be read', 'Check QUEUESCOPE_ENVIRONMENTS and who may read the file.')
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse(`not JSON (${error instanceof Error ? error.message : 'unreadable'})`)
  }
  if (!Array.isArray(json)) throw refuse('expected a list of environments')
  const environments = json.map((entry, index) =>
    parseEntry(entry, (message) => refuse(`entry ${index + 1}: ${message}`)),
  )
  const ids = environments.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice) throw refuse(`two environments are named alike (${twice})`)
  return environments
}

function parseEntry(entry: unknown, refuse: (message: string) => Failure): DeclaredEnvironment {
  const parsed = Declared.safeParse(entry)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw refuse(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'not an environment'}`)
  }
  const { data } = parsed
  const environment = profileOf(data, refuse)
  if (tlsOf(environment)?.verify === false && effectiveTier(environment) === 'production') {
    throw refuse('tls.verify: a production environment must verify the certificate; name caFile instead')
  }
  return {
    id: `declared-${data.name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
    environment,
    password: secretReference(data.password, refuse),
  }
}

function profileOf(data: z.infer<typeof Declared>, refuse: (message: string) => Failure): Profile {
  switch (data.kind) {
    case 'redis':
      return redisOf(data, refuse)
    case 'sqs':
      return sqsOf(data, refuse)
    case 'rabbitmq':
      return rabbitmqOf(data)
  }
}

function redisOf(data: DeclaredRedis, refuse: (message: string) => Failure): RedisProfile {
  const places = [data.url, data.sentinel, data.cluster].filter((place) => place !== undefined)
  if (places.length !== 1) throw refuse('name one of url, sentinel or cluster')
  const url = data.url === undefined ? undefined : parseRedisUrl(data.url)
  if (url?.password) throw refuse('url: holds a password; write "password": "env:NAME" or "file:/path" instead')
  const topology: RedisTopology = url
    ? { kind: 'single', host: url.host, port: url.port }
    : data.sentinel
      ? {
          kind: 'sentinel',
          sentinels: data.sentinel.nodes.map((node) => hostPort(node, 26379, refuse)),
          masterName: data.sentinel.masterName,
        }
      : { kind: 'cluster', nodes: (data.cluster?.nodes ?? []).map((node) => hostPort(node, 6379, refuse)) }
  return {
    name: data.name,
    kind: 'redis',
    tier: data.tier ?? null,
    topology,
    database: data.database ?? url?.database ?? 0,
    username: data.username ?? url?.username ?? null,
    tls: { ...tlsSettings(data.tls), enabled: url?.tls === true || data.tls !== undefined },
    ...(data.prefixes && { prefixes: data.prefixes }),
  }
}

function sqsOf(data: DeclaredSqs, refuse: (message: string) => Failure): SqsProfile {
  if (data.profile !== undefined && data.accessKeyId !== undefined) throw refuse('name one of profile or accessKeyId')
  return {
    name: data.name,
    kind: 'sqs',
    tier: data.tier ?? null,
    region: data.region ?? null,
    endpoint: data.endpoint ?? null,
    credentials:
      data.profile !== undefined
        ? { kind: 'profile', profile: data.profile }
        : data.accessKeyId !== undefined
          ? { kind: 'keys', accessKeyId: data.accessKeyId }
          : { kind: 'default' },
    role: data.role ? { arn: data.role.arn, externalId: data.role.externalId ?? null, mfaSerial: null } : null,
    namePrefix: data.namePrefix ?? '',
    queues: data.queues ?? [],
    cloudWatch: data.cloudWatch ?? false,
  }
}

const rabbitmqOf = (data: DeclaredRabbitmq): RabbitmqProfile => ({
  name: data.name,
  kind: 'rabbitmq',
  tier: data.tier ?? null,
  host: data.host,
  port: data.port ?? (data.tls ? 5671 : 5672),
  managementUrl: data.managementUrl ?? (data.tls ? `https://${data.host}:15671` : `http://${data.host}:15672`),
  username: data.username ?? null,
  tls: { ...tlsSettings(data.tls), enabled: data.tls !== undefined },
  vhosts: data.vhosts ?? [],
})

const tlsSettings = (tls: z.infer<typeof DeclaredTls> | undefined) => ({
  caFile: tls?.caFile ?? null,
  verify: tls?.verify ?? true,
})

function secretReference(text: string | undefined, refuse: (message: string) => Failure): SecretReference {
  if (text === undefined) return { kind: 'none' }
  if (/^env:[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return { kind: 'env', name: text.slice(4) }
  if (text.startsWith('file:') && text.length > 5) return { kind: 'file', path: text.slice(5) }
  throw refuse('password: expected a reference, "env:NAME" or "file:/path", never the password itself')
}

function hostPort(text: string, defaultPort: number, refuse: (message: string) => Failure): HostPort {
  const match = text.match(/^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/)
  const port = match?.[2] === undefined ? defaultPort : Number(match[2])
  if (!match?.[1] || port < 1 || port > 65535) throw refuse(`"${text}" is not host:port`)
  return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port }
}
