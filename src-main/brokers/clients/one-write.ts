import type { Socket } from 'node:net'
import { Redis } from 'ioredis'
import type { RedisClient } from './redis'

/**
 * Commands given by `send` leave together: each write of its own is a call of the system, which costs more than all else that
 * a small command costs. A Cluster's client has a socket for each node, and writes as it likes.
 */
export function inOneWrite<Answer>(redis: RedisClient, send: () => Answer): Answer {
  const socket = redis instanceof Redis ? (redis.stream as Socket | undefined) : undefined
  socket?.cork()
  try {
    return send()
  } finally {
    socket?.uncork()
  }
}
