import { Failure } from '@shared/failure'
import { type Clock, systemClock } from '../../runtime/clock'
import { RabbitmqAmqp } from './rabbitmq-amqp'
import { managementAbsent, notManagement } from './rabbitmq-failure'
import { RabbitmqManagement } from './rabbitmq-management'
import { alarmsOf, alarmWords, type RabbitmqUser, type SurveyedRabbitmq, surveyRabbitmq } from './rabbitmq-survey'

/** Where and as whom to connect. The password is here, in the management client and in amqplib, and nowhere else. */
export interface RabbitmqTarget {
  readonly host: string
  readonly amqpPort: number
  /** "http://host:15672". */
  readonly managementUrl: string
  readonly username: string
  readonly password: string
  readonly tls: { readonly ca: string | null; readonly verify: boolean } | null
  /** Only these virtual hosts; null: all that the user may see. */
  readonly vhosts: readonly string[] | null
}

/** Both ways to one broker. Figures go by the management plugin; messages by AMQP, which is opened when one is first asked for. */
export interface RabbitmqConnection {
  readonly management: RabbitmqManagement
  readonly amqp: RabbitmqAmqp
  readonly clock: Clock
  /** "RabbitMQ 3.10.8". */
  readonly server: string
  readonly version: string
  readonly cluster: string
  /** Changes with every restart of the node that answers; "" where this user may not see it. */
  readonly runId: string
  readonly user: RabbitmqUser
  readonly vhosts: readonly string[] | null
  /** How often figures change there, milliseconds. */
  readonly statisticsMs: number
  /** Figures are switched off there but for counts. */
  readonly statisticsOff: boolean
  /** How far back queues' figures are kept there, seconds, shortest first. */
  readonly keptForSeconds: readonly number[]
  /** The shovel plugin is there, and this user may use it. */
  readonly shovel: { readonly able: true } | { readonly able: false; readonly reason: string }
  /** As they were last looked at: alarms come and go. */
  readonly notices: readonly string[]
  /** Memory and disk alarms, in words: the broker takes nothing in while there is one. */
  readonly alarms: readonly string[]
  /** Looks at them anew, at all of them or at alarms alone. */
  refresh(what?: 'all' | 'alarms'): Promise<void>
  /** Once: the way or the login no longer serves. Nothing reconnects by itself. */
  onLost(listener: (trouble: Failure) => void): void
  close(): Promise<void>
}

/** Timeouts in a row before the broker counts as lost. */
const mostTimeouts = 2

/** Asks the management plugin who is there; throws a Failure that says what a person can do. */
export async function connectRabbitmq(
  target: RabbitmqTarget,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<RabbitmqConnection> {
  const { username, password, tls } = target
  const management = new RabbitmqManagement({ url: target.managementUrl, username, password, tls })
  const amqp = new RabbitmqAmqp({ host: target.host, port: target.amqpPort, username, password, tls }, clock)
  let surveyed: SurveyedRabbitmq
  try {
    surveyed = await surveyRabbitmq(management)
  } catch (error) {
    management.close()
    if (!(error instanceof Failure)) throw error
    // Something answers HTTP there, and knows no /api.
    if (error.code === 'not-found' || error.code === 'gone') throw notManagement(management.where)
    throw managementAbsent(error)
  }

  const { listeners, lose } = lossOf()
  let timeouts = 0
  management.onTrouble = (failure) => {
    timeouts = failure.code === 'timeout' ? timeouts + 1 : 0
    if (failure.code === 'timeout' && timeouts < mostTimeouts) return
    lose(failure)
  }
  return {
    ...surveyed,
    management,
    amqp,
    clock,
    vhosts: target.vhosts,
    get notices() {
      return surveyed.notices
    },
    get alarms() {
      return surveyed.alarms
    },
    async refresh(what = 'all') {
      if (what === 'all') surveyed = await surveyRabbitmq(management)
      else {
        const alarms = (await alarmsOf(management)).map(alarmWords)
        surveyed = { ...surveyed, alarms }
      }
      timeouts = 0
    },
    onLost: (listener) => void listeners.push(listener),
    async close() {
      management.onTrouble = () => {}
      await amqp.close()
      management.close()
    },
  }
}

function lossOf() {
  const listeners: ((trouble: Failure) => void)[] = []
  let lost = false
  return {
    listeners,
    lose(trouble: Failure) {
      if (lost) return
      lost = true
      for (const listener of listeners) listener(trouble)
    },
  }
}
