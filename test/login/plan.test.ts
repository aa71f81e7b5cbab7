/** The STS calls that a login needs, and their durations. */
import { describe, expect, it, test } from 'vitest'
import { describePlan, planLogin } from '../../src/login/plan.ts'
import type { RoleStep } from '../../src/login/resolution.ts'
import { byDefault, roleStep } from '../support/login-builders.ts'

const role = (name: string, durationSeconds?: number): RoleStep =>
  roleStep(`arn:aws:iam::111111111111:role/${name}`, {
    profile: name,
    durationSeconds: durationSeconds === undefined ? undefined : byDefault(durationSeconds),
  })

/** The calls in short: operation, seconds, signer, `+code` and `last`. */
function callsOf(roles: readonly RoleStep[], asked?: number, targets?: number): readonly string[] {
  const plan = planLogin({ roles, durationSeconds: asked === undefined ? undefined : byDefault(asked) }, targets)
  const isDirect = plan.codeFor === 'AssumeRole'
  return [
    ...(isDirect ? [] : [`GetSessionToken ${plan.sessionSeconds} long-term +code`]),
    ...plan.roles.map(({ role: { profile = '' }, durationSeconds }, index) => {
      const last = index === plan.roles.length - 1 ? ' last' : ''
      return `AssumeRole ${profile} ${durationSeconds} ${isDirect ? 'long-term +code' : 'previous'}${last}`
    }),
  ]
}

describe('where the code goes', () => {
  test.each<[string, readonly RoleStep[], number | undefined, number | undefined, readonly string[]]>([
    ['no role', [], undefined, undefined, ['GetSessionToken 43200 long-term +code']],
    ['no role, a length', [], 129_600, undefined, ['GetSessionToken 129600 long-term +code']],
    ['no role, several targets', [], 900, 3, ['GetSessionToken 900 long-term +code']],
    [
      'a role',
      [role('a')],
      undefined,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous last'],
    ],
    [
      'a role for an hour',
      [role('a')],
      3_600,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous last'],
    ],
    [
      'a role for less',
      [role('a')],
      900,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 900 previous last'],
    ],
    ['a role for more', [role('a')], 3_601, undefined, ['AssumeRole a 3601 long-term +code last']],
    ['a role for as long as there is', [role('a')], 43_200, 1, ['AssumeRole a 43200 long-term +code last']],
    [
      'a role whose profile asks for more',
      [role('a', 7_200)],
      undefined,
      undefined,
      ['AssumeRole a 7200 long-term +code last'],
    ],
    [
      'what was asked for beats what the profile says',
      [role('a', 7_200)],
      900,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 900 previous last'],
    ],
    [
      'a role for more, several targets',
      [role('a')],
      43_200,
      2,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous last'],
    ],
    [
      'a chain',
      [role('a', 1_800), role('b')],
      undefined,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 1800 previous', 'AssumeRole b 3600 previous last'],
    ],
    [
      'a chain for more',
      [role('a', 7_200), role('b')],
      43_200,
      undefined,
      ['GetSessionToken 43200 long-term +code', 'AssumeRole a 3600 previous', 'AssumeRole b 3600 previous last'],
    ],
  ])('%s', (_, roles, asked, targets, calls) => expect(callsOf(roles, asked, targets)).toEqual(calls))

  it('says once what was capped', () => {
    const capped = {
      kind: 'capped',
      roleArn: 'arn:aws:iam::111111111111:role/b',
      requestedSeconds: 43_200,
      cappedToSeconds: 3_600,
      isTyped: false,
    }
    expect(planLogin({ roles: [role('a', 7_200), role('b')], durationSeconds: byDefault(43_200) }).notes).toEqual([
      capped,
    ])
    expect(planLogin({ roles: [role('b')], durationSeconds: byDefault(43_200) }, 2).notes).toEqual([capped])
    expect(planLogin({ roles: [role('b')], durationSeconds: byDefault(43_200) }).notes).toEqual([])
  })

  it('gives a reason for every call', () => {
    const plans = [
      planLogin({ roles: [role('a')], durationSeconds: undefined }),
      planLogin({ roles: [role('a')], durationSeconds: byDefault(7_200) }),
    ]
    expect(plans.map((plan) => describePlan(plan).map((line) => line.split(': ')[0]))).toEqual([
      ['GetSessionToken', 'AssumeRole'],
      ['AssumeRole'],
    ])
    expect(plans.flatMap(describePlan).every((line) => (line.split(': ')[1] ?? '').length > 10)).toBe(true)
  })
})
