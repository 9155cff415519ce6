import { Failure } from '@shared/failure'
import type { RedisTarget } from '../brokers/clients/redis'

/** `url` like redis://user:password@host:6379/0 (rediss:// for TLS), or its parts; or the Sentinels of a master, or nodes of a Cluster. */
export type RedisAddress =
  | { readonly url: string }
  | (RedisLogin & { readonly host?: string; readonly port?: number })
  | (RedisLogin & {
      readonly sentinels: readonly { readonly host: string; readonly port: number }[]
      readonly masterName: string
    })
  | (RedisLogin & { readonly cluster: readonly { readonly host: string; readonly port: number }[] })

interface RedisLogin {
  readonly database?: number
  readonly username?: string
  readonly password?: string
  /** true, or the PEM text of the authority that signed the server's certificate. */
  readonly tls?: boolean | { readonly ca: string }
}

/** @internal */
export function targetOf(address: RedisAddress): RedisTarget {
  if ('url' in address) return targetOfUrl(address.url)
  const { database = 0, username = null, password = null, tls = false } = address
  return {
    topology: topologyOf(address),
    database,
    username,
    password,
    tls: tls === false ? null : { ca: tls === true ? null : tls.ca, verify: true },
  }
}

function topologyOf(address: Exclude<RedisAddress, { readonly url: string }>): RedisTarget['topology'] {
  if ('sentinels' in address)
    return { kind: 'sentinel', sentinels: [...address.sentinels], masterName: address.masterName }
  if ('cluster' in address) return { kind: 'cluster', nodes: [...address.cluster] }
  const { host = '127.0.0.1', port = 6379 } = address
  return { kind: 'single', host, port }
}

function targetOfUrl(text: string): RedisTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || (url.protocol !== 'redis:' && url.protocol !== 'rediss:'))
    throw new Failure({ code: 'bad-input', message: 'A Redis URL reads redis://user:password@host:6379/0.' })
  const database = url.pathname.length > 1 ? Number(url.pathname.slice(1)) : 0
  if (!Number.isInteger(database) || database < 0)
    throw new Failure({ code: 'bad-input', message: "A Redis URL's path is the database's number." })
  return {
    topology: {
      kind: 'single',
      host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
      port: url.port === '' ? 6379 : Number(url.port),
    },
    database,
    username: url.username === '' ? null : decodeURIComponent(url.username),
    password: url.password === '' ? null : decodeURIComponent(url.password),
    tls: url.protocol === 'rediss:' ? { ca: null, verify: true } : null,
  }
}

/** @internal For messages to people. */
export function whereOf({ topology }: RedisTarget): string {
  switch (topology.kind) {
    case 'single':
      return `${topology.host}:${topology.port}`
    case 'sentinel':
      return `the master ${topology.masterName}`
    case 'cluster':
      return topology.nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
  }
}
