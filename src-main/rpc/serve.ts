import type { StandardHandler } from '@orpc/server/standard'
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer'
import {
  deserializeRequestMessage,
  encodeResponseMessage,
  MessageType,
  experimental_ServerPeerWithoutCodec as ServerPeer,
} from '@orpc/standard-server-peer'
import { type Carrier, Duplex } from '@shared/rpc/duplex'
import { z } from 'zod'

/** Bounds on one connection; crossing one answers that frame with a typed refusal and touches nothing else. */
export interface ServeLimits {
  readonly requestsPerSecond: number
  readonly inFlight: number
  readonly frameBytes: number
}

/** A frame holds the largest body that may be edited (wholeBodyLimit) as base64, and little else. */
export const defaultLimits: ServeLimits = { requestsPerSecond: 200, inFlight: 64, frameBytes: 12 * 1024 * 1024 }

const FrameId = z.object({ i: z.string().min(1).max(64) })

/** The only frames a caller may send: a request, or the end of one. Streams from caller to core do not exist. */
const Frame = z.union([
  z.object({ i: z.string().min(1).max(64), t: z.literal(4), p: z.unknown().optional() }),
  z.object({
    i: z.string().min(1).max(64),
    t: z.literal(1).optional(),
    p: z.object({
      u: z
        .string()
        .max(512)
        .regex(/^\/[A-Za-z/]+$/),
      b: z.unknown().optional(),
      h: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
])

/** The core's end of one connection. Ends all its calls and streams when the carrier closes; `close` is harmless twice. */
export function serve<Context extends Record<PropertyKey, unknown>>(
  carrier: Carrier,
  handler: StandardHandler<Context>,
  context: Context,
  limits: ServeLimits = defaultLimits,
): { close(): void; readonly open: number } {
  const budget = requestBudget(limits)
  const answer = createServerPeerHandleRequestFn(handler, { context } as Parameters<
    typeof createServerPeerHandleRequestFn<Context>
  >[1])
  const handle: typeof answer = async (request) => {
    const response = await answer(request)
    // The library answers an unknown path in prose; here every error has a code.
    return response.status === 404 && typeof response.body === 'string' ? { ...response, body: noSuchMethod } : response
  }
  // A refused request is answered like any other, so that nobody waits for it; without an id there is nobody to answer.
  const refuse = (id: string | undefined, refusal: Refusal) => {
    if (id === undefined) {
      duplex.refuse({ code: refusal.code, message: refusal.message })
      return
    }
    const body = { json: { defined: false, ...refusal } }
    const response = encodeResponseMessage(id, MessageType.RESPONSE, { status: refusal.status, headers: {}, body })
    response.then((frame) => duplex.send(String(frame))).catch(() => {})
  }
  const peer: ServerPeer = new ServerPeer(async ([id, type, payload]) => {
    await duplex.send(String(await encodeResponseMessage(id, type, payload)))
  })
  const duplex: Duplex = new Duplex(carrier, {
    data: (frame) => {
      const message = parse(frame, limits)
      if ('refusal' in message) {
        refuse(message.id, message.refusal)
        return
      }
      const refusal = message.t === 4 ? undefined : budget.take(peer.length)
      if (refusal) {
        refuse(message.i, refusal)
        return
      }
      // A reply that can no longer be delivered is nobody's error: the carrier's close has ended the call.
      peer.message(deserializeRequestMessage(message), handle).catch(() => {})
    },
    close: () => peer.close(),
  })
  return {
    close: () => duplex.close(),
    get open() {
      return peer.length
    },
  }
}

interface Refusal {
  readonly code: string
  readonly status: number
  readonly message: string
}

type ParsedFrame = { i: string; t?: 1 | 4; p: unknown } | { id: string | undefined; refusal: Refusal }

function parse(frame: string, limits: ServeLimits): ParsedFrame {
  if (frame.length > limits.frameBytes) {
    return refused(undefined, 'PAYLOAD_TOO_LARGE', 413, `a frame holds at most ${limits.frameBytes} bytes`)
  }
  let json: unknown
  try {
    json = JSON.parse(frame)
  } catch {
    return refused(undefined, 'BAD_REQUEST', 400, 'a frame is JSON')
  }
  const parsed = Frame.safeParse(json)
  if (!parsed.success) {
    const id = FrameId.safeParse(json)
    return refused(id.data?.i, 'BAD_REQUEST', 400, 'not a request: expected {i, p: {u, b}}')
  }
  const { data } = parsed
  if (data.t === 4) return { i: data.i, t: 4, p: undefined }
  const lastEventId = data.p.h?.['last-event-id']
  const headers = typeof lastEventId === 'string' ? { 'last-event-id': lastEventId } : {}
  return { i: data.i, p: { u: data.p.u, b: data.p.b, h: headers } }
}

const refused = (id: string | undefined, code: string, status: number, message: string): ParsedFrame => ({
  id,
  refusal: { code, status, message },
})

/** Requests per second by a bucket that refills steadily, and how many may be under way. */
function requestBudget(limits: ServeLimits) {
  let tokens = limits.requestsPerSecond
  let filledAt = performance.now()
  return {
    take(inFlight: number): Refusal | undefined {
      const now = performance.now()
      tokens = Math.min(limits.requestsPerSecond, tokens + ((now - filledAt) / 1000) * limits.requestsPerSecond)
      filledAt = now
      if (inFlight >= limits.inFlight) return tooMany(`at most ${limits.inFlight} calls at once`)
      if (tokens < 1) return tooMany(`at most ${limits.requestsPerSecond} calls a second`)
      tokens -= 1
      return undefined
    },
  }
}

const noSuchMethod = { json: { defined: false, code: 'NOT_FOUND', status: 404, message: 'there is no such method' } }

const tooMany = (message: string): Refusal => ({ code: 'TOO_MANY_REQUESTS', status: 429, message })
