import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs'
import {
  createCredentialChain,
  fromContainerMetadata,
  fromEnv,
  fromHttp,
  fromIni,
  fromInstanceMetadata,
  fromTemporaryCredentials,
  fromTokenFile,
} from '@aws-sdk/credential-providers'

export type SqsCredentials =
  /** As other AWS tools do: the environment, then the profile (keys, SSO, a process, a role), a web identity, a container. */
  | {
      readonly kind: 'default'
      readonly profile?: string
      /** Ask the metadata service of an EC2 instance as well. Off by default: elsewhere the question only costs time. */
      readonly instanceMetadata?: boolean
    }
  | {
      readonly kind: 'keys'
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken?: string
    }

/** Where and as whom to connect. Keys are here and in the SDK, and nowhere else. */
export interface SqsTarget {
  /** Default: AWS_REGION, else the profile's. */
  readonly region?: string
  /** Instead of the region's; default: AWS_ENDPOINT_URL_SQS, if set. */
  readonly endpoint?: string
  readonly credentials?: SqsCredentials
  /** Taken on with those credentials. */
  readonly role?: SqsRole
}

export interface SqsRole {
  readonly arn: string
  readonly externalId: string | null
  readonly mfa: {
    readonly serial: string
    /** Throws a Failure where nobody gave a code. */
    readonly code: () => Promise<string>
  } | null
}

/**
 * One SQS under two manners. What asks, deletes or hides may be said again when its answer was lost, since twice is as good as
 * once: `repeating` tries three times. What sends to a standard queue may not: SQS would keep both copies and tell nobody, and
 * whether the second is wanted is the caller's to say. `once` therefore repeats only what SQS itself refused as too much.
 */
export interface SqsConnection {
  readonly repeating: SQSClient
  readonly once: SQSClient
  /** For messages: the region or the endpoint. */
  readonly where: string
  close(): void
}

/** Longer than the longest poll of 20 s. */
const answerTimeoutMs = 35_000
const connectTimeoutMs = 5_000
const mostSockets = 200

/** The credentials that requests are signed with, of whichever AWS service. */
export function signerOf({ credentials = { kind: 'default' }, role, region }: SqsTarget) {
  const own = credentialsOf(credentials)
  if (role === undefined) return own
  return fromTemporaryCredentials({
    masterCredentials: own,
    ...(region === undefined ? {} : { clientConfig: { region } }),
    params: {
      RoleArn: role.arn,
      RoleSessionName: 'queuescope',
      ...(role.externalId === null ? {} : { ExternalId: role.externalId }),
      ...(role.mfa === null ? {} : { SerialNumber: role.mfa.serial }),
    },
    ...(role.mfa === null ? {} : { mfaCodeProvider: role.mfa.code }),
  })
}

export function connectSqs(target: SqsTarget = {}): SqsConnection {
  const common: SQSClientConfig = {
    ...(target.region === undefined ? {} : { region: target.region }),
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint }),
    // A queue's URL may name a host that only the server itself knows; where requests go is said by region or endpoint.
    useQueueUrlAsEndpoint: false,
    credentials: signerOf(target),
    ...profileOf(target.credentials),
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: answerTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: mostSockets },
      httpsAgent: { keepAlive: true, maxSockets: mostSockets },
    },
  }
  const repeating = new SQSClient({ ...common, maxAttempts: 3 })
  const once = new SQSClient({ ...common, retryStrategy: refusedOnly })
  return {
    repeating,
    once,
    where: target.endpoint ?? `SQS${target.region === undefined ? '' : ` in ${target.region}`}`,
    close() {
      repeating.destroy()
      once.destroy()
    },
  }
}

function credentialsOf(credentials: SqsCredentials) {
  if (credentials.kind === 'keys') {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
  }
  const { profile, instanceMetadata = false } = credentials
  // A profile that somebody named is meant: nothing else may take its place.
  if (profile !== undefined) return fromIni({ profile })
  const inContainer = Boolean(
    process.env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI,
  )
  return createCredentialChain(
    ...(process.env.AWS_PROFILE ? [] : [fromEnv()]),
    fromIni(),
    fromTokenFile(),
    ...(inContainer ? [fromHttp(), fromContainerMetadata()] : []),
    ...(instanceMetadata ? [fromInstanceMetadata({ timeout: 1_000, maxRetries: 0 })] : []),
  )
}

const profileOf = (credentials: SqsCredentials | undefined) =>
  credentials?.kind === 'default' && credentials.profile !== undefined ? { profile: credentials.profile } : {}

const mostRefusals = 3
const firstPauseMs = 200

const retryToken = (count: number) => ({
  getRetryCount: () => count,
  getRetryDelay: () => (count === 0 ? 0 : firstPauseMs * 2 ** (count - 1)),
  getRetryCost: () => 0,
})

const refusedOnly: NonNullable<SQSClientConfig['retryStrategy']> = {
  acquireInitialRetryToken: async () => retryToken(0),
  refreshRetryTokenForRetry: async (token, { errorType }) => {
    const count = token.getRetryCount() + 1
    if (errorType !== 'THROTTLING' || count > mostRefusals) throw new Error('not repeated')
    return retryToken(count)
  },
  recordSuccess: () => {},
}
