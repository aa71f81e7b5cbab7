/** Twenty role profiles in four accounts work for ten hours after one token code. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aliceWorld, roleOf } from '../../support/strict-sts/worlds.ts'
import type { Stage } from './moments.ts'
import { MOMENTS, oneSession, signInBefore, text } from './moments.ts'
import { countCodes, observeIn } from './observe.ts'
import { findTools } from './tools.ts'

const HOME_ACCOUNT = 'arn:aws:iam::111111111111:root'
const ROLES = ['000000000007', '000000000008', '000000000009', '000000000010'].flatMap((account) =>
  ['Admin', 'Deploy', 'ReadOnly', 'Audit', 'Support'].map((name) => ({
    account,
    name,
    profile: `${name.toLowerCase()}-${account.slice(-2)}`,
    role: roleOf(account, name, { trusts: [HOME_ACCOUNT] }),
  })),
)
const LAYOUT = oneSession(
  ROLES.map(({ profile, role }) =>
    text(`[profile ${profile}]`, 'region = eu-west-1', `role_arn = ${role.arn}`, 'source_profile = base'),
  ).join(''),
)
const accounts = [...new Set(ROLES.map(({ account }) => account))].map((id) => ({
  id,
  partition: 'aws' as const,
  users: [],
  roles: ROLES.filter(({ account }) => account === id).map(({ role }) => role),
}))
const WORLD = { accounts: [...aliceWorld().accounts, ...accounts] }
const TOOLS = findTools().filter(({ name }) => ['AWS CLI 1', 'AWS SDK for Go 2'].includes(name))

describe.each([MOMENTS.minute0, MOMENTS.hour10])('twenty role profiles, $name after one code', ({ minutes }) => {
  let stage: Stage | undefined
  beforeAll(async () => {
    stage = await signInBefore(minutes, LAYOUT, WORLD)
  })
  afterAll(() => stage?.remove())

  for (const tool of TOOLS) {
    it.skipIf(tool.argv === undefined)(`${tool.name} assumes each of them with one token code`, async () => {
      if (stage === undefined) throw new Error('no stage')
      const seen: { profile: string; answer: string; identity: string }[] = []
      for (const { profile } of ROLES) {
        const { answer, identity } = await observeIn(stage.home.path, tool, profile, stage)
        seen.push({ profile, answer, identity })
      }
      expect(seen).toHaveLength(20)
      expect(seen).toEqual(
        ROLES.map(({ profile, name, account }) => ({
          profile,
          answer: 'quiet',
          identity: `role ${name} (${account})`,
        })),
      )
      expect(countCodes(await stage.sts.log())).toBe(1)
    })
  }
})
