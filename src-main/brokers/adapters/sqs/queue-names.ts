import { Failure } from '@shared/failure'
import type { QueueAddress } from '@shared/model/queue'

/** A queue as it is named: by URL where that is known, always by account and name. */
export interface NamedQueue {
  readonly account: string
  readonly name: string
  readonly url: string | null
}

export const addressOf = ({ account, name }: Pick<NamedQueue, 'account' | 'name'>): QueueAddress => ({
  layout: 'sqs',
  prefix: account,
  name,
})

/** `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`, or an emulator's that ends alike. Throws Failure 'bad-input'. */
export function namedByUrl(url: string): NamedQueue {
  const parts = URL.canParse(url) ? new URL(url).pathname.split('/').filter(Boolean) : []
  const [account, name] = parts.slice(-2)
  if (!account || !name) throw wrong(url, 'a queue’s URL ends in /ACCOUNT/NAME')
  return { account, name, url }
}

/** `arn:aws:sqs:REGION:ACCOUNT:NAME`. Throws Failure 'bad-input'. */
export function namedByArn(arn: string): NamedQueue {
  const [, , service, , account, name] = arn.split(':')
  if (service !== 'sqs' || !account || !name) throw wrong(arn, 'a queue’s ARN reads arn:aws:sqs:REGION:ACCOUNT:NAME')
  return { account, name, url: null }
}

/** As a person types it. */
export const namedByHand = (text: string): NamedQueue => (text.startsWith('arn:') ? namedByArn(text) : namedByUrl(text))

const wrong = (text: string, rule: string) =>
  new Failure({
    code: 'bad-input',
    message: `"${text.slice(0, 200)}" names no queue: ${rule}.`,
    hint: 'Mend it in the environment’s form.',
    subject: 'queues',
  })
