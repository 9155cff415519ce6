import type { Profile, RedisTopology, Tier } from './environment'

/** What was said counts; otherwise a server on this machine is dev, and any other counts as production until somebody says what it is. */
export function effectiveTier(profile: Profile): Tier {
  if (profile.tier !== null) return profile.tier
  return hostsOf(profile).every(isLoopback) ? 'dev' : 'production'
}

/** The hosts that a profile names, without ports. */
export function hostsOf(profile: Profile): readonly string[] {
  switch (profile.kind) {
    case 'redis':
      return hostsOfTopology(profile.topology)
    case 'sqs':
      return [profile.endpoint === null ? 'amazonaws.com' : new URL(profile.endpoint).hostname]
    case 'rabbitmq':
      return [profile.host]
  }
}

export function hostsOfTopology(topology: RedisTopology): readonly string[] {
  switch (topology.kind) {
    case 'single':
      return [topology.host]
    case 'sentinel':
      return topology.sentinels.map(({ host }) => host)
    case 'cluster':
      return topology.nodes.map(({ host }) => host)
  }
}

/** Where a profile leads, for messages and lists: "db-1:6379", "SQS eu-central-1". */
export function placeOf(profile: Profile): string {
  switch (profile.kind) {
    case 'redis':
      return profile.topology.kind === 'single'
        ? `${profile.topology.host}:${profile.topology.port}`
        : hostsOfTopology(profile.topology).join(', ')
    case 'sqs':
      return profile.endpoint ?? `SQS ${profile.region ?? 'in the default region'}`
    case 'rabbitmq':
      return `${profile.host}:${profile.port}`
  }
}

/** undefined: this kind of broker is reached without TLS settings of its own. */
export const tlsOf = (profile: Profile): { readonly enabled: boolean; readonly verify: boolean } | undefined =>
  profile.kind === 'sqs' ? undefined : profile.tls

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
