/** What a message of one layout takes besides its body: the send form asks for this and nothing else. */
export interface SendFacts {
  /** What its name is called and good for; null: messages have none. */
  readonly name: SendName | null
  /** A message may wait before it is ready. */
  readonly delays: boolean
  /** null: it knows no priority. */
  readonly priority: SendPriority | null
  /** "Headers", "Job options", and which are taken; null: none can be sent. */
  readonly attributes: { readonly label: string; readonly hint: string | null } | null
  /** Fields that no other layout has. */
  readonly options: readonly SendOption[]
  readonly body: SendBody
}

export interface SendName {
  /** "Job name", "Class", "Task". */
  readonly label: string
  readonly hint: string
  readonly isRequired: boolean
}

export interface SendPriority {
  /** Which numbers mean what. */
  readonly hint: string
  readonly max: number
}

export interface SendOption {
  readonly name: string
  readonly label: string
  readonly hint: string
  /** Absent: any text. The first is chosen. */
  readonly choices?: readonly string[]
  /** Names of queues that take it end so; absent: all do. */
  readonly onlyFor?: string
  /** Names of queues that cannot do without it end so. */
  readonly neededFor?: string
  /** Two messages with the same value would be one. */
  readonly isUnique?: boolean
}

export interface SendBody {
  /** `list`: a JSON list of arguments. */
  readonly kind: 'any' | 'json' | 'list'
  /** What the body is to this layout, one short sentence. */
  readonly words: string
}

const jobOptions = { label: 'Job options', hint: 'jobId, attempts, lifo, removeOnComplete, removeOnFail' }
const text: SendBody = { kind: 'any', words: 'The body, as it is' }
const json: SendBody = { kind: 'json', words: 'The job’s data, JSON' }
const nothing = { name: null, delays: false, priority: null, attributes: null, options: [] }

export const engineSend: SendFacts = {
  name: { label: 'Name', hint: 'Not needed; kept as an attribute.', isRequired: false },
  delays: true,
  priority: { hint: '0 is first, 9 last; 5 where none is given', max: 9 },
  attributes: { label: 'Attributes', hint: null },
  options: [
    { name: 'group', label: 'Group', hint: 'Strict order within a group, one in flight. Not with a priority.' },
  ],
  body: text,
}

export const bullSend: SendFacts = {
  name: { label: 'Job name', hint: 'By which workers choose what to run.', isRequired: true },
  delays: true,
  priority: { hint: '1 is first; none or 0 goes before all that have one', max: 2_097_151 },
  attributes: jobOptions,
  options: [],
  body: json,
}

export const beeSend: SendFacts = {
  ...nothing,
  delays: true,
  attributes: { label: 'Job options', hint: 'jobId, retries' },
  body: json,
}

export const resqueSend: SendFacts = {
  ...nothing,
  name: { label: 'Class', hint: 'By which workers choose what to run.', isRequired: true },
  delays: true,
  body: { kind: 'list', words: 'The arguments, a JSON list' },
}

export const sidekiqSend: SendFacts = {
  ...nothing,
  name: { label: 'Class', hint: 'The worker class whose perform runs.', isRequired: true },
  delays: true,
  attributes: { label: 'Job options', hint: 'retry, backtrace' },
  body: { kind: 'list', words: 'The arguments of perform, a JSON list' },
}

export const celerySend: SendFacts = {
  ...nothing,
  name: { label: 'Task', hint: 'Its full name, like shop.tasks.charge.', isRequired: true },
  delays: true,
  priority: { hint: '0 is first, 9 last', max: 9 },
  body: { kind: 'list', words: 'The arguments, a JSON list; or [args, kwargs]' },
}

export const asynqSend: SendFacts = {
  ...nothing,
  name: { label: 'Type', hint: 'By which handlers are found, like email:welcome.', isRequired: true },
  delays: true,
  body: { kind: 'any', words: 'The task’s payload, as it is' },
}

export const streamSend: SendFacts = {
  ...nothing,
  attributes: { label: 'Fields', hint: 'Written before the field of the body' },
  options: [
    { name: 'field', label: 'Field of the body', hint: 'Empty: the one that the last entry has, else “data”.' },
  ],
  body: { kind: 'any', words: 'The value of one field, as it is' },
}

export const listSend: SendFacts = {
  ...nothing,
  options: [
    {
      name: 'end',
      label: 'Pushed at',
      hint: 'left is LPUSH, right is RPUSH: the end at which its producers push.',
      choices: ['left', 'right'],
    },
  ],
  body: { kind: 'any', words: 'The element, as it is' },
}

export const declaredSend: SendFacts = {
  ...nothing,
  name: { label: 'Name', hint: 'Only where the envelope has a place for one.', isRequired: false },
  delays: true,
  priority: { hint: 'Only where the ready set is ordered by one', max: 2_097_151 },
  body: { kind: 'any', words: 'The payload; its envelope is put around it' },
}

const fifo = '.fifo'

export const sqsSend: SendFacts = {
  ...nothing,
  delays: true,
  attributes: { label: 'Message attributes', hint: 'At most 10, sent as strings' },
  options: [
    { name: 'group', label: 'Message group', hint: 'Order within a group. FIFO queues need one.', neededFor: fifo },
    {
      name: 'dedupId',
      label: 'Deduplication id',
      hint: 'Empty: by content, where the queue does that.',
      onlyFor: fifo,
      isUnique: true,
    },
  ],
  body: text,
}

export const rabbitmqSend: SendFacts = {
  name: { label: 'Type', hint: 'The property “type”; not needed.', isRequired: false },
  delays: false,
  priority: { hint: '255 is first, where the queue has x-max-priority', max: 255 },
  attributes: { label: 'Headers and properties', hint: 'A property by its name, like correlation-id; else a header' },
  options: [
    { name: 'exchange', label: 'Exchange', hint: 'Empty: straight to the queue.' },
    { name: 'routingKey', label: 'Routing key', hint: 'Only with an exchange.' },
  ],
  body: text,
}
