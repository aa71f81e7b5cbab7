/**
 * Every finding has a home with that fault and no other, fixtures/homes/doctor-<code>. Beside it are what doctor
 * reports of it, report.txt, and what --fix makes of it, credentials.after-fix and config.after-fix.
 */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { applyEdits } from '../../src/aws-files/ini-document.ts'
import { snapshotsOf } from '../../src/aws-files/profiles.ts'
import { FINDING_TABLE } from '../../src/doctor/finding.ts'
import type { FindingCode } from '../../src/doctor/finding.ts'
import { planFixes } from '../../src/doctor/fix.ts'
import { renderFindings } from '../../src/doctor/report.ts'
import { planUndo } from '../../src/layouts/undo-plan.ts'
import {
  brokenHomePath,
  brokenHomes,
  DOCTOR_NOW,
  findingsIn,
  fixedTexts,
  isOutcome,
  MESSAGE_CONTEXT,
  PLAIN,
  readBrokenHome,
  withTexts,
} from '../support/doctor-homes.ts'
import type { DoctorHome, FileTexts } from '../support/doctor-homes.ts'
import { isWindows } from '../support/on-windows.ts'

const FILES = ['credentials', 'config'] as const
const OUTCOMES = new Set(['tools-use', 'tools-fail'])
const CODES = (Object.keys(FINDING_TABLE) as FindingCode[]).filter((code) => !OUTCOMES.has(code))
const FIXED_OUTSIDE_THE_FILES = ['loose-permissions', 'damaged-cache', 'damaged-own-cache']

const codesIn = (home: DoctorHome): readonly FindingCode[] => [
  ...new Set(
    findingsIn(home)
      .filter((found) => !isOutcome(found))
      .map(({ code }) => code),
  ),
]

const textsOf = ({ files: { credentials, config } }: DoctorHome): FileTexts => ({
  credentials: credentials.text,
  config: config.text,
})

/** The texts after undo of what --fix did. */
function undone({ files, machine }: DoctorHome, after: DoctorHome): FileTexts {
  const edits = planFixes(files, machine)
  const recorded = (name: (typeof FILES)[number]) => ({
    path: files[name].path,
    before: files[name].text,
    edits: edits[name],
  })
  const record = { at: DOCTOR_NOW, files: { credentials: recorded('credentials'), config: recorded('config') } }
  const plan = planUndo(record, snapshotsOf(after.files))
  return {
    credentials: applyEdits(after.files.credentials.text, plan.edits.credentials),
    config: applyEdits(after.files.config.text, plan.edits.config),
  }
}

it('every finding has a broken home, and every broken home a finding', () => {
  expect(brokenHomes().toSorted()).toEqual(CODES.toSorted())
})

describe.each(CODES)('%s', (code) => {
  const home = readBrokenHome(code)

  // Variables are unset in other words on Windows: test/errors/windows-words.test.ts.
  it.skipIf(isWindows && code.startsWith('variable-'))(
    'is the only finding in its home, and its report shows no secret',
    async () => {
      expect(codesIn(home)).toEqual([code])
      const report = renderFindings(findingsIn(home), { profiles: 2, isVerbose: true }, MESSAGE_CONTEXT, PLAIN)
      expect(report).not.toMatch(/undefined|wJalrXUtnFEMI|IQoJb3JpZ2lu|AKIAIOSFODNN7|ASIAIOSFODNN7/)
      await expect(report).toMatchFileSnapshot(`${brokenHomePath(code)}/report.txt`)
    },
  )

  it('has the severity of the table, or a lesser one', () => {
    for (const { severity } of findingsIn(home).filter((found) => found.code === code))
      expect([FINDING_TABLE[code].severity, 'note']).toContain(severity)
  })

  it('is fixed if the table says so, without a new fault, and undo restores it', async () => {
    const isFixable = findingsIn(home).some((found) => found.isFixable)
    expect(isFixable).toBe(FINDING_TABLE[code].fix !== undefined)
    const [before, texts] = [textsOf(home), fixedTexts(home)]
    const changesFiles = isFixable && !FIXED_OUTSIDE_THE_FILES.includes(code)
    expect(texts.credentials !== before.credentials || texts.config !== before.config).toBe(changesFiles)
    if (!changesFiles) return
    const after = withTexts(home, texts)
    expect(codesIn(after)).toEqual([])
    expect(fixedTexts(after)).toEqual(texts)
    expect(undone(home, after)).toEqual(before)
    for (const name of FILES) {
      const path = `${brokenHomePath(code)}/${name}.after-fix`
      if (texts[name] === before[name]) expect(existsSync(path)).toBe(false)
      else await expect(texts[name]).toMatchFileSnapshot(path)
    }
  })
})
