import type { Environment, Tier } from '@shared/model/environment'
import { Badge } from '../design/badge'
import type { Shape } from '../design/dot'
import type { Tone } from '../design/tone'

interface TierLook {
  readonly word: string
  readonly tone: Tone
  readonly shape: Shape
}

const tiers: Readonly<Record<Tier, TierLook>> = {
  production: { word: 'PROD', tone: 'crimson', shape: 'square' },
  staging: { word: 'STAGING', tone: 'amber', shape: 'diamond' },
  dev: { word: 'DEV', tone: 'slate', shape: 'ring' },
}

const sandbox: TierLook = { word: 'SANDBOX', tone: 'teal', shape: 'triangle' }

export const tierLook = (tier: Tier): TierLook => tiers[tier]

export const lookOf = ({ origin, effectiveTier }: Pick<Environment, 'origin' | 'effectiveTier'>): TierLook =>
  origin === 'sandbox' ? sandbox : tiers[effectiveTier]

export function TierMark({ look }: { readonly look: TierLook }) {
  return (
    <Badge tone={look.tone} shape={look.shape} strong>
      {look.word}
    </Badge>
  )
}
