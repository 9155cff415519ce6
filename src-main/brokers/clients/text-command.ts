import { type ChainableCommander, Command, type Pipeline } from 'ioredis'
import type { RedisClient } from './redis'

/** Bytes that are written where they are to go, rather than copied there. */
export interface Block {
  readonly length: number
  /** Into memory with `spareBytes` more behind it; false: the length was wrong, and `exact` is to be written. */
  writeTo(bytes: Buffer, at: number): boolean
  exact?(): Block
}

/**
 * What a character may take: with so much room, a text that is not ASCII fills more bytes than it has characters, even where it is cut
 * off.
 */
export const spareBytes = 4

type Argument = string | Block

/** Adds such a command to a transaction. */
export function addTextCommand(
  transaction: ChainableCommander,
  name: string,
  key: string,
  args: readonly Argument[],
): void {
  // It is a pipeline, though its type does not say so.
  ;(transaction as unknown as Pipeline).sendCommand(new TextCommand(name, key, args))
}

/** Sends one; strings come back as Buffers. */
export const sendTextCommand = (
  redis: RedisClient,
  name: string,
  key: string,
  args: readonly Argument[],
): Promise<unknown> => redis.sendCommand(new TextCommand(name, key, args)) as Promise<unknown>

/**
 * A command of one key and very many text arguments, or large ones, encoded into one block of memory. The client would join them as text and
 * encode that anew: for a batch of a hundred bodies that is a third of all that enqueueing costs this process.
 */
class TextCommand extends Command {
  private readonly bytes: Buffer

  constructor(name: string, key: string, args: readonly Argument[]) {
    // The client asks for the key alone, to find the slot in a cluster.
    super(name, [key])
    this.bytes = encoded(`*${args.length + 2}\r\n${bulk(name)}${bulk(key)}`, args)
  }

  override toWritable(): Buffer {
    return this.bytes
  }
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`

/** Shorter arguments are gathered before they are written: each write into memory costs as much as joining some. */
const gatheredUpTo = 512

function encoded(head: string, args: readonly Argument[]): Buffer {
  const bytes = encodedAsTold(head, args)
  if (bytes !== undefined) return bytes
  return encodedAsTold(
    head,
    args.map((arg) => (typeof arg === 'string' ? arg : (arg.exact?.() ?? arg))),
  )!
}

/** undefined: a block was longer than it had told. */
function encodedAsTold(head: string, args: readonly Argument[]): Buffer | undefined {
  const lengths = args.map((arg) => (typeof arg === 'string' ? Buffer.byteLength(arg) : arg.length))
  let total = Buffer.byteLength(head)
  for (const length of lengths) total += length + lengthDigits(length) + 5
  const bytes = Buffer.allocUnsafe(total + spareBytes)
  let at = 0
  let gathered = head
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!
    const length = lengths[index]!
    if (typeof arg !== 'string') {
      at += bytes.write(`${gathered}$${length}\r\n`, at)
      if (!arg.writeTo(bytes, at)) return undefined
      at += length
      gathered = '\r\n'
    } else if (length > gatheredUpTo) {
      at += bytes.write(`${gathered}$${length}\r\n`, at)
      // Text of which each character is a byte is copied as it is.
      at += length === arg.length ? bytes.write(arg, at, 'latin1') : bytes.write(arg, at)
      gathered = '\r\n'
    } else {
      gathered += `$${length}\r\n${arg}\r\n`
      if (gathered.length > gatheredUpTo) {
        at += bytes.write(gathered, at)
        gathered = ''
      }
    }
  }
  bytes.write(gathered, at)
  return bytes.subarray(0, total)
}

const lengthDigits = (length: number): number => (length < 10 ? 1 : length < 100 ? 2 : String(length).length)
