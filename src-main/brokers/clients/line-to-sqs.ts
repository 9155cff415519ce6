import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Failure } from '@shared/failure'
import type { SqsConnection } from './sqs'
import { isOfSqs, type SqsAct, sqsEntryFailure, sqsFailure } from './sqs-failure'

/** What is asked, for the words of a failure. */
export interface Asked {
  /** As IAM names it. */
  readonly action: string
  readonly queue: string
  /** True where twice is more than once: then SQS is asked once, and a lost answer is told as such. */
  readonly once?: boolean
}

/** The way to SQS: picks the client that may repeat or the one that may not, and turns trouble into a Failure. */
export class LineToSqs {
  constructor(private readonly connection: SqsConnection) {}

  async ask<Answer>(asked: Asked, send: (client: SQSClient) => Promise<Answer>): Promise<Answer> {
    const { repeating, once } = this.connection
    try {
      return await send(asked.once ? once : repeating)
    } catch (error) {
      throw isOfSqs(error) ? sqsFailure(error, this.actOf(asked)) : error
    }
  }

  failureOf(
    entry: { readonly Code?: string | undefined; readonly Message?: string | undefined },
    asked: Asked,
  ): Failure {
    return sqsEntryFailure(entry, this.actOf(asked))
  }

  /** Finds credentials and region before anything is asked of SQS. */
  async prepare(): Promise<void> {
    await this.ask({ action: 'open', queue: '' }, async ({ config }) => {
      await config.region()
      await config.credentials()
    })
  }

  close(): void {
    this.connection.close()
  }

  private actOf({ action, queue, once = false }: Asked): SqsAct {
    return { action, queue: queue === '' ? undefined : queue, where: this.connection.where, changes: once }
  }
}
