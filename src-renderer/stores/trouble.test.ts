import { ORPCError } from '@orpc/client'
import { describe, expect, it } from 'vitest'
import { troubleOf, wordsOf } from './trouble'

describe('trouble in words', () => {
  it('takes a declared failure at its word', () => {
    const trouble = { code: 'denied', message: 'May not run SCAN.', hint: 'Give it +scan.' } as const
    expect(troubleOf(new ORPCError('FAILURE', { status: 400, data: trouble }))).toEqual(trouble)
    expect(wordsOf(trouble)).toBe('May not run SCAN.\nGive it +scan.')
  })

  it('says no more than it knows of everything else', () => {
    expect(troubleOf(new ORPCError('INTERNAL_SERVER_ERROR')).code).toBe('interrupted')
    expect(troubleOf(new ORPCError('BAD_REQUEST')).code).toBe('bad-input')
    expect(troubleOf(new Error('socket hang up at /secret/path'))).toMatchObject({ code: 'closed' })
    expect(JSON.stringify(troubleOf(new Error('/secret/path')))).not.toContain('secret')
    expect(troubleOf(undefined).code).toBe('closed')
  })
})
