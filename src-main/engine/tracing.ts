import { errorOf } from './error-record'
import { type TraceContext, traceAttributes, traceContextOf } from './trace-context'

/** As much of a `@opentelemetry/api` Tracer as is used here: any version's tracer fits, and none is needed. */
export interface Tracer {
  startSpan(name: string, options?: SpanOptions): Span
  startActiveSpan<Answer>(name: string, options: SpanOptions, run: (span: Span) => Answer): Answer
}

interface SpanOptions {
  kind?: number
  attributes?: Record<string, string | number>
  links?: { context: { traceId: string; spanId: string; traceFlags: number; isRemote?: boolean } }[]
}

interface Span {
  spanContext(): {
    traceId: string
    spanId: string
    traceFlags: number
    traceState?: { serialize(): string } | undefined
  }
  setAttribute(name: string, value: string | number): unknown
  setStatus(status: { code: number; message?: string }): unknown
  recordException(exception: { name: string; message: string; stack?: string }): unknown
  end(): void
}

export interface Tracing {
  /** Runs `send` in a producer span, with the attributes that carry it to the consumer. */
  producing<Answer>(
    queue: string,
    count: number,
    send: (attributes: Readonly<Record<string, string>>) => Promise<Answer>,
  ): Promise<Answer>
  /** Runs a handler in an active consumer span that is linked to the producer's. */
  consuming(
    queue: string,
    message: { readonly id: string; readonly attempt: number; readonly attributes: Readonly<Record<string, string>> },
    run: () => unknown,
  ): unknown
}

/** SpanKind and SpanStatusCode of the API: numbers that are part of its stable contract. */
const producer = 3
const consumer = 4
const failed = 2

/** Spans named and attributed as in OpenTelemetry's conventions for messaging. */
export const tracingWith = (tracer: Tracer): Tracing => ({
  async producing(queue, count, send) {
    const span = tracer.startSpan(`send ${queue}`, {
      kind: producer,
      attributes: {
        ...destination(queue, 'send'),
        ...(count > 1 ? { 'messaging.batch.message_count': count } : {}),
      },
    })
    try {
      return await send(traceAttributes(contextOf(span)))
    } catch (error) {
      fail(span, error)
      throw error
    } finally {
      span.end()
    }
  },
  consuming(queue, message, run) {
    const sent = traceContextOf(message.attributes)
    const options: SpanOptions = {
      kind: consumer,
      attributes: {
        ...destination(queue, 'process'),
        'messaging.message.id': message.id,
        'messaging.message.attempt': message.attempt,
      },
      links: sent ? [{ context: { ...sent, isRemote: true } }] : [],
    }
    return tracer.startActiveSpan(`process ${queue}`, options, async (span) => {
      try {
        return await run()
      } catch (error) {
        fail(span, error)
        throw error
      } finally {
        span.end()
      }
    })
  },
})

/** The tracer of the API that the service has installed; throws where there is none. */
export async function openTelemetryTracer(): Promise<Tracer> {
  const { trace } = await import('@opentelemetry/api')
  return trace.getTracer('queuescope')
}

const destination = (queue: string, operation: 'send' | 'process') => ({
  'messaging.system': 'queuescope',
  'messaging.destination.name': queue,
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
})

function contextOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  return { traceId, spanId, traceFlags, traceState: traceState?.serialize() }
}

function fail(span: Span, error: unknown): void {
  const { name, message, stack } = errorOf(error)
  span.recordException({ name, message, ...(stack === null ? {} : { stack }) })
  span.setAttribute('error.type', name)
  span.setStatus({ code: failed, message })
}
