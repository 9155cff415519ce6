/** Colours by their name, not by their use: a feature says which state wears which. */
export type Tone = 'blue' | 'violet' | 'amber' | 'red' | 'green' | 'crimson' | 'teal' | 'slate'

export const toneText: Readonly<Record<Tone, string>> = {
  blue: 'text-blue',
  violet: 'text-violet',
  amber: 'text-amber',
  red: 'text-red',
  green: 'text-green',
  crimson: 'text-crimson',
  teal: 'text-teal',
  slate: 'text-slate',
}

export const toneWash: Readonly<Record<Tone, string>> = {
  blue: 'bg-blue-wash',
  violet: 'bg-slate-wash',
  amber: 'bg-amber-wash',
  red: 'bg-red-wash',
  green: 'bg-green-wash',
  crimson: 'bg-crimson-wash',
  teal: 'bg-teal-wash',
  slate: 'bg-slate-wash',
}

export const toneFill: Readonly<Record<Tone, string>> = {
  blue: 'bg-blue',
  violet: 'bg-violet',
  amber: 'bg-amber',
  red: 'bg-red',
  green: 'bg-green',
  crimson: 'bg-crimson',
  teal: 'bg-teal',
  slate: 'bg-slate',
}

/** The custom property that holds the tone, for drawing. */
export const toneVar = (tone: Tone): string => `var(--${tone})`
