import { afterAll, beforeAll, describe } from 'vitest'
import { lookingAbilities } from './adapter-conformance-looking'
import { mendingAbilities } from './adapter-conformance-mending'
import { troubleAbilities } from './adapter-conformance-trouble'
import type { AdapterStage } from './adapter-stage'

/** What every adapter must do, on data of its system's own producer. What it declares as "no" must be refused with that reason. */
export function describeAdapter(name: string, start: () => Promise<AdapterStage>): void {
  describe(`${name} as an adapter`, () => {
    let stage: AdapterStage | undefined
    const staged = (): AdapterStage => {
      if (!stage) throw new Error('the stage has not started')
      return stage
    }
    beforeAll(async () => {
      stage = await start()
    }, 120_000)
    afterAll(async () => {
      await stage?.stop()
    }, 60_000)
    lookingAbilities(staged)
    mendingAbilities(staged)
    troubleAbilities(staged)
  })
}
