export interface Bodied {
  readonly body: Uint8Array | string
}

/** In order, each of at most so many messages and bytes (of ASCII); what is larger than that stands by itself. */
export function piecesOf<Message extends Bodied>(
  messages: readonly Message[],
  { most, bytes }: { readonly most: number; readonly bytes: number },
): readonly (readonly Message[])[] {
  const pieces: Message[][] = []
  let room = 0
  for (const message of messages) {
    const last = pieces.at(-1)
    if (!last || last.length >= most || message.body.length > room) {
      pieces.push([message])
      room = bytes - message.body.length
    } else {
      last.push(message)
      room -= message.body.length
    }
  }
  return pieces
}
