import { Failure, type FailureView, isFailure } from '@shared/failure'

/** Words for what a Redis, or the way to it, answered. `where` is "host:port", for the message. */
export function redisFailure(error: unknown, where: string): Failure {
  if (isFailure(error)) return error
  const { message, code } =
    error instanceof Error
      ? { message: error.message, code: (error as NodeJS.ErrnoException).code }
      : { message: String(error), code: undefined }
  return new Failure(explain(message, code ?? '', where))
}

/** True when the command was sent and its answer never came: it may or may not have been carried out. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof Error &&
  /Connection is closed|ECONNRESET|EPIPE|Command timed out|Socket closed|aborted state/i.test(error.message)

function explain(message: string, code: string, where: string): FailureView {
  const [word = ''] = message.split(' ', 1)
  switch (word) {
    case 'WRONGPASS':
      return {
        code: 'auth',
        message: `${where} refuses this user name or password.`,
        hint: 'Check both; an ACL user needs its name.',
      }
    case 'NOAUTH':
      return { code: 'auth', message: `${where} wants a password.`, hint: 'Give one.' }
    case 'NOPERM':
      return denied(message)
    case 'WRONGTYPE':
      return {
        code: 'wrong-type',
        message: 'A key holds another type than this layout expects.',
        hint: 'Something else writes under the same name: find out what, and give one of the two another.',
      }
    case 'LOADING':
      return state('is loading its data after a start', 'It will answer when that is done.')
    case 'MASTERDOWN':
      return state('is a replica that lost its master', 'Connect to the master, or wait for the failover.')
    case 'READONLY':
      return state('is a replica: it takes no writes', 'Connect to the master, or name the Sentinels.')
    case 'OOM':
      return state('is out of memory (maxmemory)', 'Make room; nothing was written.')
    case 'MISCONF':
      return state('refuses writes since it cannot save to disk', 'Look at its log and its disk.')
    case 'CLUSTERDOWN':
      return state('is a cluster that is down', 'Some slots have no master.')
    case 'MOVED':
    case 'ASK':
    case 'CROSSSLOT':
      return state('is a cluster', 'Choose Cluster in the environment’s form.')
    case 'BUSY':
      return state('is busy with a script', 'It will answer when the script ends.')
    case 'NOREPLICAS':
      return state('has not enough replicas to take writes', 'Look at its replication.')
  }
  return explainWay(message, code, where)

  function state(what: string, hint: string): FailureView {
    return { code: 'broker-state', message: `${where} ${what}.`, hint }
  }
}

/** `NOPERM User x has no permissions to run the 'scan' command` and its forms for keys and channels. */
function denied(message: string): FailureView {
  const command = message.match(/the '([^']+)' command/)?.[1]
  const subject = command?.toUpperCase()
  return subject
    ? {
        code: 'denied',
        message: `This user may not run ${subject}.`,
        hint: `Grant it with ACL SETUSER ... +${command}`,
        subject,
      }
    : {
        code: 'denied',
        message: 'This user may not use a key that this needs.',
        hint: 'Grant the key pattern with ACL SETUSER ... ~pattern',
      }
}

/** What went wrong on the way: names, sockets, TLS, or somebody else behind the port. */
function explainWay(message: string, code: string, where: string): FailureView {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || /ENOTFOUND|EAI_AGAIN/.test(message)) {
    return {
      code: 'unreachable',
      message: `No address is known for ${where}.`,
      hint: 'Check the host name and the network.',
    }
  }
  if (code === 'ECONNREFUSED' || /ECONNREFUSED/.test(message)) {
    return {
      code: 'unreachable',
      message: `Nothing listens on ${where}.`,
      hint: 'Check the port, and whether the server runs.',
    }
  }
  if (/certificate|CERT|self.signed/i.test(message) || /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return {
      code: 'tls',
      message: `The certificate of ${where} is not trusted (${code || message}).`,
      hint: 'Name the PEM file of its authority.',
    }
  }
  if (/wrong version number|SSL|EPROTO|TLS|socket disconnected before secure/i.test(`${code} ${message}`)) {
    return { code: 'tls', message: `${where} does not speak TLS.`, hint: 'Switch TLS off, or use its TLS port.' }
  }
  if (/Protocol error|reply type byte|Unknown RESP type/i.test(message)) {
    return { code: 'not-this-broker', message: `What listens on ${where} is not a Redis.`, hint: 'Check the port.' }
  }
  if (/ETIMEDOUT|timed out/i.test(`${code} ${message}`)) {
    return {
      code: 'timeout',
      message: `${where} does not answer.`,
      hint: 'Check the address and the firewall between.',
    }
  }
  if (/sentinels? (are )?unreachable/i.test(message)) {
    return {
      code: 'unreachable',
      message: 'No Sentinel knows the master.',
      hint: 'Check the Sentinels’ addresses and the master’s name.',
    }
  }
  if (/ECONNRESET|Connection is closed|Socket closed|EPIPE|ENETUNREACH|EHOSTUNREACH/i.test(`${code} ${message}`)) {
    return {
      code: 'unreachable',
      message: `${where} closed the connection.`,
      hint: 'Look at the server’s log; it may want TLS.',
    }
  }
  // ioredis' words for a command that it did not send; never shown.
  if (message.includes('enableOfflineQueue')) {
    return { code: 'unreachable', message: `There is no connection to ${where}.`, hint: 'It comes back by itself.' }
  }
  return { code: 'broker-state', message: `${where} answered: ${message.slice(0, 200)}` }
}
