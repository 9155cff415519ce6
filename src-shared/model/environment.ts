import { z } from 'zod'
import { failureCodes } from '../failure'
import { LayoutDeclaration } from './declaration'

export const tiers = ['dev', 'staging', 'production'] as const
export const Tier = z.enum(tiers)
export type Tier = z.infer<typeof Tier>

/** Where a secret comes from. Only references and ciphertext are ever saved; `session` lives in memory until the console ends. */
export const SecretInput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  /** Leaves what is set as it is. */
  z.object({ kind: z.literal('keep') }),
  z.object({ kind: z.literal('session'), value: z.string().min(1).max(8192) }),
  z.object({
    kind: z.literal('env'),
    name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name, like REDIS_PASSWORD'),
  }),
  z.object({ kind: z.literal('file'), path: z.string().min(1).max(4096) }),
  /** Kept by the operating system's key store; refused where that is no real store. */
  z.object({ kind: z.literal('stored'), value: z.string().min(1).max(8192) }),
])
export type SecretInput = z.infer<typeof SecretInput>

/** What a screen may know of a secret: where it comes from and whether it is there. Never the secret. */
export const SecretView = z.object({
  kind: z.enum(['none', 'session', 'env', 'file', 'stored']),
  set: z.boolean(),
  /** The variable's name or the file's path. */
  reference: z.string().nullable(),
})
export type SecretView = z.infer<typeof SecretView>

export const HostPort = z.object({ host: z.string().min(1).max(253), port: z.number().int().min(1).max(65535) })
export type HostPort = z.infer<typeof HostPort>

/** How to reach a Redis: one server, a Sentinel-watched group, or a Cluster. */
export const RedisTopology = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('single'),
    host: z.string().trim().min(1).max(253),
    port: z.number().int().min(1).max(65535),
  }),
  z.object({ kind: z.literal('sentinel'), sentinels: z.array(HostPort).min(1).max(16), masterName: z.string().min(1) }),
  z.object({ kind: z.literal('cluster'), nodes: z.array(HostPort).min(1).max(64) }),
])
export type RedisTopology = z.infer<typeof RedisTopology>

const named = {
  name: z.string().trim().min(1, 'give it a name').max(80),
  /** null: not said; a host that is not loopback then counts as production. */
  tier: Tier.nullable(),
}

const Tls = z.object({
  enabled: z.boolean(),
  /** Path of a PEM file with the authority to trust besides the system's. */
  caFile: z.string().max(4096).nullable(),
  /** false accepts any certificate; refused on production. */
  verify: z.boolean(),
})

export const RedisProfile = z.object({
  ...named,
  kind: z.literal('redis'),
  topology: RedisTopology,
  database: z.number().int().min(0).max(1023),
  username: z.string().max(256).nullable(),
  tls: Tls,
  /** Only keys that begin with one of these are looked at for queues; absent or empty: all. */
  prefixes: z.array(z.string().min(1).max(512)).max(64).optional(),
  /** The team's own layouts, besides those that are shipped. */
  declarations: z.array(LayoutDeclaration).max(50).optional(),
})
export type RedisProfile = z.infer<typeof RedisProfile>

/** As whom to sign requests to AWS. The secret of a key pair is the environment's password. */
export const AwsCredentials = z.discriminatedUnion('kind', [
  /** Variables, profile, SSO, process, web identity, container: as other AWS tools look. */
  z.object({ kind: z.literal('default') }),
  z.object({ kind: z.literal('profile'), profile: z.string().trim().min(1).max(256) }),
  z.object({ kind: z.literal('keys'), accessKeyId: z.string().trim().min(1).max(256) }),
])
export type AwsCredentials = z.infer<typeof AwsCredentials>

export const SqsProfile = z.object({
  ...named,
  kind: z.literal('sqs'),
  /** null: AWS_REGION, else the profile's. */
  region: z
    .string()
    .regex(/^[a-z0-9-]{2,32}$/, 'a region like eu-central-1')
    .nullable(),
  /** Instead of the region's: a VPC endpoint or an emulator. */
  endpoint: z.url({ protocol: /^https?$/, error: 'a URL like http://127.0.0.1:4566' }).nullable(),
  credentials: AwsCredentials,
  /** Taken on with those credentials. */
  role: z
    .object({
      arn: z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/, 'a role like arn:aws:iam::123456789012:role/reader'),
      externalId: z.string().max(1224).nullable(),
      /** Serial number or ARN of the MFA device whose code is asked for at connect. */
      mfaSerial: z.string().max(256).nullable(),
    })
    .nullable(),
  /** Only queues whose names begin so; "" for all. */
  namePrefix: z.string().max(80),
  /** URLs or ARNs of queues that are shown even where listing is denied. */
  queues: z.array(z.string().trim().min(1).max(512)).max(500),
  /** Ask CloudWatch for ages and rates: billed by AWS per metric. */
  cloudWatch: z.boolean(),
})
export type SqsProfile = z.infer<typeof SqsProfile>

export const RabbitmqProfile = z.object({
  ...named,
  kind: z.literal('rabbitmq'),
  host: z.string().trim().min(1).max(253),
  port: z.number().int().min(1).max(65535),
  /** Where the management plugin listens: http://host:15672. */
  managementUrl: z.url({ protocol: /^https?$/, error: 'a URL like http://127.0.0.1:15672' }),
  username: z.string().max(256).nullable(),
  tls: Tls,
  /** Only these virtual hosts; empty for all that the user may see. */
  vhosts: z.array(z.string().min(1).max(256)).max(64),
})
export type RabbitmqProfile = z.infer<typeof RabbitmqProfile>

/** How to reach one broker, without any secret. */
export const Profile = z.discriminatedUnion('kind', [RedisProfile, SqsProfile, RabbitmqProfile])
export type Profile = z.infer<typeof Profile>
export type BrokerKind = Profile['kind']

const secret = { password: SecretInput }

/** What the form sends. */
export const EnvironmentInput = z.discriminatedUnion('kind', [
  RedisProfile.extend(secret),
  SqsProfile.extend(secret),
  RabbitmqProfile.extend(secret),
])
export type EnvironmentInput = z.infer<typeof EnvironmentInput>

const shown = {
  id: z.string(),
  /** The tier that counts: what was said, or what the host implies. */
  effectiveTier: Tier,
  password: SecretView,
  /** saved: by hand; declared: from $QUEUESCOPE_ENVIRONMENTS, not editable here; sandbox: built in, in memory. */
  origin: z.enum(['saved', 'declared', 'sandbox']),
}

/** A saved connection as screens see it: no secret in it. */
export const Environment = z.discriminatedUnion('kind', [
  RedisProfile.extend(shown),
  SqsProfile.extend(shown),
  RabbitmqProfile.extend(shown),
])
export type Environment = z.infer<typeof Environment>

export const Trouble = z.object({
  code: z.enum(failureCodes),
  message: z.string(),
  hint: z.string().optional(),
  subject: z.string().optional(),
})
export type Trouble = z.infer<typeof Trouble>

/** The live side of an environment. */
export const EnvironmentState = z.object({
  id: z.string(),
  /** idle: not opened yet; lost: was connected, trying again at `retryAt`. */
  phase: z.enum(['idle', 'connecting', 'connected', 'lost']),
  since: z.number(),
  retryAt: z.number().nullable(),
  trouble: Trouble.nullable(),
  /** "Redis 7.0.15", null until connected once. */
  server: z.string().nullable(),
  /** Round trip of the last sample, milliseconds. */
  latencyMs: z.number().nullable(),
  sampledAt: z.number().nullable(),
  sampleEveryMs: z.number(),
  /** Share of the broker's time that looking costs, 0 to 1. */
  costShare: z.number().nullable(),
  /** Where looking is billed: requests so far and what a month at this rate would cost; null elsewhere. */
  bill: z.object({ requests: z.number(), perDay: z.number(), dollarsPerMonth: z.number() }).nullable(),
  /** Keys walked so far while queues are being looked for; null: not looking. */
  keysWalked: z.number().nullable(),
  queueCount: z.number(),
  readOnly: z.boolean(),
  /** Until when writing is unlocked on production; null when locked or when no lock applies. */
  unlockedUntil: z.number().nullable(),
  /** Why the broker takes no messages in at the moment, in words; [] when it does. */
  alarms: z.array(z.string()),
  /** What could be lost or is missing, in words: eviction policy, persistence, permissions. */
  notices: z.array(z.string()),
})
export type EnvironmentState = z.infer<typeof EnvironmentState>

/** The answer of "Test": words that a person can act on. */
export const ConnectionReport = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), message: z.string(), notices: z.array(z.string()) }),
  z.object({ ok: z.literal(false), trouble: Trouble }),
])
export type ConnectionReport = z.infer<typeof ConnectionReport>
