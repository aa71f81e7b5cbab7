/**
 * Defines the tests of one moment after a login: every tool with every layout. The results are saved for the table in
 * docs/compatibility.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Layout, Moment, Stage } from './moments.ts'
import { LAYOUTS, signInBefore } from './moments.ts'
import type { Observation } from './observe.ts'
import { countCodes, observe, observeMany, RESULTS } from './observe.ts'
import type { Tool } from './tools.ts'
import { findTools, NOT_RUN } from './tools.ts'

/** The tools that read one of the two caches that a login of a standard role profile fills. */
const CACHED: readonly string[] = ['AWS CLI 1', 'AWS CLI 2', 'SAM CLI, `sam package`', 'boto3-session-cache']

/** One cell of the table. */
interface Row {
  readonly tool: string
  readonly layout: string
  readonly profile: string
  readonly moment: string
  readonly answer: Observation['answer']
  readonly identity: string
}

/** Returns the identity that awsmfa promises for a cell; undefined if it promises nothing. */
function promised(layout: Layout, profile: string, moment: Moment, tool: Tool): string | undefined {
  if (profile === 'base') return 'alice (111111111111, MFA)'
  const isPromised =
    layout.setup !== undefined ||
    (CACHED.includes(tool.name) && (moment.minutes === 0 || layout.config.includes('duration_seconds')))
  return isPromised ? 'role Admin (222222222222)' : undefined
}

/** Defines the tests of a moment. Their results go to `build/interop/results/<moment>.json`. */
export function testMoment(moment: Moment): void {
  const tools = findTools()
  const rows: Row[] = []
  for (const layout of LAYOUTS) {
    describe(`${layout.name}, ${moment.name} after the login`, () => {
      let stage: Stage | undefined
      beforeAll(async () => {
        stage = await signInBefore(moment.minutes, layout)
      })
      afterAll(() => stage?.remove())

      for (const tool of tools) {
        it.skipIf(tool.argv === undefined).each(layout.asked)(`${tool.name} as %s`, async (profile) => {
          if (stage === undefined) throw new Error('no stage')
          const seen = await observe(tool, profile, stage)
          rows.push({
            tool: tool.name,
            layout: layout.name,
            profile,
            moment: moment.name,
            answer: seen.answer,
            identity: seen.identity,
          })
          const identity = promised(layout, profile, moment, tool)
          if (identity === undefined) expect(seen.answer, seen.words).not.toBe('fails')
          else
            expect({ answer: seen.answer, identity: seen.identity }, seen.words).toEqual({ answer: 'quiet', identity })
        })
      }

      if (layout.form === 'process' && moment.minutes === 0) {
        for (const tool of tools.filter(({ alone }) => alone !== true)) {
          it.skipIf(tool.argv === undefined)(`${tool.name} as admin, ten processes`, async () => {
            if (stage === undefined) throw new Error('no stage')
            const { identities, words } = await observeMany(tool, 'admin', stage)
            expect(identities.length, words).toBeGreaterThanOrEqual(10)
            expect(new Set(identities)).toEqual(new Set(['role Admin (222222222222)']))
          })
        }
      }

      it('used one token code in total', async () => {
        expect(countCodes((await stage?.sts.log()) ?? [])).toBe(1)
      })
    })
  }
  afterAll(() => {
    mkdirSync(RESULTS, { recursive: true })
    const used = tools.filter(({ argv }) => argv !== undefined)
    const layouts = LAYOUTS.map(({ name, description, asked }) => ({ name, description, asked }))
    const found = {
      moment: moment.name,
      tools: used.map(({ name, how, version }) => ({ name, how, version: version() })),
      layouts,
      notRun: NOT_RUN,
      rows,
    }
    writeFileSync(
      join(RESULTS, `${moment.name}.json`),
      JSON.stringify({ ...found, isWhole: used.length === tools.length }, null, 1),
    )
  })
}
