/** Keys as they stand on this keyboard: `mod+k` is ⌘K on a Mac and Ctrl+K elsewhere; `g o` is one after the other. */
export function Kbd({ keys }: { readonly keys: string }) {
  return (
    <span className="inline-flex items-center gap-1 align-baseline">
      {keys.split(' ').map((chord) => (
        <kbd
          key={chord}
          className="rounded border border-line-strong bg-sunken px-1 font-sans text-11 text-muted leading-4"
        >
          {chord
            .split('+')
            .map((part) => words[part] ?? part.toUpperCase())
            .join(isMac ? '' : '+')}
        </kbd>
      ))}
    </span>
  )
}

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

const words: Readonly<Record<string, string>> = {
  mod: isMac ? '⌘' : 'Ctrl',
  shift: isMac ? '⇧' : 'Shift',
  alt: isMac ? '⌥' : 'Alt',
  enter: 'Enter',
  escape: 'Esc',
  space: 'Space',
  backspace: 'Backspace',
  '?': '?',
  '/': '/',
}
