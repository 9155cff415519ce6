import type { Socket } from 'node:net'
import { Redis } from 'ioredis'
import type { RedisClient } from './redis'

/**
 * Lets all commands that are given in one turn of the event loop leave in one write. The client writes each by itself, and a
 * write to a socket costs as much as encoding fifty messages. Nothing waits for a timer: the turn that gives a command also
 * sends it.
 */
export function gatherWrites(redis: RedisClient): void {
  if (redis instanceof Redis) redis.on('connect', () => gather(redis.stream as Socket))
  else redis.on('+node', gatherWrites)
}

function gather(socket: Socket): void {
  let corked = false
  const uncork = () => {
    corked = false
    socket.uncork()
  }
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  socket.write = ((...args: unknown[]) => {
    if (!corked) {
      corked = true
      socket.cork()
      setImmediate(uncork)
    }
    return write(...args)
  }) as typeof socket.write
}
