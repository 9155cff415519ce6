import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FidelityCheck } from './fidelity-check'
import { fidelityChecks } from './fidelity-checks'
import { fauxqsDeviations, type KnownDeviations, localAwsSqsDeviations } from './known-deviations'
import { type OpenSubject, openAws, openFauxqs, openLocalAwsSqs, openSimulator } from './subjects'

it('has at least 60 checks, each with a name of its own and a source', () => {
  expect(fidelityChecks.length).toBeGreaterThanOrEqual(60)
  expect(new Set(fidelityChecks.map(({ name }) => name)).size).toBe(fidelityChecks.length)
  expect(fidelityChecks.filter(({ source }) => source.length < 10)).toEqual([])
})

describe('the SQS simulator', () => {
  for (const { name, run } of fidelityChecks)
    it(name, async () => {
      const subject = await openSimulator()
      try {
        await run(subject)
      } finally {
        await subject.close()
      }
    })
})

const inRealTime = fidelityChecks.filter(({ virtual }) => !virtual)

/** A server of somebody else: a check fails there if, and only if, it is listed. So the list stays true. */
function describeForeign(name: string, open: () => Promise<OpenSubject>, deviations: KnownDeviations): void {
  describe(name, () => {
    let subject: OpenSubject
    let results: ReadonlyMap<string, unknown>
    beforeAll(async () => {
      subject = await open()
      results = await runAll(subject, inRealTime, deviations)
    })
    afterAll(async () => {
      await subject?.close()
    })
    for (const check of inRealTime)
      it(check.name, () => {
        const failure = results.get(check.name)
        const reason = deviations[check.name]
        if (reason === undefined && failure !== undefined) throw failure
        if (reason !== undefined) expect(failure, `listed as a deviation, and passes: ${reason}`).toBeDefined()
      })
    it('has no deviation of a check that is not run', () => {
      const run = new Set(inRealTime.map((check) => check.name))
      expect(Object.keys(deviations).filter((check) => !run.has(check))).toEqual([])
    })
  })
}

describeForeign('fauxqs', openFauxqs, fauxqsDeviations)
describeForeign('local-aws-sqs', openLocalAwsSqs, localAwsSqsDeviations)

const onAws = process.env.QUEUESCOPE_AWS_SQS === '1'
if (onAws) describeForeign('AWS', openAws, {})
else
  it('says that AWS itself was not asked', () => {
    expect(onAws).toBe(false)
    console.info('Not run against AWS: set QUEUESCOPE_AWS_SQS=1, a region and credentials to do so.')
  })

/**
 * Most of their time is waiting, so several run at a time. One that fails in the crowd without being known for it is run again
 * alone: a second of visibility is short on a busy machine.
 */
async function runAll(
  subject: OpenSubject,
  checks: readonly FidelityCheck[],
  deviations: KnownDeviations,
): Promise<ReadonlyMap<string, unknown>> {
  const results = new Map<string, unknown>()
  const run = (check: FidelityCheck) =>
    check.run(subject).catch((error: unknown) => void results.set(check.name, error))
  const left = [...checks]
  const lane = async () => {
    for (let check = left.shift(); check; check = left.shift()) await run(check)
  }
  await Promise.all(Array.from({ length: 30 }, lane))
  for (const check of checks)
    if (results.has(check.name) && deviations[check.name] === undefined) {
      results.delete(check.name)
      await run(check)
    }
  return results
}
