import { readFile } from 'node:fs/promises'
import { Failure } from '@shared/failure'
import { EnvironmentInput, type HostPort, type RedisTopology } from '@shared/model/environment'
import { parseRedisUrl } from '@shared/model/redis-url'
import { effectiveTier } from '@shared/model/tier'
import { z } from 'zod'
import type { SecretReference } from './secrets'

/** An environment that a file declares; its id is made of its name, so that links and pins survive a restart. */
export interface DeclaredEnvironment {
  readonly id: string
  readonly environment: Omit<EnvironmentInput, 'password'>
  readonly password: SecretReference
}

const Declared = z.strictObject({
  name: EnvironmentInput.shape.name,
  kind: z.literal('redis'),
  tier: EnvironmentInput.shape.tier.optional(),
  url: z.string().optional(),
  sentinel: z.strictObject({ nodes: z.array(z.string()).min(1), masterName: z.string().min(1) }).optional(),
  cluster: z.strictObject({ nodes: z.array(z.string()).min(1) }).optional(),
  database: EnvironmentInput.shape.database.optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  tls: z.strictObject({ caFile: z.string().optional(), verify: z.boolean().optional() }).optional(),
})

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
  if (data.tls?.verify === false && effectiveTier(data.tier ?? null, topology) === 'production') {
    throw refuse('tls.verify: a production environment must verify the certificate; name caFile instead')
  }
  return {
    id: `declared-${data.name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`,
    environment: {
      name: data.name,
      kind: 'redis',
      tier: data.tier ?? null,
      topology,
      database: data.database ?? url?.database ?? 0,
      username: data.username ?? url?.username ?? null,
      tls: {
        enabled: url?.tls === true || data.tls !== undefined,
        caFile: data.tls?.caFile ?? null,
        verify: data.tls?.verify ?? true,
      },
    },
    password: secretReference(data.password, refuse),
  }
}

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
