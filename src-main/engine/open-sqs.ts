import { Failure } from '@shared/failure'
import type { Driver } from '../brokers/driver'
import type { Clock } from '../runtime/clock'
import type { SqsBroker } from './sqs-address'

interface Shared {
  readonly clock: Clock
  readonly maxAttempts: (queue: string) => number
  readonly onError: (error: unknown) => void
}

/** Loaded only by who works on SQS: its SDK is large, and a service on Redis need not install it. */
export async function openSqs({ sqs, ...options }: SqsBroker, shared: Shared): Promise<Driver> {
  const { openSqsDriver } = await import('../brokers/drivers/sqs/driver').catch((cause: unknown) => {
    throw isMissing(cause)
      ? new Failure(
          {
            code: 'unsupported',
            message: 'The SDK of AWS is not installed: the engine cannot work on SQS.',
            hint: 'npm install @aws-sdk/client-sqs @aws-sdk/credential-providers',
          },
          { cause },
        )
      : cause
  })
  return openSqsDriver({ ...options, ...shared, target: sqs })
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code))
