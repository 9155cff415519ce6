/** Where the queues of SQS are. */
export interface SqsAddress {
  /** Default: AWS_REGION, else the profile's. */
  readonly region?: string
  /** Instead of the region's; default: AWS_ENDPOINT_URL_SQS, if set. */
  readonly endpoint?: string
  /** Default: what other AWS tools find: the environment, then the profile, a web identity, a container. */
  readonly credentials?:
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
}

/** SQS as it is: queues of both kinds, with what they cannot do declared in `abilities`. */
export interface SqsBroker {
  readonly sqs: SqsAddress
  /** Before every queue's name at SQS. */
  readonly prefix?: string
  /** Makes queues and their dead-letter queues at first use. Default: a missing queue is told as such. */
  readonly createQueues?: boolean
  /** What the queues are, for what `abilities` says; default both. */
  readonly kind?: 'standard' | 'fifo' | 'both'
  /** A message without a group for a FIFO queue: refused (the default), or a group of its own, in no order to others. */
  readonly ungrouped?: 'refuse' | 'alone'
  /** How long a queue that looks empty is asked, in replay, purge and looking, before it is believed, in seconds; default 1. */
  readonly lookSeconds?: number
}
