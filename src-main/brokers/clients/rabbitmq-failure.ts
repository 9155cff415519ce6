import { Failure, type FailureView, isFailure } from '@shared/failure'

/** What was being done when it failed, for the message. */
export interface RabbitmqAct {
  /** As a person would say it: "read orders", "send to orders". */
  readonly act: string
  /** "host:port". */
  readonly where: string
  readonly queue?: string | undefined
  readonly vhost?: string | undefined
}

const enablePlugin = 'Run rabbitmq-plugins enable rabbitmq_management on the broker, or correct the management address.'

/** Words for an answer of the management plugin that is no success. */
export function managementRefusal(status: number, body: string, act: RabbitmqAct): Failure {
  return new Failure({ subject: act.queue, ...explainStatus(status, reasonIn(body), act) })
}

/** What listens there is no management plugin. */
export const notManagement = (where: string): Failure =>
  new Failure({
    code: 'not-this-broker',
    message: `What answers at ${where} is not RabbitMQ’s management plugin.`,
    hint: enablePlugin,
  })

function explainStatus(status: number, reason: string, { act, where, queue, vhost }: RabbitmqAct): FailureView {
  if (status === 401 && /localhost/i.test(reason)) {
    return {
      code: 'auth',
      message: `${where} lets this user in from the broker’s own machine only.`,
      hint: 'The user guest is limited so by default: use another user.',
    }
  }
  if (status === 401 && /Login failed/i.test(reason)) {
    return { code: 'auth', message: `${where} refuses this user name or password.`, hint: 'Check both.' }
  }
  const tag = tagFor(reason)
  if (status === 401 && tag) {
    return {
      code: 'denied',
      message: `This user may not ${act}: it has no tag ${tag}.`,
      hint: `Give it one: rabbitmqctl set_user_tags USER ${tag}`,
      subject: tag,
    }
  }
  if (status === 401 && /virtual host/i.test(reason)) {
    return {
      code: 'denied',
      message: `This user may not enter the virtual host ${vhost ?? 'that was named'}.`,
      hint: `Permit it: rabbitmqctl set_permissions -p ${vhost ?? 'VHOST'} USER '' '' '.*'`,
      subject: vhost,
    }
  }
  if (status === 401 || status === 403) {
    return {
      code: 'denied',
      message: `This user may not ${act}${reason ? `: ${reason}` : ''}.`,
      hint: checkPermissions,
    }
  }
  if (status === 404) return missing(queue, vhost, act)
  if (/exclusive access|RESOURCE_LOCKED/i.test(reason)) return exclusive(queue)
  if (/not supported by stream/i.test(reason)) {
    return { code: 'unsupported', message: `${queue ?? 'This'} is a stream: RabbitMQ cannot ${act} on streams.` }
  }
  return { code: 'broker-state', message: `${where} answered ${status} to “${act}”${reason ? `: ${reason}` : ''}.` }
}

/** "Not management user", "Not monitor user", "Not administrator user", "... to access object" for policies and shovels. */
function tagFor(reason: string): string | null {
  if (/Not management user/i.test(reason)) return 'management'
  if (/Not monitor user/i.test(reason)) return 'monitoring'
  if (/Not administrator user/i.test(reason)) return 'administrator'
  return /policymaker|to access object/i.test(reason) ? 'policymaker' : null
}

const checkPermissions = 'Look at its permissions: rabbitmqctl list_user_permissions USER'

const missing = (queue: string | undefined, vhost: string | undefined, act: string): FailureView =>
  queue === undefined
    ? { code: 'not-found', message: `It is not there: ${act}.`, hint: 'Look at the list again.' }
    : {
        code: 'gone',
        message: `The queue ${queue} is not there${vhost === undefined ? '' : ` in ${vhost}`}.`,
        hint: 'It may have been deleted since the list was made; look for queues again.',
        subject: queue,
      }

const exclusive = (queue: string | undefined): FailureView => ({
  code: 'denied',
  message: `${queue ?? 'The queue'} is exclusive: only the connection that declared it may use it.`,
  hint: 'It can be watched from here, and nothing more.',
  subject: queue,
})

/** Words for what amqplib or the way to the broker threw. Never holds the password: RabbitMQ does not repeat it. */
export function amqpFailure(error: unknown, act: RabbitmqAct): Failure {
  if (isFailure(error)) return error
  return new Failure({ subject: act.queue, ...explainAmqp(error, act) }, { cause: error })
}

function explainAmqp(error: unknown, act: RabbitmqAct): FailureView {
  const { queue, vhost, where } = act
  const { text, code } = told(error)
  const said = text.match(/with message "(?:[A-Z_]+ - )?([^"]*)/)?.[1] ?? ''
  if (/Handshake terminated.*ACCESS.REFUSED/i.test(text)) {
    return {
      code: 'auth',
      message: `${where} refuses this user name or password.`,
      hint: 'Check both; guest is let in from the broker’s own machine only.',
    }
  }
  if (/Expected ConnectionOpenOk/.test(text)) {
    return {
      code: 'denied',
      message: `The virtual host ${vhost ?? ''} is not there, or this user may not enter it.`,
      hint: `Permit it: rabbitmqctl set_permissions -p ${vhost ?? 'VHOST'} USER '' '' '.*'`,
      subject: vhost,
    }
  }
  switch (code) {
    case '403':
      return {
        code: 'denied',
        message: `This user may not ${act.act}: ${said || 'access was refused'}.`,
        hint: checkPermissions,
      }
    case '404':
      return /no queue/.test(said)
        ? missing(queue, vhost, act.act)
        : { code: 'not-found', message: `It could not ${act.act}: ${said}.`, hint: 'Check the name.' }
    case '405':
      return exclusive(queue)
    case '406':
      return explainPrecondition(said, act)
    case '311':
      return { code: 'too-large', message: `RabbitMQ takes no message of this size: ${said}.` }
    case '540':
      return { code: 'unsupported', message: `RabbitMQ cannot ${act.act}: ${said}.` }
    case '320':
      return { code: 'unreachable', message: `${where} closed the connection: ${said || 'it is being shut down'}.` }
  }
  return explainWay(text, code, where)
}

function explainPrecondition(said: string, { act }: RabbitmqAct): FailureView {
  if (/user_id property/.test(said)) {
    return {
      code: 'denied',
      message: `It could not ${act}: ${said}.`,
      hint: 'RabbitMQ takes a user-id only from that user, or from one with the tag impersonator.',
    }
  }
  if (/unknown delivery tag|delivery acknowledgement/.test(said)) {
    return {
      code: 'changed',
      message: `The broker took the messages back while they were held: ${said}.`,
      hint: 'Nothing is lost; look again.',
    }
  }
  return { code: 'conflict', message: `RabbitMQ refused to ${act}: ${said || 'a precondition failed'}.` }
}

/** What went wrong on the way: names, sockets, TLS, or somebody else behind the port. */
export function explainWay(text: string, code: string, where: string): FailureView {
  const all = `${code} ${text}`
  if (/ENOTFOUND|EAI_AGAIN/.test(all)) {
    return {
      code: 'unreachable',
      message: `No address is known for ${where}.`,
      hint: 'Check the host name and the network.',
    }
  }
  if (/ECONNREFUSED/.test(all)) {
    return {
      code: 'unreachable',
      message: `Nothing listens on ${where}.`,
      hint: 'Check the port, and whether the broker runs.',
    }
  }
  if (/wrong version number|EPROTO|SSL routines|packet length too long|before secure/i.test(all)) {
    return { code: 'tls', message: `${where} does not speak TLS.`, hint: 'Switch TLS off, or use its TLS port.' }
  }
  if (/certificate|CERT|SELF_SIGNED|UNABLE_TO_VERIFY/i.test(all)) {
    return {
      code: 'tls',
      message: `The certificate of ${where} is not trusted (${code || text.slice(0, 100)}).`,
      hint: 'Name the PEM file of its authority.',
    }
  }
  if (/ETIMEDOUT|timed? ?out/i.test(all)) {
    return {
      code: 'timeout',
      message: `${where} does not answer.`,
      hint: 'Check the address and the firewall between.',
    }
  }
  if (
    /ECONNRESET|EPIPE|EHOSTUNREACH|ENETUNREACH|socket hang up|Socket closed|Unexpected close|[Cc]onnection closed|Channel ended|channel closed|Heartbeat/.test(
      all,
    )
  ) {
    return {
      code: 'unreachable',
      message: `${where} closed the connection.`,
      hint: 'Look at the broker’s log; the port may want TLS, or speak another protocol.',
    }
  }
  return { code: 'broker-state', message: `${where} answered: ${text.slice(0, 200)}` }
}

function told(error: unknown): { readonly text: string; readonly code: string } {
  if (!(error instanceof Error)) return { text: String(error), code: '' }
  const { code } = error as { readonly code?: unknown }
  return { text: error.message, code: code === undefined ? '' : String(code) }
}

/** The plugin answers JSON with `reason`; anything else is told by its beginning. */
function reasonIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null && 'reason' in parsed && typeof parsed.reason === 'string') {
      return parsed.reason.slice(0, 400)
    }
  } catch {
    // Not JSON.
  }
  return ''
}

/** Nothing listens where the management plugin should: most often it is not switched on. */
export const managementAbsent = (failure: Failure): Failure =>
  failure.code === 'unreachable'
    ? new Failure(
        {
          ...failure.view(),
          message: `The management plugin cannot be reached: ${failure.message}`,
          hint: enablePlugin,
        },
        { cause: failure },
      )
    : failure
