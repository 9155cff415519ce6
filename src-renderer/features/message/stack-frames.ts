/** A line of a stack: one's own code, or a library's, or neither (the message itself, a "caused by"). */
export interface StackLine {
  readonly text: string
  readonly kind: 'own' | 'library' | 'other'
}

const frame = /^\s+at |^\s*File "|^\s*from /
const library = /node_modules|node:|\(native|internal\/|site-packages|\/gems\/|\/usr\/lib\//

export const stackLines = (stack: string): readonly StackLine[] =>
  stack
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((text) => ({ text, kind: frame.test(text) ? (library.test(text) ? 'library' : 'own') : 'other' }))

/** Frames of one's own code first, in their order; libraries' apart, to be folded. */
export function sortStack(stack: string): { readonly own: readonly string[]; readonly library: readonly string[] } {
  const lines = stackLines(stack)
  return {
    own: lines.filter((line) => line.kind === 'own').map((line) => line.text.trim()),
    library: lines.filter((line) => line.kind === 'library').map((line) => line.text.trim()),
  }
}
