import type { LayoutDeclaration } from '@shared/model/declaration'
import type { BrokerKind, Tier } from '@shared/model/environment'

/** The form as it is typed: every field a string or a flag. What it means is decided once, in `inputOf`. */
export interface EnvironmentForm extends RedisFields, SqsFields, RabbitmqFields {
  name: string
  tier: Tier | ''
  broker: BrokerKind
  username: string
  secretKind: 'none' | 'keep' | 'session' | 'env' | 'file' | 'stored'
  secret: string
  tls: boolean
  caFile: string
  verify: boolean
}

/** What the form asks of a Redis alone. */
export interface RedisFields {
  kind: 'single' | 'sentinel' | 'cluster'
  host: string
  port: string
  /** "host:port" one a line, for Sentinel and Cluster. */
  nodes: string
  masterName: string
  database: string
  /** The team's own layouts. */
  declarations: readonly LayoutDeclaration[]
  /** Key prefixes to look under, separated by commas; empty for all. */
  prefixes: string
}

/** What the form asks of SQS alone. */
export interface SqsFields {
  region: string
  endpoint: string
  credentials: 'default' | 'profile' | 'keys'
  profile: string
  accessKeyId: string
  roleArn: string
  externalId: string
  mfaSerial: string
  namePrefix: string
  /** URLs or ARNs, one a line. */
  queues: string
  cloudWatch: boolean
}

/** What the form asks of RabbitMQ alone. */
export interface RabbitmqFields {
  rabbitHost: string
  rabbitPort: string
  managementUrl: string
  /** Separated by commas; empty for all. */
  vhosts: string
}

/** Which field an issue is about, and better words for it than the schema's. */
export interface FieldIssue {
  readonly field?: keyof EnvironmentForm | undefined
  readonly words?: string
}
