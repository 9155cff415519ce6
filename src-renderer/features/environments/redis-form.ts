import type { HostPort, RedisProfile } from '@shared/model/environment'
import type { EnvironmentForm, FieldIssue, RedisFields } from './environment-fields'

export const redisDefaults: RedisFields = {
  kind: 'single',
  host: '127.0.0.1',
  port: '6379',
  nodes: '',
  masterName: 'mymaster',
  database: '0',
  prefixes: '',
  declarations: [],
}

export function redisForm({
  topology,
  database,
  prefixes = [],
  declarations = [],
}: RedisProfile): Partial<EnvironmentForm> {
  return {
    kind: topology.kind,
    host: topology.kind === 'single' ? topology.host : '',
    port: topology.kind === 'single' ? String(topology.port) : '',
    nodes:
      topology.kind === 'single' ? '' : nodesText(topology.kind === 'sentinel' ? topology.sentinels : topology.nodes),
    masterName: topology.kind === 'sentinel' ? topology.masterName : redisDefaults.masterName,
    database: String(database),
    prefixes: prefixes.join(', '),
    declarations,
  }
}

const nodesText = (nodes: readonly HostPort[]) => nodes.map(({ host, port }) => `${host}:${port}`).join('\n')

export const redisProfile = (form: EnvironmentForm) => ({
  kind: 'redis',
  topology: topologyOf(form),
  database: wholeNumber(form.database),
  prefixes: listOf(form.prefixes),
  declarations: form.declarations,
})

function topologyOf(form: EnvironmentForm): unknown {
  const nodes = parseNodes(form.nodes) ?? []
  switch (form.kind) {
    case 'single':
      return { kind: 'single', host: form.host, port: wholeNumber(form.port) }
    case 'sentinel':
      return { kind: 'sentinel', sentinels: nodes, masterName: form.masterName.trim() }
    case 'cluster':
      return { kind: 'cluster', nodes }
  }
}

export function redisField([first, second]: readonly PropertyKey[]): FieldIssue {
  if (first === 'database') return { field: 'database', words: 'a number from 0 to 1023' }
  if (first === 'prefixes') return { field: 'prefixes', words: 'at most 64 of them' }
  if (first !== 'topology') return {}
  if (second === 'host') return { field: 'host', words: 'name the host' }
  if (second === 'port') return { field: 'port', words: 'a port from 1 to 65535' }
  if (second === 'masterName') return { field: 'masterName', words: 'name the group that Sentinel watches' }
  return { field: 'nodes' }
}

/** undefined when a line is no host:port. IPv6 stands in brackets. */
export function parseNodes(text: string): HostPort[] | undefined {
  const nodes: HostPort[] = []
  for (const line of listOf(text)) {
    const found = /^(?:\[([0-9a-fA-F:]+)\]|([^\s:]+)):(\d{1,5})$/.exec(line)
    const port = Number(found?.[3])
    if (!found || port < 1 || port > 65535) return undefined
    nodes.push({ host: found[1] ?? found[2]!, port })
  }
  return nodes
}

/** Parts between commas and line ends, without the empty ones. */
export const listOf = (text: string): string[] =>
  text
    .split(/[\n,]+/)
    .map((part) => part.trim())
    .filter(Boolean)

export const wholeNumber = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN)
