import type { RedisTopology, Tier } from './environment'

/** What was said counts; otherwise a server on this machine is dev, and any other counts as production until somebody says what it is. */
export function effectiveTier(tier: Tier | null, topology: RedisTopology): Tier {
  if (tier !== null) return tier
  return hostsOf(topology).every(isLoopback) ? 'dev' : 'production'
}

export function hostsOf(topology: RedisTopology): readonly string[] {
  switch (topology.kind) {
    case 'single':
      return [topology.host]
    case 'sentinel':
      return topology.sentinels.map(({ host }) => host)
    case 'cluster':
      return topology.nodes.map(({ host }) => host)
  }
}

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
