import { type Environment, EnvironmentInput, type HostPort, type Tier } from '@shared/model/environment'

/** The form as it is typed: every field a string or a flag. What it means is decided once, in `inputOf`. */
export interface EnvironmentForm {
  name: string
  tier: Tier | ''
  kind: 'single' | 'sentinel' | 'cluster'
  host: string
  port: string
  /** "host:port" one a line, for Sentinel and Cluster. */
  nodes: string
  masterName: string
  database: string
  username: string
  secretKind: 'none' | 'keep' | 'session' | 'env' | 'file' | 'stored'
  secret: string
  tls: boolean
  caFile: string
  verify: boolean
}

export type FormErrors = Partial<Record<keyof EnvironmentForm, string>>

export const emptyForm: EnvironmentForm = {
  name: '',
  tier: '',
  kind: 'single',
  host: '127.0.0.1',
  port: '6379',
  nodes: '',
  masterName: 'mymaster',
  database: '0',
  username: '',
  secretKind: 'none',
  secret: '',
  tls: false,
  caFile: '',
  verify: true,
}

/** A saved environment as a form. The secret itself is never known here: it is kept unless something new is typed. */
export function formOf(environment: Environment): EnvironmentForm {
  const { topology, password } = environment
  return {
    ...emptyForm,
    name: environment.name,
    tier: environment.tier ?? '',
    kind: topology.kind,
    host: topology.kind === 'single' ? topology.host : '',
    port: topology.kind === 'single' ? String(topology.port) : '',
    nodes:
      topology.kind === 'single' ? '' : nodesText(topology.kind === 'sentinel' ? topology.sentinels : topology.nodes),
    masterName: topology.kind === 'sentinel' ? topology.masterName : emptyForm.masterName,
    database: String(environment.database),
    username: environment.username ?? '',
    secretKind: password.kind === 'none' ? 'none' : 'keep',
    tls: environment.tls.enabled,
    caFile: environment.tls.caFile ?? '',
    verify: environment.tls.verify,
  }
}

const nodesText = (nodes: readonly HostPort[]) => nodes.map(({ host, port }) => `${host}:${port}`).join('\n')

export function inputOf(
  form: EnvironmentForm,
): { ok: true; input: EnvironmentInput } | { ok: false; errors: FormErrors } {
  const errors: FormErrors = {}
  const nodes = form.kind === 'single' ? [] : parseNodes(form.nodes)
  if (nodes === undefined) errors.nodes = 'one host:port a line'
  else if (form.kind !== 'single' && nodes.length === 0) errors.nodes = 'name at least one'
  if (needsSecret(form.secretKind) && form.secret === '') errors.secret = secretMissing[form.secretKind]
  const candidate = {
    name: form.name,
    kind: 'redis',
    tier: form.tier === '' ? null : form.tier,
    topology: topologyOf(form, nodes ?? []),
    database: whole(form.database),
    username: form.username.trim() === '' ? null : form.username.trim(),
    tls: { enabled: form.tls, caFile: form.caFile.trim() === '' ? null : form.caFile.trim(), verify: form.verify },
    password: secretOf(form),
  }
  const parsed = EnvironmentInput.safeParse(candidate)
  if (parsed.success && Object.keys(errors).length === 0) return { ok: true, input: parsed.data }
  for (const issue of parsed.error?.issues ?? []) {
    const field = fieldOf(issue.path)
    if (field) errors[field] ??= wordsFor(field, issue.message)
  }
  if (Object.keys(errors).length === 0) errors.name = 'something here is not right'
  return { ok: false, errors }
}

const needsSecret = (kind: EnvironmentForm['secretKind']): kind is 'session' | 'env' | 'file' | 'stored' =>
  kind !== 'none' && kind !== 'keep'

const secretMissing = {
  session: 'type the password',
  stored: 'type the password',
  env: 'name the variable',
  file: 'name the file',
} as const

function topologyOf(form: EnvironmentForm, nodes: readonly HostPort[]): unknown {
  switch (form.kind) {
    case 'single':
      return { kind: 'single', host: form.host, port: whole(form.port) }
    case 'sentinel':
      return { kind: 'sentinel', sentinels: nodes, masterName: form.masterName.trim() }
    case 'cluster':
      return { kind: 'cluster', nodes }
  }
}

function secretOf({ secretKind, secret }: EnvironmentForm): unknown {
  switch (secretKind) {
    case 'none':
    case 'keep':
      return { kind: secretKind }
    case 'session':
    case 'stored':
      return { kind: secretKind, value: secret }
    case 'env':
      return { kind: 'env', name: secret.trim() }
    case 'file':
      return { kind: 'file', path: secret.trim() }
  }
}

const whole = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN)

/** undefined when a line is no host:port. IPv6 stands in brackets. */
export function parseNodes(text: string): HostPort[] | undefined {
  const nodes: HostPort[] = []
  for (const line of text
    .split(/[\n,]+/)
    .map((part) => part.trim())
    .filter(Boolean)) {
    const found = /^(?:\[([0-9a-fA-F:]+)\]|([^\s:]+)):(\d{1,5})$/.exec(line)
    const port = Number(found?.[3])
    if (!found || port < 1 || port > 65535) return undefined
    nodes.push({ host: found[1] ?? found[2]!, port })
  }
  return nodes
}

/** What a Redis URL says, as changes to the form; null when it is none. */
export function fromUrl(text: string): Partial<EnvironmentForm> | null {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    return null
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') return null
  const password = decodeURIComponent(url.password)
  return {
    kind: 'single',
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: url.port || '6379',
    database: url.pathname.replace(/^\//, '') || '0',
    username: decodeURIComponent(url.username),
    tls: url.protocol === 'rediss:',
    ...(password !== '' && { secretKind: 'session' as const, secret: password }),
  }
}

const loopback = /^(localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i

/** Whether every host is this machine: only then a tier may stay unsaid without counting as production. */
export function isLoopback(form: EnvironmentForm): boolean {
  if (form.kind === 'single') return loopback.test(form.host.trim())
  const nodes = parseNodes(form.nodes)
  return nodes !== undefined && nodes.length > 0 && nodes.every(({ host }) => loopback.test(host))
}

function fieldOf(path: readonly PropertyKey[]): keyof EnvironmentForm | undefined {
  const [first, second] = path
  if (first === 'topology') {
    return second === 'host' ? 'host' : second === 'port' ? 'port' : second === 'masterName' ? 'masterName' : 'nodes'
  }
  if (first === 'password') return 'secret'
  if (first === 'tls') return second === 'caFile' ? 'caFile' : 'tls'
  return first === 'name' || first === 'tier' || first === 'database' || first === 'username' ? first : undefined
}

const fieldWords: Partial<Record<keyof EnvironmentForm, string>> = {
  host: 'name the host',
  port: 'a port from 1 to 65535',
  database: 'a number from 0 to 1023',
  masterName: 'name the group that Sentinel watches',
}

const wordsFor = (field: keyof EnvironmentForm, message: string) => fieldWords[field] ?? message
