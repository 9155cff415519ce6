import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { Failure } from '@shared/failure'
import type { SqsProfile } from '@shared/model/environment'
import { placeOf } from '@shared/model/tier'
import { systemClock } from '../runtime/clock'
import { SqsAdapter } from './adapters/sqs/adapter'
import { CloudWatchFigures } from './adapters/sqs/cloud-watch'
import { Denials } from './adapters/sqs/denials'
import { LineToSqs } from './clients/line-to-sqs'
import { connectSqs, type SqsTarget, signerOf } from './clients/sqs'
import type { Connection } from './connection'
import { listingFinder } from './finder'
import type { Keys } from './keys'
import { withinDeadline } from './opening'
import { SqsBill } from './sqs-bill'

/** Finds credentials and region and asks for one page of queues, or throws a Failure that says what a person can do. */
export async function openSqs(profile: SqsProfile, keys: Keys): Promise<Connection> {
  const target = targetOf(profile, keys)
  const connection = connectSqs(target)
  const where = placeOf(profile)
  const bill = new SqsBill(systemClock)
  for (const client of [connection.repeating, connection.once]) bill.count(client)
  try {
    await withinDeadline(new LineToSqs(connection).prepare(), where)
  } catch (error) {
    connection.close()
    throw error
  }
  const denials = new Denials()
  const listeners = new Set<(trouble: Failure) => void>()
  const adapter = new SqsAdapter(connection, {
    namePrefix: profile.namePrefix,
    named: profile.queues,
    denials,
    onTrouble(failure) {
      for (const listener of listeners) listener(failure)
      listeners.clear()
    },
    cloudWatch: profile.cloudWatch
      ? (own) =>
          new CloudWatchFigures(
            new CloudWatchClient({
              ...(target.region === undefined ? {} : { region: target.region }),
              credentials: signerOf(target),
            }),
            { clock: systemClock, denials: own },
          )
      : null,
  })
  return {
    server: 'Amazon SQS',
    identity: `${where} ${profile.credentials.kind}`,
    get notices() {
      return denials.all
    },
    layouts: [adapter],
    finder: listingFinder([adapter]),
    bill: () => bill.now(),
    // Nothing stays connected: it is lost when a question fails by the credentials or the way.
    onLost: (listener) => void listeners.add(listener),
    async close() {
      await adapter.close()
      connection.close()
    },
  }
}

function targetOf({ region, endpoint, credentials, role }: SqsProfile, { password, mfaCode }: Keys): SqsTarget {
  return {
    ...(region === null ? {} : { region }),
    ...(endpoint === null ? {} : { endpoint }),
    credentials:
      credentials.kind === 'keys'
        ? { kind: 'keys', accessKeyId: credentials.accessKeyId, secretAccessKey: secretOf(password) }
        : credentials.kind === 'profile'
          ? { kind: 'default', profile: credentials.profile }
          : { kind: 'default' },
    ...(role === null
      ? {}
      : {
          role: {
            arn: role.arn,
            externalId: role.externalId,
            mfa: role.mfaSerial === null ? null : { serial: role.mfaSerial, code: async () => codeOf(mfaCode()) },
          },
        }),
  }
}

function secretOf(password: string | null): string {
  if (password !== null) return password
  throw new Failure({
    code: 'auth',
    message: 'The key pair has no secret.',
    hint: 'Give the secret key.',
    subject: 'password',
  })
}

function codeOf(code: string | null): string {
  if (code !== null) return code
  throw new Failure({
    code: 'auth',
    message: 'The role asks for a code of the MFA device.',
    hint: 'Type the six digits that it shows now.',
    subject: 'mfa',
  })
}
